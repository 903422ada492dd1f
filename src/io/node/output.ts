import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  mkdirSync,
  open,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { outputFailure } from './errno.ts';
import { onEarlyEnd, temporaryName } from './temporary.ts';
import { writeFully } from './write.ts';

const openAsync = promisify(open);

/** A file being written, in order, at once. */
export interface Writer {
  /** @throws PtilabError output: the disk is full and the like */
  readonly write: (chunk: Uint8Array) => void;
  /** Nothing is written after this. Closing twice is fine. */
  readonly close: () => void;
}

/** Calls for writing a file; each failure of `write` is one line that names the file. */
export type Produce = (write: (chunk: Uint8Array) => void) => Promise<void> | void;

/** These cannot always be opened by name: not where they are sockets. */
const STANDARD: ReadonlyMap<string, number> = new Map([
  ['/dev/stdout', 1],
  ['/dev/stderr', 2],
]);

/**
 * Writes a file beside `path` and puts it in place once it is whole: `path` is the old file or the new one, never half of one.
 * Folders on the way to it are made. A device or pipe is written directly.
 *
 * @throws PtilabError output: cannot be written; and whatever `produce` throws
 */
export async function writeFileAtomically(path: string, produce: Produce): Promise<void> {
  const standard = STANDARD.get(path);
  if (standard !== undefined) return produce(writerOver(standard, path).write);
  const existing = attempt(path, () => statSync(path, { throwIfNoEntry: false }));
  if (existing === undefined || existing.isFile()) return writeBeside(path, existing?.mode, produce);
  return writeInto(path, produce);
}

async function writeInto(path: string, produce: Produce): Promise<void> {
  // Opening a named pipe waits for its reader: not on this thread. A directory fails here, with the right words.
  const fd = await openAsync(path, constants.O_WRONLY).catch((error: unknown) => {
    throw outputFailure(error, path);
  });
  const writer = writerOver(fd, path);
  try {
    await produce(writer.write);
  } finally {
    writer.close();
  }
}

async function writeBeside(path: string, mode: number | undefined, produce: Produce): Promise<void> {
  const target = mode === undefined ? path : attempt(path, () => realpathSync(path)); // a link stays a link
  const beside = join(dirname(target), `.${temporaryName()}`);
  const writer = attempt(path, () => {
    if (mode !== undefined) accessSync(target, constants.W_OK); // replacing would get round a write protection
    makeFolder(dirname(target));
    return writerOver(openSync(beside, 'wx'), path);
  });
  const remove = (): void => {
    writer.close();
    rmSync(beside, { force: true });
  };
  const stop = onEarlyEnd(remove);
  try {
    await produce(writer.write);
    writer.close();
    attempt(path, () => {
      if (mode !== undefined) chmodSync(beside, mode & 0o777);
      renameSync(beside, target);
    });
  } finally {
    stop();
    remove();
  }
}

/** A {@link Writer} over an open descriptor; `shown` is what messages call it. */
export function writerOver(fd: number, shown: string): Writer {
  let isOpen = true;
  return {
    write: (chunk) => void attempt(shown, () => writeFully(fd, chunk)),
    close() {
      if (!isOpen) return;
      isOpen = false;
      attempt(shown, () => closeSync(fd));
    },
  };
}

/** Makes a folder and those on the way to it. Node's `recursive` never returns where mkdir says ENOENT, as in /proc. */
export function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) return;
  makeFolder(dirname(path));
  mkdirSync(path);
}

/** Runs system calls on an output; their failures become one line about `shown`. */
export function attempt<T>(shown: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw outputFailure(error, shown);
  }
}
