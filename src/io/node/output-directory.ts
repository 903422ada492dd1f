import { mkdirSync, openSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { assert, outputError, printable } from '../../errors.ts';
import { isTemporaryName, onEarlyEnd, temporaryName } from './temporary.ts';
import { attempt, makeFolder, writerOver, type Writer } from './output.ts';

const MANIFEST = 'manifest.json';
/** What the manifests of folders that we write call themselves. */
const SCHEMAS: ReadonlySet<unknown> = new Set(['ptilab.result', 'ptilab.charts']);

/** Whether a folder with these names in it may be replaced. Asked only where its manifest says that it is a result. */
export type IsOurs = (names: readonly string[]) => boolean;

/** Calls `create` once per file of the folder; files left open are closed at the end. */
export type ProduceFiles = (create: (name: string) => Writer) => Promise<void> | void;

/**
 * Writes a folder of results and puts it in place once it is whole. A missing folder appears at once. A former result is kept
 * until the new files are all written, then replaced inside the same folder, which may be a link, a mount or the one we are in.
 *
 * @throws PtilabError output: `dir` holds something else, cannot be written; and whatever `files` throws
 */
export async function writeDirectory(dir: string, ours: IsOurs, files: ProduceFiles): Promise<void> {
  const exists = checkDirectory(dir, ours) !== 'missing';
  const target = resolve(dir);
  const staging = join(exists ? target : dirname(target), `.${temporaryName()}`);
  attempt(dir, () => {
    makeFolder(dirname(target));
    mkdirSync(staging);
  });
  const writers: Writer[] = [];
  const remove = (): void => {
    for (const writer of writers) writer.close();
    rmSync(staging, { recursive: true, force: true });
  };
  const stop = onEarlyEnd(remove);
  try {
    await files((name) => {
      assert(name === basename(name), `a result file in a folder of its own: ${name}`);
      const writer = attempt(dir, () => writerOver(openSync(join(staging, name), 'wx'), join(dir, name)));
      writers.push(writer);
      return writer;
    });
    for (const writer of writers) writer.close();
    attempt(dir, () => (exists ? replaceContent(target, staging) : renameSync(staging, target)));
  } finally {
    stop();
    remove();
  }
}

/**
 * Refuses a folder that {@link writeDirectory} would refuse, before any work was done for it.
 *
 * @throws PtilabError output: it is a file, or holds what is not a ptilab result
 */
export function checkDirectory(dir: string, ours: IsOurs): 'missing' | 'empty' | 'ours' {
  const stats = attempt(dir, () => statSync(dir, { throwIfNoEntry: false }));
  if (stats === undefined) return 'missing';
  if (!stats.isDirectory()) throw outputError('exists and is not a folder', printable(dir), 'write somewhere else');
  const names = attempt(dir, () => readdirSync(dir)).filter((name) => !isTemporaryName(name));
  if (names.length === 0) return 'empty';
  if (names.includes(MANIFEST) && isResultManifest(join(dir, MANIFEST)) && ours(names)) return 'ours';
  throw outputError('exists and is not a ptilab result', printable(dir), 'remove it, or write somewhere else');
}

function isResultManifest(path: string): boolean {
  try {
    const manifest: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof manifest === 'object' && manifest !== null && 'schema' in manifest && SCHEMAS.has(manifest.schema);
  } catch {
    return false; // whatever it is, we did not write it
  }
}

/** The manifest goes first and comes last: a folder that has one is whole. */
function replaceContent(target: string, staging: string): void {
  const manifestLast = (a: string, b: string): number => Number(a === MANIFEST) - Number(b === MANIFEST);
  const old = readdirSync(target).filter((name) => name !== basename(staging));
  for (const name of old.toSorted(manifestLast).reverse()) rmSync(join(target, name), { recursive: true, force: true });
  for (const name of readdirSync(staging).sort(manifestLast)) renameSync(join(staging, name), join(target, name));
}
