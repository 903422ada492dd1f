/** From words to a program, and back to a line for a shell. */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { errnoOf } from '../../io/node/errno.ts';

/** Exit codes of a shell for what it cannot start. */
export const NOT_FOUND = 127;
export const NOT_EXECUTABLE = 126;

/** Where a shell would find a program; else the exit code that it would give. */
export function findProgram(name: string): string | typeof NOT_FOUND | typeof NOT_EXECUTABLE {
  const places = name.includes('/')
    ? [name]
    : (process.env['PATH'] ?? '/usr/bin:/bin').split(delimiter).map((folder) => join(folder || '.', name));
  let answer: typeof NOT_FOUND | typeof NOT_EXECUTABLE = NOT_FOUND;
  if (name === '') return answer;
  for (const place of places) {
    const found = isProgram(place);
    if (found) return place;
    if (found === false) answer = NOT_EXECUTABLE;
  }
  return answer;
}

/** Undefined where there is nothing of that name. */
function isProgram(path: string): boolean | undefined {
  try {
    if (!statSync(path).isFile()) return false;
    accessSync(path, constants.X_OK);
    return true;
  } catch (error) {
    const code = errnoOf(error);
    if (code === undefined) throw error;
    return code === 'ENOENT' || code === 'ENOTDIR' ? undefined : false;
  }
}

/** As one would type it. */
export const shellLine = (words: readonly string[]): string =>
  words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
