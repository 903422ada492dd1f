/** Intervals of differences, worked out by hand. */
import { describe, expect, test } from 'vitest';
import type { Variable } from '../../src/cpu-model/intervals.ts';
import { skylakeSp } from '../../src/cpu-model/cpus/skylake-sp.ts';
import { haswell } from '../../src/cpu-model/cpus/haswell.ts';
import { Op, OPERATION_COUNT, OPERATIONS, type Operation } from '../../src/cpu-model/operations.ts';
import type { Cpu, PriceName } from '../../src/cpu-model/cpu.ts';
import { findPolicy } from '../../src/replay/policies/index.ts';
import { commonDoubts, MODEL, type SideDoubt } from '../../src/report/common-doubts.ts';
import { compareText } from '../../src/report/compare-text.ts';
import { compareSide, type CompareSide } from '../../src/report/compare-pricing.ts';
import type { CountedLane, CountGroup } from '../../src/report/counted.ts';
import { compared } from '../support/compare.ts';

interface Written {
  readonly cpu?: Cpu;
  readonly sha256: string;
  /** Writes of CR3 on crossings, under isolation, by program. */
  readonly writes: Readonly<Record<string, number>>;
  /** How many times too low the counts may be. */
  readonly lost?: number;
  readonly source?: string;
}

/** A side with nothing but writes that keep the TLB. */
function side({ cpu = skylakeSp, sha256, writes, lost, source = 'x' }: Written): Promise<CompareSide> {
  const laneOf = (policy: string): CountedLane => ({
    facts: {
      lane: policy,
      policy,
      cpu: cpu.id,
      kernel: '6.1',
      virt: 'bare',
      pcid: true,
      invpcid: true,
      ptiMode: 'auto',
      affected: true,
      decidedBy: 'model',
      ghz: cpu.ghz.value,
    },
    counts: {
      operations: Object.fromEntries(OPERATIONS.map((name) => [name, 0])) as Record<Operation, number>,
      crossingCr3Writes: 0,
      switchCr3Writes: 0,
      flushCr3Writes: 0,
      otherCr3Writes: 0,
    },
    cpu,
    policy: findPolicy(policy)!,
  });
  const lanes = ['nopti', 'pti'].map(laneOf);
  const groups = Object.entries(writes).map(([program, count]): CountGroup => {
    const counts = (lane: CountedLane): Float64Array => {
      const of = new Float64Array(OPERATION_COUNT);
      if (lane.policy.pti) of[Op.cr3WriteKeep] = count;
      return of;
    };
    return {
      program,
      measured: true,
      cause: 'fault',
      counts: [laneOf('pti'), laneOf('nopti'), laneOf('pti')].map(counts),
    };
  });
  return compareSide(
    { source, kind: 'trace', lane: undefined, where: 'x' },
    {
      model: '0.1.0',
      files: [{ path: 'x', format: 'x', bytes: 1, sha256 }],
      events: 10,
      durationNs: 1e9,
      doubts:
        lost === undefined
          ? []
          : [{ variable: { name: 'lost', low: 1, mid: 1, high: lost }, on: 'crossing', because: 'lost events' }],
      baseline: {
        host: {},
        hostCpu: cpu,
        untracedCpu: undefined,
        onCpuSeconds: 1,
        recorderEvents: 0,
        ghz: undefined,
      },
      lanes,
      groups: () => Promise.resolve(groups),
    },
  );
}

const price = (name: PriceName, cpu: Cpu = skylakeSp) => cpu.prices![name]!;
/** What a write on a crossing costs: the write itself, and the rest of a round trip. */
const EACH = price('cr3WriteKeep').value + price('crossingRest').value;
/** Half-widths of several doubts, in squares. */
const together = (...widths: readonly number[]): number => Math.hypot(...widths);

describe('a difference of two recordings on one CPU', () => {
  test('has the doubt of a price once, times the difference in counts', async () => {
    const { totals } = await compared(
      side({ sha256: 'a', writes: { x: 100 } }),
      side({ sha256: 'b', writes: { x: 160 } }),
    );
    const above = (['cr3WriteKeep', 'crossingRest'] as const).map(
      (name) => 60 * (price(name).high - price(name).value),
    );
    const below = (['cr3WriteKeep', 'crossingRest'] as const).map((name) => 60 * (price(name).value - price(name).low));
    const { low, mid, high } = totals.addedCycles.difference!;
    expect(mid).toBe(60 * EACH);
    expect(high).toBeCloseTo(60 * EACH + together(...above), 8);
    expect(low).toBeCloseTo(60 * EACH - together(...below), 8);
  });

  test('of as many writes has none, whatever they cost', async () => {
    const { totals } = await compared(
      side({ sha256: 'a', writes: { x: 100 } }),
      side({ sha256: 'b', writes: { y: 100 } }),
    );
    expect(totals.addedCycles.difference).toEqual({ low: 0, mid: 0, high: 0 });
  });

  test('has what each of them lost as a doubt of its own', async () => {
    const { totals, doubts } = await compared(
      side({ sha256: 'a', writes: { x: 100 }, lost: 1.5 }),
      side({ sha256: 'b', writes: { x: 100 }, lost: 1.25 }),
    );
    // More of A only makes the difference smaller, more of B larger.
    const difference = totals.addedCycles.difference!;
    expect(difference.mid).toBe(0);
    expect(difference.low).toBeCloseTo(-50 * EACH, 8);
    expect(difference.high).toBeCloseTo(25 * EACH, 8);
    expect(doubts.map(({ name }) => name)).toEqual(['lost (A)', 'lost (B)']);
  });
});

test('one recording has lost the same on both sides', async () => {
  const both = { sha256: 'a', writes: { x: 100 }, lost: 1.5 };
  const { totals } = await compared(side(both), side(both));
  expect(totals.addedCycles.difference).toEqual({ low: 0, mid: 0, high: 0 });
});

test('prices of two CPUs are doubts of their own', async () => {
  const both = { sha256: 'a', writes: { x: 100 } };
  const { totals } = await compared(side(both), side({ ...both, cpu: haswell }));
  // Seconds: each price and each clock alone, those of A and of B apart.
  const secondsOf = (keep: number, rest: number, ghz: number): number => (100 * (keep + rest)) / (ghz * 1e9);
  const widths = (cpu: Cpu, sign: number): { above: number[]; below: number[] } => {
    const [keep, rest] = [price('cr3WriteKeep', cpu), price('crossingRest', cpu)];
    const mid = secondsOf(keep.value, rest.value, cpu.ghz.value);
    const moved = [
      [secondsOf(keep.low, rest.value, cpu.ghz.value), secondsOf(keep.high, rest.value, cpu.ghz.value)],
      [secondsOf(keep.value, rest.low, cpu.ghz.value), secondsOf(keep.value, rest.high, cpu.ghz.value)],
      [secondsOf(keep.value, rest.value, cpu.ghz.low), secondsOf(keep.value, rest.value, cpu.ghz.high)],
    ].map((ends) => ends.map((end) => sign * (end - mid)));
    return {
      above: moved.map((ends) => Math.max(0, ...ends)),
      below: moved.map((ends) => Math.min(0, ...ends)),
    };
  };
  const [a, b] = [widths(skylakeSp, -1), widths(haswell, 1)];
  const { low, mid, high } = totals.addedSeconds.difference!;
  expect((high - mid) * 1e9).toBeCloseTo(together(...a.above, ...b.above) * 1e9, 6);
  expect((mid - low) * 1e9).toBeCloseTo(together(...a.below, ...b.below) * 1e9, 6);
});

test('programs with the largest difference come first, either way', async () => {
  const { programs } = await compared(
    side({ sha256: 'a', writes: { shrinks: 300, same: 900, grows: 10 } }),
    side({ sha256: 'b', writes: { shrinks: 100, same: 900, grows: 110, born: 50 } }),
  );
  expect(programs.map(({ program, cr3Writes }) => [program, cr3Writes.difference])).toEqual([
    ['shrinks', -200],
    ['grows', 100],
    ['born', 50],
    ['same', 0],
  ]);
});

test('names that a recording or a user made up cannot steer a terminal', async () => {
  const hostile = 'a\nb\u001b[31m\u202e<script>';
  const { length } = compareText(
    await compared(side({ sha256: 'a', writes: { x: 1 } }), side({ sha256: 'b', writes: {} })),
  ).split('\n');
  const text = compareText(
    await compared(side({ sha256: 'a', writes: { [hostile]: 1 }, source: hostile }), side({ sha256: 'b', writes: {} })),
  );
  expect(text).toContain('a\\x0ab\\x1b[31m\\x202e');
  // eslint-disable-next-line no-control-regex
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  expect(text.split('\n')).toHaveLength(length);
});

describe('doubts of two sides', () => {
  const variable = (name: string, high = 2): Variable => ({ name, low: 0, mid: 1, high });
  const ofModel = (name: string, high?: number): SideDoubt => ({
    kind: 'prices',
    variable: variable(name, high),
    belongsTo: MODEL,
  });
  const ofRecording = (name: string, recording: string): SideDoubt => ({
    kind: 'counts',
    variable: variable(name),
    belongsTo: recording,
  });
  const names = (a: readonly SideDoubt[], b: readonly SideDoubt[]): readonly string[] =>
    commonDoubts(a, b).settings.variables.map(({ name }) => name);

  test('are one where both have it', () => {
    expect(names([ofModel('price'), ofRecording('lost', 'r')], [ofRecording('lost', 'r'), ofModel('price')])).toEqual([
      'price',
      'lost',
    ]);
  });

  test('are two where they belong to two recordings', () => {
    expect(names([ofRecording('lost', 'r')], [ofRecording('lost', 's')])).toEqual(['lost (A)', 'lost (B)']);
  });

  test('are two where the range is another', () => {
    expect(names([ofModel('x.ghz', 3)], [ofModel('x.ghz', 4)])).toEqual(['x.ghz (A)', 'x.ghz (B)']);
  });

  test('of counts are not taken for prices that have the same name', () => {
    const { a, b, settings } = commonDoubts(
      [ofModel('x'), ofRecording('x', 'r')],
      [ofModel('x'), ofRecording('x', 's')],
    );
    expect(new Set(settings.variables.map(({ name }) => name)).size).toBe(3);
    expect(a.prices.values('x')).toEqual(b.prices.values('x'));
    expect(a.counts.values('x')).not.toEqual(a.prices.values('x'));
    expect(a.counts.values('x')).not.toEqual(b.counts.values('x'));
  });
});
