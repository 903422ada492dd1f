import { describe, expect, test } from 'vitest';
import { IdleGovernor } from '../../../src/replay/idle-governor.ts';
import { RECORDED, SIMULATED } from './bench.ts';
import { replayTlb, tlbScript, type TlbScript } from './tlb-script.ts';

const LONG = Infinity;

/** What is expected after these periods of microseconds, in microseconds. */
function after(...periods: readonly number[]): number {
  const governor = new IdleGovernor();
  for (const period of periods) governor.ended(period * 1000);
  return governor.expected() / 1000;
}

describe('how long an idle CPU expects to stay idle', () => {
  test('long, before it has idled at all', () => {
    expect(after()).toBe(LONG);
  });

  test('10 us after eight periods of 10 us', () => {
    expect(after(10, 10, 10, 10, 10, 10, 10, 10)).toBe(10);
  });

  test('their mean after eight that are nearly equal: (4 x 100 + 4 x 110) / 8 = 105 us', () => {
    expect(after(100, 110, 100, 110, 100, 110, 100, 110)).toBe(105);
  });

  test('one outlier among eight is left out, whenever it came: 10 us', () => {
    expect(after(10, 10, 10, 10, 10, 10, 10, 5000)).toBe(10);
    expect(after(5000, 10, 10, 10, 10, 10, 10, 10)).toBe(10);
  });

  test('two outliers among eight are left out: 10 us', () => {
    expect(after(10, 10, 6000, 10, 10, 10, 5000, 10)).toBe(10);
  });

  test('three different outliers among eight are too many: long', () => {
    expect(after(10, 10, 6000, 10, 7000, 10, 5000, 10)).toBe(LONG);
  });

  test('three equal outliers go at once, and five that are regular are enough: 10 us', () => {
    // Linux v6.1 get_typical_interval: `variance <= 400` needs no number of periods.
    expect(after(10, 10, 5000, 10, 5000, 10, 5000, 10)).toBe(10);
  });

  test('long after four short ones and four long ones of two kinds', () => {
    expect(after(10, 2000, 12, 2100, 14, 2200, 11, 2300)).toBe(LONG);
  });

  test('only the last eight count: 20 us after eight of 10 us and eight of 20 us', () => {
    expect(after(...Array<number>(8).fill(10), ...Array<number>(8).fill(20))).toBe(20);
  });

  test('a variance of 400 is regular, whatever the mean: 20 +- 20 us', () => {
    expect(after(0, 40, 0, 40, 0, 40, 0, 40)).toBe(20);
  });

  test('the deviation may be up to a sixth of the mean: 600 +- 99 us is regular, 600 +- 100 us is not', () => {
    expect(after(501, 699, 501, 699, 501, 699, 501, 699)).toBe(600);
    expect(after(500, 700, 500, 700, 500, 700, 500, 700)).not.toBe(600);
  });
});

describe('a CPU that may sleep deeply from 100 us on', () => {
  const machine = { deepIdleNs: 100_000 };
  /** Task 10 idles so often, for so many nanoseconds each. */
  const naps = (count: number, ns: number): TlbScript => {
    const script = tlbScript().call(10, 'getpid');
    for (let i = 0; i < count; i++) script.switch(10, 0).after(ns).switch(0, 10);
    return script;
  };

  test('does so the first time, as it does not know better: 1 + 1 writes, later naps of 10 us 0', async () => {
    expect((await replayTlb(naps(1, 10_000), machine)).issued).toEqual({ cr3WriteFlush: 1, cr3WriteKeep: 1 });
    expect((await replayTlb(naps(5, 10_000), machine)).issued).toEqual({ cr3WriteFlush: 1, cr3WriteKeep: 1 });
  });

  test('does so each time where naps are of 200 us: 3 x 2 = 6 writes', async () => {
    expect((await replayTlb(naps(3, 200_000), machine)).issued).toEqual({ cr3WriteFlush: 1, cr3WriteKeep: 5 });
  });

  test('does not as a guest: 0 writes', async () => {
    expect((await replayTlb(naps(3, 200_000))).issued).toEqual({});
  });

  test('is left to the record where that decides: 0 writes without events', async () => {
    expect((await replayTlb(naps(3, 200_000), { ...machine, evidence: RECORDED })).issued).toEqual({});
    expect((await replayTlb(naps(3, 200_000), { ...machine, evidence: SIMULATED })).issued).not.toEqual({});
  });
});
