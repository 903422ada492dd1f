/** Counts beside recordings that were made of the same work at the same time (traces/stat): what both say of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Bounded, StatResult } from '../../src/report/stat/answer.ts';
import { PAIR_OPTIONS, PAIRS, STAT_FOLDER, statOf, statOfText, statTruthOf } from '../support/stat.ts';

/** Counting and recording begin and end a few events apart. */
const SLACK = 0.002;
const within = ({ low, high }: Bounded, value: number): boolean =>
  value >= low * (1 - SLACK) - 2 && value <= (high ?? Infinity) * (1 + SLACK) + 2;

describe.each(PAIRS)('%s', (file) => {
  const truth = statTruthOf(file);
  const read = statOf(file, PAIR_OPTIONS);

  test('counts the calls and faults that were recorded', async () => {
    const { counts } = (await read).whole!;
    // Where the recorder saw the counter itself, its own are in the totals.
    const most = file === 'build-tasks.txt' ? 0.01 : 0;
    for (const signal of ['syscalls', 'userFaults'] as const) {
      expect(counts[signal]).toBeLessThanOrEqual(truth.totals[signal]);
      expect(counts[signal]).toBeGreaterThanOrEqual(truth.totals[signal] * (1 - most) - 1);
    }
  });

  test.each(['nopti', 'pti', 'global-off'])('%s: each operation of the replay is in the interval', async (name) => {
    const lane = (await read).whole!.lanes.find(({ lane: each }) => each === name)!;
    const outside = Object.entries(lane.operations)
      .filter(([operation, interval]) => !within(interval, truth.lanes[name].operations[operation] ?? 0))
      .map(([operation]) => operation);
    expect(outside).toEqual(KNOWN[file]?.[name] ?? []);
  });

  test('costs what the replay says, within the interval', async () => {
    const { lanes, comparisons } = (await read).whole!;
    const pti = lanes.find(({ lane }) => lane === 'pti')!;
    const { addedCycles, overheadPercent } = truth.lanes['pti'];
    expect(within(pti.addedCycles!, addedCycles.mid)).toBe(true);
    expect(Math.abs(pti.addedCycles!.mid / addedCycles.mid - 1)).toBeLessThan(0.05);
    // What the recorder makes of the time on the CPU of tasks alone is in docs/accuracy.md.
    if (file === 'build-tasks.txt') return;
    expect(within(pti.overheadPercent!, overheadPercent.mid)).toBe(true);
    expect(within(comparisons.find(({ to }) => to === 'global-off')!.savedPercent!, truth.savedPercent.mid)).toBe(true);
  });
});

describe.each(PAIRS)('%s, with what anybody would count', (file) => {
  const truth = statTruthOf(file);
  const plain = readFileSync(join(STAT_FOLDER, file), 'utf8')
    .split('\n')
    .filter((line) => !line.includes('ptilab_'))
    .join('\n');

  test('the interval is wider and holds what the replay says', async () => {
    const [all, less] = await Promise.all([statOf(file, PAIR_OPTIONS), statOfText(plain, PAIR_OPTIONS)]);
    const costOf = ({ whole }: StatResult) => whole!.lanes.find(({ lane }) => lane === 'pti')!.addedCycles!;
    const width = ({ low, high }: Bounded): number => high! - low;
    expect(less.whole!.amounts.flushesAll.evidence).toBe('absent');
    expect(within(costOf(less), truth.lanes['pti'].addedCycles.mid)).toBe(true);
    expect(width(costOf(less))).toBeGreaterThan(width(costOf(all)));
  });

  test.each(['nopti', 'pti', 'global-off'])('%s: each operation is in the interval', async (name) => {
    const { whole } = await statOfText(plain, PAIR_OPTIONS);
    const lane = whole!.lanes.find(({ lane: each }) => each === name)!;
    const outside = Object.entries(lane.operations)
      .filter(([operation, interval]) => !within(interval, truth.lanes[name].operations[operation] ?? 0))
      .map(([operation]) => operation);
    expect(outside).toEqual(KNOWN_PLAIN[file]?.[name] ?? []);
  });
});

/** Flushes outside of the interval, a few to sixty of them: docs/accuracy.md. */
const KNOWN: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'haproxy.csv': { pti: ['cr3WriteFlush'] },
  'du.csv': { nopti: ['cr3WriteFlush'], pti: ['cr3WriteFlush'], 'global-off': ['cr3WriteFlush'] },
};
/** The same where flushes were not counted. */
const KNOWN_PLAIN: typeof KNOWN = {
  'idle.txt': { nopti: ['cr3WriteFlush'], pti: ['cr3WriteFlush'], 'global-off': ['cr3WriteFlush'] },
  'idle-intervals.json': { nopti: ['cr3WriteFlush'], pti: ['cr3WriteFlush'], 'global-off': ['cr3WriteFlush'] },
};
