import { describe, expect, test } from 'vitest';
import { ALL_PAGES, bench, type BenchOptions } from './bench.ts';

const FULL = { cr3Read: 1, cr3WriteFlush: 1 };
const KEEPS = { cr3WriteKeep: 1 };
const FLUSHES = { cr3WriteFlush: 1 };

/** PCIDs and INVPCID, PCIDs alone, neither. */
const MACHINES: readonly BenchOptions[] = [{}, { invpcid: false }, { pcid: false }];

describe('a flush of everything', () => {
  test.each(['nopti', 'pti'])('under %s: 1 read + 1 write that flushes', (policy) => {
    expect(bench({ policy }).start(0).flushAll(0).take()).toEqual(FULL);
  });

  test.each(['nopti', 'pti'])('under %s without PCIDs: 1 read + 1 write', (policy) => {
    expect(bench({ policy, pcid: false }).start(0).flushAll(0).take()).toEqual({ cr3Read: 1, cr3WriteNoPcid: 1 });
  });

  test('makes the next return flush, and only that: 1 flush, then 1 keep', () => {
    const flushed = bench().start(0).flushAll(0);
    expect([flushed.exit(0), flushed.exit(0)]).toEqual([FLUSHES, KEEPS]);
  });

  test('twice before a return: still 1 flush, then 1 keep', () => {
    const flushed = bench().start(0).flushAll(0).flushAll(0);
    expect([flushed.exit(0), flushed.exit(0)]).toEqual([FLUSHES, KEEPS]);
  });

  test('without PCIDs marks nothing: the next return writes as each does', () => {
    expect(bench({ pcid: false }).start(0).flushAll(0).exit(0)).toEqual({ cr3WriteNoPcid: 1 });
  });

  test('without isolation marks nothing: the next return does not write', () => {
    const flushed = bench({ policy: 'nopti' }).start(0).flushAll(0);
    expect(flushed.exit(0)).toEqual({});
    expect(flushed.lane.mmu.takeUserFlush(1)).toBe(false);
  });

  test('is still to be done on return when the CPU was elsewhere meanwhile: other 1 flush, back 1 flush, then 1 keep', () => {
    const away = bench().start(0).flushAll(0).to(1);
    expect(away.exit(1)).toEqual(FLUSHES);
    away.to(0);
    expect(away.take()).toEqual(KEEPS);
    expect([away.exit(0), away.exit(0)]).toEqual([FLUSHES, KEEPS]);
  });

  test('of an address space that is loaded nowhere: 0 operations now, 1 flush at its next switch', () => {
    const other = bench().start(0).to(1).to(0);
    other.take();
    expect(other.flushAll(1).take()).toEqual({});
    expect(other.to(1).take()).toEqual(FLUSHES);
  });

  test('on the CPU that has it means no flush at its next switch: 1 keep', () => {
    const seen = bench().start(0).flushAll(0).to(1);
    seen.take();
    expect(seen.to(0).take()).toEqual(KEEPS);
  });

  test('of the own space of the kernel is none of these: 0 operations', () => {
    const kernel = bench();
    kernel.lane.mmu.adopt(1, kernel.initMm);
    kernel.initMm.flushes.simulated++;
    kernel.lane.mmu.flush(1, kernel.initMm, { pages: ALL_PAGES, freedTables: true }, 0, kernel.initMm, 0);
    expect(kernel.take()).toEqual({});
  });

  test('counts 1 of a flush, and 1 that flushes beyond crossings', () => {
    const { sums } = bench().start(0).flushAll(0).lane;
    expect(sums).toEqual({ crossing: 0, switch: 0, flush: 1, other: 0, nonCrossingFlush: 1 });
  });
});

describe('a flush of 33 pages, the most that go one by one', () => {
  test('with isolation: 33 INVLPG + 33 INVPCID, and the next return keeps', () => {
    const flushed = bench().start(0).flush(0, 33);
    expect(flushed.take()).toEqual({ invlpg: 33, invpcidAddr: 33 });
    expect(flushed.exit(0)).toEqual(KEEPS);
  });

  test('without INVPCID: 33 INVLPG, and the next return flushes once', () => {
    const flushed = bench({ invpcid: false }).start(0).flush(0, 33);
    expect(flushed.take()).toEqual({ invlpg: 33 });
    expect([flushed.exit(0), flushed.exit(0)]).toEqual([FLUSHES, KEEPS]);
  });

  test('without PCIDs: 33 INVLPG', () => {
    const flushed = bench({ pcid: false }).start(0).flush(0, 33);
    expect(flushed.take()).toEqual({ invlpg: 33 });
    expect(flushed.exit(0)).toEqual({ cr3WriteNoPcid: 1 });
  });

  test.each(MACHINES)('without isolation: 33 INVLPG whatever the CPU has (%o)', (machine) => {
    expect(
      bench({ ...machine, policy: 'nopti' })
        .start(0)
        .flush(0, 33)
        .take(),
    ).toEqual({ invlpg: 33 });
  });

  test('of 34: 1 full flush, 0 INVLPG', () => {
    expect(bench().start(0).flush(0, 34).take()).toEqual(FULL);
  });

  test('of 1: 1 + 1', () => {
    expect(bench().start(0).flush(0, 1).take()).toEqual({ invlpg: 1, invpcidAddr: 1 });
  });

  test('writes no CR3, so the sums stay 0', () => {
    const { sums } = bench().start(0).flush(0, 33).lane;
    expect(sums).toEqual({ crossing: 0, switch: 0, flush: 0, other: 0, nonCrossingFlush: 0 });
  });
});

describe('a flush of a few pages after one that was missed', () => {
  test('becomes one of everything: 1 read + 1 write, 0 INVLPG', () => {
    expect(bench().start(0).missed(0).flush(0, 2).take()).toEqual(FULL);
  });

  test('and after that has caught up, the next of 2 pages is 2 again', () => {
    const behind = bench().start(0).missed(0).flush(0, 2);
    behind.take();
    expect(behind.flush(0, 2).take()).toEqual({ invlpg: 2, invpcidAddr: 2 });
  });

  test('three in step are three: 1 + 2 + 3 = 6 pages', () => {
    expect(bench().start(0).flush(0, 1).flush(0, 2).flush(0, 3).take()).toEqual({ invlpg: 6, invpcidAddr: 6 });
  });
});
