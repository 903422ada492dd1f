import { describe, expect, test } from 'vitest';
import { createAsids, forgetOthers, MOST_ASIDS, slotOf, takeSlot, type Asids } from '../../../src/replay/asids.ts';
import { bench } from './bench.ts';

/** Loads mms one after another; the slots they got. */
const loadAll = (asids: Asids, mms: readonly number[], count = MOST_ASIDS): readonly number[] =>
  mms.map((mm) => {
    takeSlot(asids, slotOf(asids, mm), mm, 0, count);
    return asids.loaded;
  });

describe('slots of address spaces', () => {
  test('the first eight address spaces take slots 1 2 3 4 5 0 1 2', () => {
    expect(loadAll(createAsids(), [11, 12, 13, 14, 15, 16, 17, 18])).toEqual([1, 2, 3, 4, 5, 0, 1, 2]);
  });

  test('an address space that has a slot keeps it, and the next one in turn stays the next', () => {
    expect(loadAll(createAsids(), [11, 12, 11, 13])).toEqual([1, 2, 1, 3]);
  });

  test('the slot that goes is the next in turn, not the one least used: 11, used last, goes', () => {
    const asids = createAsids();
    loadAll(asids, [11, 12, 13, 14, 15, 16, 11, 17]);
    expect([slotOf(asids, 11), slotOf(asids, 12), slotOf(asids, 17)]).toEqual([-1, 2, 1]);
  });

  test('a kernel with one slot uses slot 0 for all', () => {
    expect(loadAll(createAsids(), [11, 12, 11], 1)).toEqual([0, 0, 0]);
  });

  test('a slot knows the flushes of its address space when it was loaded: 3, and another slot stays at 0', () => {
    const asids = createAsids();
    loadAll(asids, [11]);
    takeSlot(asids, slotOf(asids, 12), 12, 3, MOST_ASIDS);
    expect([asids.generation[1], asids.generation[2]]).toEqual([0, 3]);
  });
});

describe('slots that are given up', () => {
  test('are all but the loaded one, and the next in turn stays the next', () => {
    const asids = createAsids();
    loadAll(asids, [11, 12, 13]);
    asids.othersStale = true;
    forgetOthers(asids);
    expect([11, 12, 13].map((mm) => slotOf(asids, mm))).toEqual([-1, -1, 3]);
    expect(asids.othersStale).toBe(false);
    expect(loadAll(asids, [12, 13])).toEqual([4, 3]);
  });
});

describe('address spaces in a ring', () => {
  test('of six: 5 first loads flush, then all 12 of two more rounds keep', () => {
    const six = bench().start(0).to(1).to(2).to(3).to(4).to(5);
    expect(six.take()).toEqual({ cr3WriteFlush: 5 });
    for (let i = 0; i < 12; i++) six.to(i % 6);
    expect(six.take()).toEqual({ cr3WriteKeep: 12 });
  });

  test('of seven: 6 first loads flush, and so do all 14 of two more rounds', () => {
    const seven = bench().start(0).to(1).to(2).to(3).to(4).to(5).to(6);
    expect(seven.take()).toEqual({ cr3WriteFlush: 6 });
    for (let i = 0; i < 14; i++) seven.to(i % 7);
    expect(seven.take()).toEqual({ cr3WriteFlush: 14 });
  });

  test('a seventh puts out the first although that was used last: back to it 1 flush, to the third 1 keep, to the second 1 flush', () => {
    // The six fill slots 1 2 3 4 5 0; the seventh takes slot 1, the first then slot 2, so the third is still there.
    const hot = bench().start(0).to(1).to(2).to(3).to(4).to(5).to(0).to(6);
    hot.take();
    expect(hot.to(0).take()).toEqual({ cr3WriteFlush: 1 });
    expect(hot.to(2).take()).toEqual({ cr3WriteKeep: 1 });
    expect(hot.to(1).take()).toEqual({ cr3WriteFlush: 1 });
  });

  test('each CPU has slots of its own: what CPU 1 has loaded is new to CPU 2, 1 flush', () => {
    const two = bench().start(0, 1).start(1, 2);
    expect(two.to(0, 2).take()).toEqual({ cr3WriteFlush: 1 });
    expect(two.to(1, 2).take()).toEqual({ cr3WriteKeep: 1 });
  });

  test('of two on a kernel with one slot: 4 switches, 4 flushes, and on one with six: 1 flush, 3 keeps', () => {
    expect(bench({ kernel: 'kaiser' }).start(0).to(1).to(0).to(1).to(0).take()).toEqual({ cr3WriteFlush: 4 });
    expect(bench().start(0).to(1).to(0).to(1).to(0).take()).toEqual({ cr3WriteFlush: 1, cr3WriteKeep: 3 });
  });
});
