import { close, fstatSync, open, read, readSync, type Stats } from 'node:fs';
import { promisify } from 'node:util';
import type { Bytes } from '../bytes.ts';
import { inputFailure } from './errno.ts';
import { streamBytes } from './stream.ts';

/** What `chunks` reads at once, in bytes. */
const CHUNK = 4 * 1024 * 1024;
/** One `read` of more than 2 GiB is refused by the kernel or by Node. */
const MOST_PER_READ = 1024 * 1024 * 1024;

const openAsync = promisify(open);
const readAsync = promisify(read);
const closeAsync = promisify(close);

/**
 * Opens a file. A regular file can be sought (`readAt` answers at once, with a plain number) and has the length it had when
 * opened, even if it still grows; a pipe or device can only be read once from front to back.
 *
 * @param chunkSize bytes per piece of `chunks`
 * @throws PtilabError input: no such file, a directory, no permission
 */
export async function openFile(path: string, chunkSize = CHUNK): Promise<Bytes> {
  let fd: number | undefined;
  try {
    fd = await openAsync(path, 'r'); // opening a named pipe waits for its writer: not on this thread
    const stats = fstatSync(fd);
    if (stats.isDirectory()) throw Object.assign(new Error('is a directory'), { code: 'EISDIR' });
    if (!isSeekable(fd, stats)) return streamBytes(fd, path, stats, chunkSize);
    return fileBytes(fd, path, stats.size, { chunkSize });
  } catch (error) {
    if (fd !== undefined) await closeAsync(fd);
    throw inputFailure(error, path);
  }
}

/**
 * Standard input, named `-`: a stream, whatever it is connected to.
 *
 * @throws PtilabError input: it is closed
 */
export function standardInput(chunkSize = CHUNK): Bytes {
  try {
    return streamBytes(0, '-', fstatSync(0), chunkSize);
  } catch (error) {
    throw inputFailure(error, '-');
  }
}

interface FileOptions {
  readonly chunkSize?: number;
  /** What to do after the descriptor was closed. */
  readonly release?: () => void;
}

/** {@link Bytes} over the first `length` bytes of an open regular file, whose descriptor it takes over. */
export function fileBytes(fd: number, name: string, length: number, options: FileOptions = {}): Bytes {
  const { chunkSize = CHUNK, release = () => undefined } = options;
  let closing: Promise<void> | undefined;
  return {
    name,
    length,
    readAt(offset, into) {
      try {
        return readFully(fd, offset, into.subarray(0, Math.max(0, length - offset)));
      } catch (error) {
        throw inputFailure(error, name);
      }
    },
    async *chunks() {
      for (let at = 0; at < length;) {
        const piece = new Uint8Array(Math.min(chunkSize, length - at));
        // Asynchronous on purpose: between two pieces the event loop runs, and with it Ctrl-C.
        const { bytesRead } = await readAsync(fd, piece, 0, piece.length, at).catch((error: unknown) => {
          throw inputFailure(error, name);
        });
        if (bytesRead === 0) return; // it shrank
        at += bytesRead;
        yield piece.subarray(0, bytesRead);
      }
    },
    tear: undefined,
    close: () => (closing ??= closeAsync(fd).finally(release)),
  };
}

function readFully(fd: number, offset: number, into: Uint8Array): number {
  let got = 0;
  while (got < into.length) {
    const n = readSync(fd, into, got, Math.min(into.length - got, MOST_PER_READ), offset + got);
    if (n === 0) break;
    got += n;
  }
  return got;
}

/** Files of the kernel, like tracefs `trace`, call themselves regular and empty, and then have content. */
function isSeekable(fd: number, stats: Stats): boolean {
  return stats.isFile() && (stats.size > 0 || readSync(fd, new Uint8Array(1), 0, 1, 0) === 0);
}
