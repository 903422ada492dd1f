import { close, openSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Bytes } from '../bytes.ts';
import { outputFailure } from './errno.ts';
import { fileBytes } from './file.ts';
import { onEarlyEnd, temporaryName } from './temporary.ts';
import { writeFully } from './write.ts';

const closeAsync = promisify(close);

/**
 * The content of `bytes` in a temporary file (in `TMPDIR`), so that it can be sought. The result has the name and the tear of
 * its source and takes it over: closing the result closes both.
 *
 * @throws PtilabError output: the disk is full, the folder cannot be written; and whatever reading the source throws
 */
export async function spool(bytes: Bytes): Promise<Bytes> {
  const folder = tmpdir();
  const { fd, release } = attempt(folder, () => openTemporary(join(folder, temporaryName())));
  let length = 0;
  try {
    for await (const piece of bytes.chunks()) length += attempt(folder, () => writeFully(fd, piece));
  } catch (error) {
    await closeAsync(fd).finally(release);
    throw error;
  }
  const file = fileBytes(fd, bytes.name, length, { release });
  return { ...file, tear: bytes.tear, close: () => file.close().finally(() => bytes.close()) };
}

/** The source itself where it can seek, else {@link spool} of it. */
export async function seekable(bytes: Bytes): Promise<Bytes> {
  return bytes.readAt === undefined ? spool(bytes) : bytes;
}

/** A file without a name goes away with its descriptor, whatever ends the process. Windows needs the name until the end. */
function openTemporary(path: string): { readonly fd: number; readonly release: () => void } {
  const fd = openSync(path, 'wx+', 0o600);
  if (process.platform !== 'win32') {
    unlinkSync(path);
    return { fd, release: () => undefined };
  }
  const remove = (): void => rmSync(path, { force: true });
  const stop = onEarlyEnd(remove);
  return {
    fd,
    release() {
      stop();
      remove();
    },
  };
}

function attempt<T>(folder: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw outputFailure(
      error,
      folder,
      'the input is kept there uncompressed; free some space, or set TMPDIR to another folder',
    );
  }
}
