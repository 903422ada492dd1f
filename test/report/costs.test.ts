import { describe, expect, test } from 'vitest';
import { estimateOf } from '../../src/cpu-model/intervals.ts';
import { findCpu } from '../../src/cpu-model/cpus/index.ts';
import { COMPONENTS } from '../../src/cpu-model/prices.ts';
import type { Estimate } from '../../src/units.ts';
import { FIXTURES, fixturePath } from '../support/fixtures.ts';
import { replayFile } from '../support/replay.ts';
import { REQUESTS, sums, writtenResult } from '../support/result.ts';
import { temporaryFolder } from '../support/temporary.ts';

const temporary = temporaryFolder();

describe.each(REQUESTS)('%s', async (_what, file, request) => {
  const { json, table } = await writtenResult(temporary, file, request);
  const scopes = new Map(table('processes').rows.map(({ process, scope }) => [process, scope]));
  const costs = table('costs').rows;
  const measured = costs.filter(({ process }) => scopes.get(process) === 'measured');
  const others = costs.filter(({ process }) => scopes.get(process) !== 'measured');

  test.each(COMPONENTS)('costs add up to the %s cycles of each lane, exactly', (component) => {
    const of = (rows: typeof costs): ReadonlyMap<string, number> =>
      sums(
        rows.filter((row) => row['component'] === component),
        ({ lane }) => String(lane),
        'cyclesMid',
      );
    for (const { lane, cycles, bystanders } of json.lanes) {
      expect(of(measured).get(lane) ?? 0, lane).toBe(cycles?.[component].mid);
      expect(of(others).get(lane) ?? 0, lane).toBe(bystanders.cycles?.[component].mid);
    }
  });

  test('costs have a row once, low to high', () => {
    const keys = costs.map(({ lane, process, cause, component }) => [lane, process, cause, component].join(' '));
    expect(new Set(keys).size).toBe(keys.length);
    for (const { cyclesLow, cyclesMid, cyclesHigh } of costs) {
      expect(cyclesLow).toBeLessThanOrEqual(Number(cyclesMid));
      expect(cyclesMid).toBeLessThanOrEqual(Number(cyclesHigh));
    }
  });

  test('processes add up to the added cycles of each lane, exactly', () => {
    const { rows } = table('processes');
    const of = (scope: (scope: unknown) => boolean): ReadonlyMap<string, number> =>
      sums(
        rows.filter((row) => scope(row['scope'])),
        ({ lane }) => String(lane),
        'addedCyclesMid',
      );
    const [own, rest] = [of((scope) => scope === 'measured'), of((scope) => scope !== 'measured')];
    for (const { lane, addedCycles, bystanders } of json.lanes) {
      expect(own.get(lane), lane).toBe(addedCycles?.mid ?? 0);
      expect(rest.get(lane), lane).toBe(bystanders.addedCycles?.mid ?? 0);
    }
  });

  test('the timeline adds up to crossings and added cycles of the whole machine', () => {
    const { rows } = table('timeline');
    const [crossings, added] = ['crossings', 'addedCyclesMid'].map((column) =>
      sums(rows, ({ lane }) => String(lane), column),
    );
    for (const { lane, operations, addedCycles, bystanders } of json.lanes) {
      expect(crossings.get(lane), lane).toBe(operations.entries + operations.exits);
      expect(added.get(lane), lane).toBe((addedCycles?.mid ?? 0) + (bystanders.addedCycles?.mid ?? 0));
    }
  });

  test('the timeline has at most 512 bins a CPU, of one length, in order', () => {
    const { rows } = table('timeline');
    const lengths = new Set(rows.map(({ lengthNs }) => Number(lengthNs)));
    expect(lengths.size).toBe(1);
    const [length] = lengths;
    expect(Math.log2(length) % 1).toBe(0);
    const places = rows.map(({ lane, cpu, startNs }) => [lane, cpu, Number(startNs) / length] as const);
    for (const [, , bin] of places) expect(Number.isInteger(bin) && bin < 512).toBe(true);
    for (let i = 1; i < places.length; i++) {
      const [[lane, cpu, bin], [nextLane, nextCpu, nextBin]] = [places[i - 1], places[i]];
      if (lane === nextLane && cpu === nextCpu) expect(nextBin).toBeGreaterThan(bin);
    }
  });

  test('an answer has a percentage where there is a lane without isolation', () => {
    const bare = json.lanes.some(({ policy }) => policy === 'nopti');
    for (const { addedCycles, overheadPercent, policy } of json.lanes) {
      expect(addedCycles !== null).toBe(bare);
      expect(overheadPercent !== null).toBe(bare);
      if (policy === 'nopti') expect(overheadPercent).toEqual({ low: 0, mid: 0, high: 0 });
    }
  });
});

/** The interval of a sum of independent parts, by hand: half-widths add in squares. */
function byHand(parts: readonly (readonly [n: number, { value: number; low: number; high: number }])[]): Estimate {
  const mid = parts.reduce((sum, [n, { value }]) => sum + n * value, 0);
  const below = parts.reduce((sum, [n, { value, low }]) => sum + (n * (value - low)) ** 2, 0);
  const above = parts.reduce((sum, [n, { value, high }]) => sum + (n * (high - value)) ** 2, 0);
  return { low: mid - Math.sqrt(below), mid, high: mid + Math.sqrt(above) };
}

test('the interval of one lane is that of its prices, recomputed by hand', async () => {
  const { result, priced } = await replayFile(fixturePath('fx-true.perf.data'), {
    cpus: ['broadwell'],
    policies: ['nopti', 'pti'],
  });
  expect(result.inferred.interruptsUser).toBe(0);
  const lane = priced.lanes[1];
  const { crossing, switch: switched, flush } = lane.quantitiesOf(priced.rowsOf.measured);
  const amount = (index: number): number => crossing[index] + switched[index] + flush[index];
  const prices = findCpu('broadwell')!.prices!;
  // cr3 = keeps, flushes and reads.
  const expected = byHand([
    [amount(2), prices.cr3WriteKeep!],
    [amount(3), prices.cr3WriteFlush!],
    [amount(5), prices.cr3Read!],
  ]);
  const found = result.lanes[1].cycles!.cr3;
  expect(found.mid).toBe(expected.mid);
  expect(found.low).toBeCloseTo(expected.low, 6);
  expect(found.high).toBeCloseTo(expected.high, 6);
});

test.each(FIXTURES)('opting out everybody of $name from the start leaves no write at a crossing', async ({ path }) => {
  const done = await replayFile(path, { policies: ['nopti', 'pti', 'global-off', 'optout'] });
  const lane = done.result.lanes.find(({ policy }) => policy === 'global-off')!;
  const pti = done.result.lanes.find(({ policy }) => policy === 'pti')!;
  expect(lane.crossingCr3Writes).toBe(0);
  // Only the crossings differ: switches and flushes are those of isolation.
  expect(lane.switchCr3Writes).toBe(pti.switchCr3Writes);
  expect(lane.flushCr3Writes).toBe(pti.flushCr3Writes);
  // No opt-out gives back more.
  const bound = estimateOf(done.priced.bounds[0].addedOf(done.priced.rowsOf.measured)!);
  const optout = done.result.lanes.find(({ policy }) => policy === 'optout')!;
  expect(bound.mid).toBe(lane.addedCycles!.mid);
  expect(optout.addedCycles!.mid).toBeGreaterThanOrEqual(bound.mid);
});

test('the clock that is asked for has no doubt, and scales percentages but not cycles', async () => {
  const path = fixturePath('fx-lseek.perf.data');
  const [slow, fast] = await Promise.all(
    [1, 2].map((ghz) => replayFile(path, { ghz, cpus: ['skylake'], policies: ['nopti', 'pti'] })),
  );
  expect(fast.result.lanes[1].addedCycles).toEqual(slow.result.lanes[1].addedCycles);
  expect(fast.result.lanes[1].overheadPercent!.mid).toBeCloseTo(slow.result.lanes[1].overheadPercent!.mid / 2, 9);
});

test('a CPU without prices has counts and no cycles', async () => {
  const { result } = await replayFile(fixturePath('fx-true.perf.data'), { cpus: ['emulator-skl'] });
  for (const lane of result.lanes)
    expect([lane.cycles, lane.addedCycles, lane.overheadPercent]).toEqual([null, null, null]);
  expect(result.lanes[1].crossingCr3Writes).toBeGreaterThan(0);
});
