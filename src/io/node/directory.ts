import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { inputError, printable } from '../../errors.ts';
import type { Bytes } from '../bytes.ts';
import { inputFailure } from './errno.ts';
import { openFile } from './file.ts';

/** Of one recording: the first has the header, the others, numbered, hold events. */
const FIRST = 'data';
const NUMBERED = /^data\.(\d{1,6})$/;
const MOST_FILES = 8192;

/** Whether `path` is a folder. What cannot be looked at is none: opening it says why. */
export async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

/**
 * A folder as `perf record --threads` writes it, as one source: its files one after another, in the order of their numbers, each of them
 * one of the `parts`.
 *
 * @throws PtilabError input: the folder has no file `data`; a file of it cannot be opened
 */
export async function openDirectory(path: string): Promise<Bytes> {
  const names = await readdir(path).catch((error: unknown) => {
    throw inputFailure(error, path);
  });
  if (!names.includes(FIRST))
    throw inputError(
      'is a directory',
      printable(path),
      'name a trace file in it; of folders, those of perf record are read',
    );
  const numbered = names.filter((name) => NUMBERED.test(name)).sort((a, b) => numberOf(a) - numberOf(b));
  if (numbered.length > MOST_FILES)
    throw inputError(`more than ${MOST_FILES} files`, printable(path), 'record with fewer threads');
  const files: Bytes[] = [];
  const close = async (): Promise<void> => {
    for (const file of files) await file.close();
  };
  try {
    for (const name of [FIRST, ...numbered]) files.push(await openFile(join(path, name)));
    return oneAfterAnother(path, files, close);
  } catch (error) {
    await close();
    throw error;
  }
}

const numberOf = (name: string): number => Number(NUMBERED.exec(name)?.[1]);

function oneAfterAnother(path: string, files: readonly Bytes[], close: () => Promise<void>): Bytes {
  let length = 0;
  const parts = files.map(({ length: size, name, readAt }) => {
    if (size === undefined || readAt === undefined)
      throw inputError('not a plain file', printable(name), 'a folder of perf record holds plain files');
    const offset = length;
    length += size;
    return { offset, size, readAt };
  });
  return {
    name: path,
    length,
    parts,
    readAt(offset, into) {
      // Parts are few; an empty one holds no offset.
      const part = parts.find((each) => offset >= each.offset && offset < each.offset + each.size);
      return part ? part.readAt(offset - part.offset, into) : 0;
    },
    async *chunks() {
      for (const file of files) yield* file.chunks();
    },
    tear: undefined,
    close,
  };
}
