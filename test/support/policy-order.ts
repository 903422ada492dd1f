/** Policies by what they add: none without isolation, then everybody out, some out, nobody out; or the summary says why not. */
import { describe, expect, test } from 'vitest';
import type { PipelineResult } from '../../src/pipeline.ts';
import { summaryLines } from '../../src/report/summary.ts';
import { replayFile } from './replay.ts';

const CPUS = ['skylake-sp', 'nehalem'];
const ORDER = ['nopti', 'global-off', 'optout', 'pti'];
const REASON = /costs .*, more than isolation for all: (nobody is|\d[\d,]* changes? of|the test at)/;

/** Cycles that each policy adds on a CPU, at mid. */
const addedOn = ({ result: { lanes } }: PipelineResult, cpu: string): readonly number[] =>
  ORDER.map((policy) => lanes.find(({ lane }) => lane === `${policy}@${cpu}`)!.addedCycles!.mid);

export const optOutLine = (done: PipelineResult): string =>
  summaryLines(done)
    .find((line) => line.startsWith('opt-out'))!
    .slice('opt-out'.length)
    .trim();

/** Of a recording with times: opted out as asked, or everybody where nothing is asked for. */
export async function holdsOrder(path: string, optOut?: readonly string[]): Promise<void> {
  const done = await replayFile(path, { cpus: CPUS, policies: ORDER, optOut });
  for (const cpu of CPUS) {
    const [nopti, out, optedOut, pti] = addedOn(done, cpu);
    expect(nopti).toBeLessThanOrEqual(out);
    expect(out).toBeLessThanOrEqual(optedOut);
    if (optedOut > pti) expect(optOutLine(done)).toMatch(REASON);
    else expect(optOutLine(done)).toContain('gives back');
  }
}

export const describeOrder = (title: string, paths: readonly (readonly [name: string, path: string])[]): void => {
  describe(title, () => {
    test.each(paths)('%s', (_, path) => holdsOrder(path), 120_000);
  });
};
