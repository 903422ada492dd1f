/** A place for the files of one test file. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

export interface Temporary {
  readonly path: string;
  /** A path in a fresh folder of its own, so that tests can run side by side; nothing is there yet. */
  fresh(name: string): string;
  /** A fresh file. */
  file(name: string, content: Uint8Array | string): string;
}

/** Call it at the top of a test file: it goes away when that file is done. */
export function temporaryFolder(): Temporary {
  const path = mkdtempSync(join(tmpdir(), 'ptilab-test-'));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  let folders = 0;
  const fresh = (name: string): string => {
    const folder = join(path, String(folders++));
    mkdirSync(folder);
    return join(folder, name);
  };
  return {
    path,
    fresh,
    file(name, content) {
      const to = fresh(name);
      writeFileSync(to, content);
      return to;
    },
  };
}

/** Names in the folder of a path that {@link Temporary.fresh} gave. */
export const beside = (path: string): readonly string[] => readdirSync(join(path, '..'));
