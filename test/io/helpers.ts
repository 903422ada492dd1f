import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { PtilabError } from '../../src/errors.ts';
import type { Bytes } from '../../src/io/bytes.ts';

/** The content of the files in `data/`; see the README there. */
export function sample(): Uint8Array {
  const lines: string[] = [];
  for (let i = 0, x = 1; i < 30_000; i++) {
    x = (x * 16_807) % 2_147_483_647;
    lines.push(`${i} read(3) = ${x % 8}\n`);
  }
  return new TextEncoder().encode(lines.join(''));
}

export const dataPath = (name: string): string => new URL(`data/${name}`, import.meta.url).pathname;
export const data = (name: string): Uint8Array => readFileSync(dataPath(name));

/** All that a source yields. */
export async function contentOf(bytes: Bytes): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of bytes.chunks()) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** The same source, unable to seek. */
export const unseekable = (bytes: Bytes): Bytes => ({ ...bytes, length: undefined, readAt: undefined });

/** The expected failure of `action`; anything else it does fails the test. */
export async function failureOf(action: () => unknown): Promise<PtilabError> {
  try {
    await action();
  } catch (error) {
    if (error instanceof PtilabError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

/** An empty folder that goes away with the test. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'ptilab-test-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
