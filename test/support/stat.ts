/** Counts in traces/stat, and answers made of them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesOf } from '../../src/io/memory.ts';
import { runStat, type StatRequest } from '../../src/pipeline-stat.ts';
import type { StatResult } from '../../src/report/stat/answer.ts';
import type { Estimate } from '../../src/units.ts';
import { ROOT } from './fixtures.ts';

export const STAT_FOLDER: string = join(ROOT, 'traces', 'stat');

export async function statOfText(text: string | Uint8Array, request: StatRequest = {}): Promise<StatResult> {
  const data = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const bytes = bytesOf(data, 'counts.txt', data.length > 65_536 ? 65_536 : 7);
  const source = {
    bytes,
    seekable: () => Promise.resolve(bytes),
    identity: () => Promise.resolve({ sha256: '', size: data.length }),
  };
  return (await runStat(source, request)).result;
}

export const statOf = (file: string, request: StatRequest = {}): Promise<StatResult> =>
  statOfText(readFileSync(join(STAT_FOLDER, file)), request);

/** What a replay said of a recording that was made beside counts. */
export interface StatTruth {
  readonly onCpuSeconds: number;
  readonly totals: Readonly<Record<string, number>>;
  readonly lanes: Readonly<
    Record<
      string,
      {
        readonly operations: Readonly<Record<string, number>>;
        readonly addedCycles: Estimate;
        readonly overheadPercent: Estimate;
      }
    >
  >;
  readonly savedPercent: Estimate;
}

/** Counts that have a truth. */
export const PAIRS = [
  'build.csv',
  'build-tasks.txt',
  'haproxy.csv',
  'idle.txt',
  'idle-intervals.json',
  // Made when all ranges had been written.
  'fork.csv',
  'pipe.csv',
  'python.csv',
  'du.csv',
];
/** As the truths were made, and the machine's facts that a recording carries. */
export const PAIR_OPTIONS: StatRequest = {
  kernel: '6.13',
  policies: ['nopti', 'pti', 'global-off'],
  host: { pcid: true, invpcid: true, pti: false, cpu: 'zen3-server', kernel: '6.18.44' },
};

export const statTruthOf = (file: string): StatTruth =>
  JSON.parse(readFileSync(join(STAT_FOLDER, `${file.replace(/\.\w+$/, '')}.truth.json`), 'utf8')) as StatTruth;
