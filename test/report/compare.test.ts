import { describe, expect, test } from 'vitest';
import { compareText } from '../../src/report/compare-text.ts';
import { compared, differencesOf, replayedSide, storedSide } from '../support/compare.ts';
import { fixturePath } from '../support/fixtures.ts';
import { replayFile } from '../support/replay.ts';
import { REQUESTS, writtenResult } from '../support/result.ts';
import { temporaryFolder } from '../support/temporary.ts';

const temporary = temporaryFolder();
const NOTHING = [0, null, { low: 0, mid: 0, high: 0 }];

describe.each(REQUESTS)('%s', async (_what, file, request) => {
  const { done, folder, json } = await writtenResult(temporary, file, request);

  test.each(json.lanes.map(({ lane }) => lane))('lane %s does not differ from itself', async (lane) => {
    const result = await compared(storedSide(folder, lane), storedSide(folder, lane));
    const differences = differencesOf(result);
    expect(differences.length).toBeGreaterThan(50);
    for (const [path, difference] of differences) expect(NOTHING, path).toContainEqual(difference);
    expect(result.doubts).toEqual([]);
  });

  test.each(json.lanes.map(({ lane }) => lane))(
    'lane %s is the same from the tables as from the trace',
    async (lane) => {
      const [trace, stored] = [await replayedSide(done, lane), await storedSide(folder, lane)];
      const as = (side: typeof trace) => ({ ...side, source: '', kind: 'trace' as const });
      const other = await replayedSide(done, json.lanes[0].lane);
      expect(await compared(as(stored), other)).toEqual(await compared(as(trace), other));
    },
  );

  test.each(json.comparisons)('$from and $to differ as in the replay', async ({ from, to, ...expected }) => {
    const { savings, same } = await compared(storedSide(folder, from), storedSide(folder, to));
    expect(same).toEqual({ recording: true, machine: true });
    const { savedCycles, ...figures } = savings!;
    const mids = (value: unknown) => JSON.stringify(value, (key, each: unknown) => (/low|high/.test(key) ? 0 : each));
    expect(mids(figures)).toBe(mids(expected));
    for (const name of ['savedPercent', 'speedup', 'cores'] as const) {
      // The order in which doubts are added up is another where there are other machines.
      const { low, high } = expected[name] ?? {};
      expect(figures[name]?.low).toEqual(low === undefined ? low : expect.closeTo(low, 12));
      expect(figures[name]?.high).toEqual(high === undefined ? high : expect.closeTo(high, 12));
    }
    const cyclesOf = (name: string): number =>
      Object.values(json.lanes.find(({ lane }) => lane === name)!.cycles!).reduce((sum, { mid }) => sum + mid, 0);
    expect(savedCycles?.mid).toBe(cyclesOf(from) - cyclesOf(to));
  });

  test('figures of a side are those of the replay', async () => {
    const [lane] = json.lanes.filter(({ policy }) => policy === 'pti');
    const { totals, a } = await compared(storedSide(folder, lane.lane), storedSide(folder, lane.lane));
    expect(totals.machine.crossings.a).toBe(lane.operations.entries + lane.operations.exits);
    expect(totals.addedCycles.a?.mid).toBe(lane.addedCycles?.mid);
    expect(totals.baselineCycles.a?.mid).toBe(lane.baselineCycles?.mid);
    expect(totals.overheadPercent.a?.mid).toBe(lane.overheadPercent?.mid);
    expect(totals.overheadPercent.a?.high ?? null).toEqual(
      lane.overheadPercent && (expect.closeTo(lane.overheadPercent.high, 10) as number),
    );
    expect(totals.events.a).toBe(json.trace.events);
    expect(a).toMatchObject({
      lane: lane.lane,
      files: json.trace.files,
      command: json.trace.host?.command?.argv ?? null,
    });
  });
});

test('the interval of one machine is the one of the replay, to the last bit', async () => {
  const { json, folder } = await writtenResult(temporary, 'fx-setu.perf.data', {});
  const [expected] = json.comparisons;
  const { savings } = await compared(storedSide(folder, 'pti'), storedSide(folder, 'optout'));
  const { savedPercent, speedup, savedSeconds, cores } = savings!;
  expect({ from: 'pti', to: 'optout', savedPercent, speedup, savedSeconds, cores }).toEqual(expected);
});

describe('two recordings', async () => {
  const [setu, ping] = [
    await replayFile(fixturePath('fx-setu.perf.data')),
    await replayFile(fixturePath('fx-pingpong.perf.data')),
  ];
  const result = await compared(replayedSide(setu), replayedSide(ping));

  test('are compared by their lanes with isolation', () => {
    expect([result.a.lane, result.b.lane]).toEqual(['pti', 'pti']);
    expect(result.same).toEqual({ recording: false, machine: true });
  });

  test('have no savings, for the work is not the same', () => {
    expect(result.savings).toBeNull();
  });

  test.each(['programs', 'causes'] as const)('%s add up to the totals', (rows) => {
    for (const side of ['a', 'b', 'difference'] as const) {
      const sum = (of: (row: (typeof result)[typeof rows][number]) => number): number =>
        result[rows].reduce((all, row) => all + of(row), 0);
      expect(sum((row) => row.crossings[side])).toBe(result.totals.crossings[side]);
      expect(sum((row) => row.cr3Writes[side])).toBe(result.totals.cr3Writes[side]);
      expect(sum((row) => row.addedCycles[side]!.mid)).toBeCloseTo(result.totals.addedCycles[side]!.mid, 4);
    }
  });

  test.each(['programs', 'causes'] as const)('%s come largest difference first', (rows) => {
    const sizes = result[rows].map(({ addedCycles }) => Math.abs(addedCycles.difference!.mid));
    expect(sizes).toEqual([...sizes].sort((x, y) => y - x));
    expect(sizes[0]).toBeGreaterThan(0);
  });

  test('have rates for a CPU second', () => {
    const { totals } = result;
    const seconds = setu.result.trace.scope.onCpuNs! / 1e9;
    expect(totals.cpuSeconds.a).toBe(seconds);
    expect(totals.eventsPerCpuSecond.a).toBe(setu.result.trace.events / seconds);
    expect(totals.addedPerCpuSecond.a!.mid).toBe(totals.addedSeconds.a!.mid / seconds);
  });

  test('turned round, differ the other way', async () => {
    const back = await compared(replayedSide(ping), replayedSide(setu));
    const there = result.totals.addedCycles.difference!;
    const { low, mid, high } = back.totals.addedCycles.difference!;
    expect(mid).toBe(-there.mid);
    expect(-high).toBeCloseTo(there.low, 6);
    expect(-low).toBeCloseTo(there.high, 6);
  });
});

test('lanes of different CPUs are compared in seconds', async () => {
  const done = await replayFile(fixturePath('fx-setu.perf.data'), { cpus: ['haswell', 'zen2'] });
  const result = await compared(replayedSide(done, 'pti@haswell'), replayedSide(done, 'pti@zen2'));
  expect(result.same).toEqual({ recording: true, machine: false });
  expect(result.totals.addedCycles).toMatchObject({ a: expect.anything() as unknown, difference: null });
  expect(result.savings?.savedCycles).toBeNull();
  const [a, b] = [result.totals.addedSeconds, result.totals.baselineSeconds].reduce(
    (sums, { a, b }) => [sums[0] + a!.mid, sums[1] + b!.mid],
    [0, 0],
  );
  expect(result.savings?.speedup?.mid).toBeCloseTo(a / b, 12);
  expect(result.savings?.savedSeconds.cpu?.mid).toBeCloseTo(a - b, 12);
});

test('a machine without prices has counts and no cycles', async () => {
  const done = await replayFile(fixturePath('fx-setu.perf.data'), { cpus: ['emulator-skl'] });
  const { totals, programs } = await compared(replayedSide(done, 'pti'), replayedSide(done, 'nopti'));
  expect(totals.addedCycles).toEqual({ a: null, b: null, difference: null });
  expect(totals.cr3Writes.difference).toBeLessThan(0);
  expect(programs[0].cr3Writes.difference).toBeLessThan(0);
});

test.each([
  ['pti-optout', 'fx-setu', 'pti', 'fx-setu', 'optout'],
  ['recordings', 'fx-true', undefined, 'fx-shoot', undefined],
])('the text %s is the one a person looked at', async (name, a, laneA, b, laneB) => {
  const sides = [await replayFile(fixturePath(`${a}.perf.data`)), await replayFile(fixturePath(`${b}.perf.data`))];
  const text = compareText(await compared(replayedSide(sides[0], laneA), replayedSide(sides[1], laneB)));
  expect(text.split('\n').length).toBeLessThanOrEqual(41);
  await expect(text).toMatchFileSnapshot(`./goldens/compare-${name}.txt`);
});
