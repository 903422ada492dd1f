import { inputError, outputError, printable, type PtilabError } from '../../errors.ts';

/** The system's name for what went wrong, like `ENOENT`; undefined for anything that is not a system error. */
export function errnoOf(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

type Advice = readonly [what: string, todo: string];

const READING: ReadonlyMap<string, Advice> = new Map<string, Advice>([
  ['ENOENT', ['no such file', 'check the path']],
  ['ENOTDIR', ['no such file', 'a part of the path is a file, not a folder']],
  ['EACCES', ['no permission to read', 'recordings made with sudo belong to root: sudo chown "$USER" FILE']],
  ['EPERM', ['no permission to read', 'recordings made with sudo belong to root: sudo chown "$USER" FILE']],
  ['EISDIR', ['is a directory', 'name a trace file in it']],
  ['ELOOP', ['symbolic links that never end', 'check the path']],
  ['ENAMETOOLONG', ['path too long', 'check the path']],
  ['ENXIO', ['cannot be opened', 'to read standard input, use -']],
  ['EIO', ['the disk could not be read', 'copy the file somewhere else, and see if the copy is whole']],
]);

const WRITING: ReadonlyMap<string, Advice> = new Map<string, Advice>([
  ['ENOSPC', ['disk full', 'free some space, or write somewhere else']],
  ['EDQUOT', ['disk quota used up', 'free some space, or write somewhere else']],
  ['EFBIG', ['file too large for this disk or limit', 'write somewhere else']],
  ['EACCES', ['no permission to write', 'write somewhere else']],
  ['EPERM', ['no permission to write', 'write somewhere else']],
  ['EROFS', ['read-only disk', 'write somewhere else']],
  ['ENOENT', ['no such folder', 'check the path']],
  ['ENOTDIR', ['a part of the path is a file, not a folder', 'check the path']],
  ['EEXIST', ['a file is in the way', 'remove it, or write somewhere else']],
  ['EISDIR', ['is a directory', 'name a file']],
  ['ENOTEMPTY', ['somebody else wrote there meanwhile', 'try again']],
  ['ELOOP', ['symbolic links that never end', 'check the path']],
  ['ENAMETOOLONG', ['name too long', 'use a shorter one']],
  ['EPIPE', ['the reader went away', 'keep it reading until the end']],
]);

/** A failed system call on `path`, an input, as one line; anything else that was thrown comes back as it is. */
export function inputFailure(error: unknown, path: string): unknown {
  return failure(error, path, READING, 'cannot be read', inputError);
}

/**
 * A failed system call on `path`, an output, as one line; anything else that was thrown comes back as it is.
 *
 * @param todo what to do about it, where we know better than the general advice
 */
export function outputFailure(error: unknown, path: string, todo?: string): unknown {
  return failure(error, path, WRITING, 'cannot be written', (what, where, advice, cause) =>
    outputError(what, where, todo ?? advice, cause),
  );
}

function failure(
  error: unknown,
  path: string,
  known: ReadonlyMap<string, Advice>,
  otherwise: string,
  make: (what: string, where: string, todo: string, cause: unknown) => PtilabError,
): unknown {
  const code = errnoOf(error);
  if (code === undefined) return error;
  const [what, todo] = known.get(code) ?? [`${otherwise} (${printable(code)})`, 'check the path'];
  return make(what, path === '' ? "''" : printable(path), todo, error);
}
