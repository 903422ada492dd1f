/** Files of the gate: the folder of baselines, `NAME.txt` for each recording, and the recordings. */
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { inputError, printable } from '../errors.ts';
import { errnoOf, inputFailure, outputFailure } from '../io/node/errno.ts';
import { writeFileAtomically } from '../io/node/output.ts';
import type { OpenRecording } from '../check/gate.ts';
import { openSource } from './source.ts';

const SUFFIX = '.txt';
/** Far above any baseline. */
const MOST_BYTES = 2 ** 24;

export const baselinePath = (folder: string, name: string): string => join(folder, name + SUFFIX);

/**
 * The text of each baseline in a folder, by name.
 *
 * @param making - a folder that is not there is empty
 * @throws an input error where one cannot be read
 */
export async function readBaselines(folder: string, making: boolean): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const file of await namesIn(folder, making))
    if (file.endsWith(SUFFIX)) texts.set(file.slice(0, -SUFFIX.length), await readText(join(folder, file)));
  return texts;
}

async function namesIn(folder: string, making: boolean): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (making && errnoOf(error) === 'ENOENT') return [];
    throw inputError(
      'no folder of baselines',
      printable(folder),
      'run it in the repository, or make one: ptilab check --update --reason TEXT',
      error,
    );
  }
}

async function readText(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size <= MOST_BYTES) return await readFile(path, 'utf8');
  } catch (error) {
    throw inputFailure(error, path);
  }
  throw inputError('too large for a baseline', printable(path), 'remove it, or name another folder with --baseline');
}

/** @throws an output error where it cannot be written */
export const writeBaseline = (path: string, text: string): Promise<void> =>
  writeFileAtomically(path, (write) => write(new TextEncoder().encode(text)));

/** @throws an output error where it cannot be removed */
export async function removeBaseline(path: string): Promise<void> {
  try {
    await rm(path);
  } catch (error) {
    throw outputFailure(error, path);
  }
}

/** @throws an input error where a recording that has a baseline is not there */
export function demandRecordings(paths: readonly string[]): void {
  const missing = paths.find((path) => !existsSync(path));
  if (missing !== undefined)
    throw inputError('no such recording', missing, 'run it in the root folder of the repository');
}

export const openRecording: OpenRecording = async ({ path, tgids, host }, act) => {
  const opened = await openSource([path], tgids === undefined ? {} : { tgids });
  try {
    return await act(opened.source, { host: { ...opened.host, ...host }, tgids: opened.tgids });
  } finally {
    await opened.close();
  }
};
