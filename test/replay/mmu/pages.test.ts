import { describe, expect, test } from 'vitest';
import { PageSet, pageOf, pagesIn, RangeList, TABLE_PAGES } from '../../../src/replay/pages.ts';

const setOf = (...pages: readonly number[]): PageSet => {
  const set = new PageSet();
  for (const page of pages) set.add(page);
  return set;
};
const listOf = (...ranges: readonly (readonly [number, number])[]): RangeList => {
  const list = new RangeList();
  for (const [first, last] of ranges) list.add({ first, last });
  return list;
};
const ALL = { first: 0, last: 2 ** 35 };
/** Pages of 0 to 30 that a list covers. */
const covered = (list: RangeList): readonly number[] =>
  Array.from({ length: 31 }, (_, page) => page).filter((page) => list.overlaps({ first: page, last: page }));

describe('pages of addresses', () => {
  test('the last byte of page 0 is in it, the next in page 1', () => {
    expect([pageOf(0xfffn), pageOf(0x1000n)]).toEqual([0, 1]);
  });

  test('a range is rounded outwards: 2 bytes over an edge are 2 pages', () => {
    expect(pagesIn(0x1fffn, 2n)).toEqual({ first: 1, last: 2 });
  });

  test('a range that ends at an edge stops there: 4096 bytes are 1 page, 4097 are 2', () => {
    expect([pagesIn(0x1000n, 4096n), pagesIn(0x1000n, 4097n)]).toEqual([
      { first: 1, last: 1 },
      { first: 1, last: 2 },
    ]);
  });
});

describe('a set of pages', () => {
  test('spans from its first to its last member in a range, gaps and all', () => {
    expect(setOf(3, 7, 40).span({ first: 0, last: 50 })).toEqual({ first: 3, last: 40 });
    expect(setOf(3, 7, 40).span({ first: 4, last: 39 })).toEqual({ first: 7, last: 7 });
    expect(setOf(3, 7, 40).span({ first: 3, last: 7 })).toEqual({ first: 3, last: 7 });
  });

  test('spans nothing where no member is', () => {
    expect(setOf(3, 7).span({ first: 4, last: 6 })).toBeUndefined();
    expect(setOf().span(ALL)).toBeUndefined();
  });

  test.each([0, 31, 32, 511, 512, 513, 1023, 1024, 2 ** 35 - 1])('has page %d and neither neighbour', (page) => {
    const set = setOf(page);
    expect([set.has(page - 1), set.has(page), set.has(page + 1)]).toEqual([false, true, false]);
    expect(set.span(ALL)).toEqual({ first: page, last: page });
  });

  test('spans blocks, also where one between is missing', () => {
    expect(setOf(511, 512).span(ALL)).toEqual({ first: 511, last: 512 });
    expect(setOf(TABLE_PAGES * 7, 5).span(ALL)).toEqual({ first: 5, last: TABLE_PAGES * 7 });
  });

  test('lists its members in a range, also over a block edge, in order', () => {
    const set = setOf(600, 3, 511, 512);
    expect(set.members({ first: 4, last: 600 })).toEqual([511, 512, 600]);
    expect(set.members({ first: 4, last: 510 })).toEqual([]);
    expect(set.members(ALL)).toEqual([3, 511, 512, 600]);
  });

  test('loses a single page, and one that is no member is no matter', () => {
    const set = setOf(3, 7);
    set.delete(3);
    set.delete(4);
    set.delete(5000);
    expect(set.members(ALL)).toEqual([7]);
    set.set(9, true);
    set.set(7, false);
    expect(set.members(ALL)).toEqual([9]);
  });

  test('removes a range over a block edge and leaves what is beside it', () => {
    const set = setOf(509, 510, 511, 512, 513, 514);
    set.remove({ first: 510, last: 513 });
    expect([509, 510, 511, 512, 513, 514].filter((page) => set.has(page))).toEqual([509, 514]);
  });

  test('a copy changes apart from its original', () => {
    const original = setOf(1, 2);
    const copy = original.copy();
    copy.add(3);
    copy.remove({ first: 1, last: 1 });
    expect([original.span(ALL), copy.span(ALL)]).toEqual([
      { first: 1, last: 2 },
      { first: 2, last: 3 },
    ]);
  });

  test('has a highest page below a limit that is itself left out', () => {
    expect([7, 8, 3].map((limit) => setOf(3, 7).highestBelow(limit))).toEqual([3, 7, -1]);
  });
});

describe('a list of ranges', () => {
  test('overlaps what touches a range and nothing else', () => {
    const list = listOf([10, 12], [20, 20]);
    expect(covered(list)).toEqual([10, 11, 12, 20]);
    expect([
      list.overlaps({ first: 0, last: 9 }),
      list.overlaps({ first: 13, last: 19 }),
      list.overlaps({ first: 0, last: 30 }),
    ]).toEqual([false, false, true]);
  });

  test('adds over older ranges without losing what sticks out', () => {
    expect(covered(listOf([5, 10], [15, 20], [8, 16]))).toEqual([
      5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
    ]);
  });

  test('cuts a hole into a range: 10 to 20 without 13 to 17', () => {
    const list = listOf([10, 20]);
    list.remove({ first: 13, last: 17 });
    expect(covered(list)).toEqual([10, 11, 12, 18, 19, 20]);
  });

  test('cuts off both ends, and drops what lies between', () => {
    const list = listOf([1, 3], [5, 6], [8, 10], [12, 14]);
    list.remove({ first: 3, last: 12 });
    expect(covered(list)).toEqual([1, 2, 13, 14]);
  });

  test('removes nothing beside its ranges', () => {
    const list = listOf([10, 12]);
    list.remove({ first: 0, last: 9 });
    list.remove({ first: 13, last: 30 });
    expect(covered(list)).toEqual([10, 11, 12]);
  });

  test('a copy changes apart from its original', () => {
    const original = listOf([1, 2]);
    const copy = original.copy();
    copy.remove({ first: 1, last: 1 });
    copy.add({ first: 5, last: 5 });
    expect([covered(original), covered(copy)]).toEqual([
      [1, 2],
      [2, 5],
    ]);
  });
});
