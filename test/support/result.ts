/** A result directory, written as the command line writes it and read back by another program. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeResult } from '../../src/cli/result-directory.ts';
import type { PipelineResult, ReplayRequest } from '../../src/pipeline.ts';
import type { ReplayResult } from '../../src/report/result.ts';
import { fixturePath } from './fixtures.ts';
import { readTable, type ReadTable, type Row } from './polars.ts';
import { replayFile } from './replay.ts';
import type { Temporary } from './temporary.ts';

export interface WrittenResult {
  readonly done: PipelineResult;
  readonly json: ReplayResult;
  readonly folder: string;
  readonly files: readonly string[];
  readonly table: (name: string) => ReadTable;
}

/** Requests that between them have one machine and several, PCIDs and none, the recorded kernel and others. */
export const REQUESTS: readonly (readonly [what: string, file: string, request: ReplayRequest])[] = [
  ['the defaults', 'fx-setu.perf.data', {}],
  ['three machines', 'fx-pingpong.perf.data', { cpus: ['haswell', 'nehalem', 'zen2'] }],
  ['no PCIDs', 'fx-shoot.perf.data', { noPcid: true, kernel: '4.15' }],
  [
    'an alias and an old kernel',
    'fx-lseek.perf.data',
    { policies: ['pti', 'hansen-2018', 'optout'], kernel: 'kaiser' },
  ],
  ['both wrappers', 'fx-setu.perf.data', { optOut: ['root'], optIn: ['exe:*setu'] }],
];

export async function writtenResult(
  temporary: Temporary,
  file: string,
  request: ReplayRequest,
): Promise<WrittenResult> {
  const done = await replayFile(fixturePath(file), request);
  const folder = temporary.fresh('result');
  await writeResult(folder, done, ['replay', file]);
  return {
    done,
    json: done.result,
    folder,
    files: readdirSync(folder).sort(),
    table: (name) => readTable(join(folder, `${name}.arrow`)),
  };
}

/** Every file of a folder as one text that can be compared. */
export const bytesOfFolder = (folder: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(folder)
      .sort()
      .map((name) => [name, readFileSync(join(folder, name)).toString('latin1')]),
  );

/** Sums of a number over rows with the same key. */
export function sums(rows: readonly Row[], key: (row: Row) => string, value: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const row of rows) found.set(key(row), (found.get(key(row)) ?? 0) + Number(row[value]));
  return found;
}
