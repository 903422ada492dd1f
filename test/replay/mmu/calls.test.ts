import { describe, expect, test } from 'vitest';
import { mayFlush } from '../../../src/replay/flush-causes.ts';
import type { FlushRequest } from '../../../src/replay/mmu.ts';
import { at, BASE, BESIDE, CALL, flushOf, READ, space, WRITE, type Space } from './space.ts';

/** Private and anonymous, too. */
const MAP_FIXED = 0x32n;
const MREMAP_MAYMOVE = 1n;

describe('munmap', () => {
  test('of touched pages beside others spans them: 10 to 14 are 5', () => {
    expect(
      space()
        .read(BESIDE)
        .wrote(BASE + 10, BASE + 14)
        .ranged('munmap', BASE + 10, 20),
    ).toEqual(flushOf(5));
  });
  test('of a page alone in its table frees that: from its begin 101 pages, so all', () => {
    // A page in the table that follows the next one: the directory stays.
    expect(
      space()
        .read(BASE + 1024)
        .wrote(BASE + 100)
        .ranged('munmap', BASE, 512),
    ).toEqual(flushOf(101, true));
  });
  test('of a page alone in its directory frees that too: from its begin 512 + 101 pages', () => {
    expect(
      space()
        .wrote(BASE + 612)
        .ranged('munmap', BASE + 512, 512),
    ).toEqual(flushOf(613, true));
  });
  test('of untouched pages: 0', () => {
    expect(space().read(BESIDE).ranged('munmap', BASE, 100)).toEqual([]);
  });
  test('a second time: 0', () => {
    const twice = space().read(BESIDE).wrote(BASE);
    expect([twice.ranged('munmap', BASE, 1), twice.ranged('munmap', BASE, 1)]).toEqual([flushOf(1), []]);
  });
  test('that fails: 0', () => {
    expect(
      space()
        .read(BESIDE)
        .wrote(BASE)
        .call('munmap', [at(BASE), at(1)], -22n),
    ).toEqual([]);
  });
  test('beside a mapping that was never touched does not free the table: 1', () => {
    const mapped = space().wrote(BASE);
    mapped.call('mmap', [0n, at(4), WRITE, 0x22n], at(BESIDE));
    expect(mapped.ranged('munmap', BASE, 1)).toEqual(flushOf(1));
  });
});

describe('madvise', () => {
  test.each([
    ['DONTNEED', 4n],
    ['FREE', 8n],
    ['REMOVE', 9n],
  ])('%s of 3 touched pages of 10: 3, and no table goes', (_name, advice) => {
    expect(
      space()
        .wrote(BASE + 2, BASE + 4)
        .ranged('madvise', BASE, 10, advice),
    ).toEqual(flushOf(3));
  });
  test('DONTNEED of untouched pages, or again: 0', () => {
    const again = space().wrote(BASE);
    expect([again.ranged('madvise', BASE, 10, 4n), again.ranged('madvise', BASE, 10, 4n)]).toEqual([flushOf(1), []]);
  });
  test('WILLNEED: 0', () => {
    expect(space().wrote(BASE).ranged('madvise', BASE, 10, 3n)).toEqual([]);
  });
});

describe('mremap, brk and mmap', () => {
  const TO = BASE + 4096;
  const move = (from: Space): readonly FlushRequest[] =>
    from.call('mremap', [at(BASE), at(10), at(20), MREMAP_MAYMOVE], at(TO));

  test('a move flushes what was touched of the old place: 4 of 10 pages', () => {
    expect(move(space().wrote(BASE + 1, BASE + 4))).toEqual(flushOf(4, true));
  });
  test('a move of untouched pages: 0', () => {
    expect(move(space())).toEqual([]);
  });
  test('moved pages are at their new place: munmap of the old one 0, of the new one 4', () => {
    const moved = space()
      .read(TO + 400)
      .wrote(BASE + 1, BASE + 4);
    move(moved);
    expect([moved.ranged('munmap', BASE, 10), moved.ranged('munmap', TO, 20)]).toEqual([[], flushOf(4)]);
  });
  test('moved pages are still the own of who wrote them: mprotect of the new place 4', () => {
    const moved = space().wrote(BASE + 1, BASE + 4);
    move(moved);
    expect(moved.ranged('mprotect', TO, 20, READ)).toEqual(flushOf(4));
  });
  test('growing in place: 0; shrinking in place: the 2 touched pages that go', () => {
    const here = space().wrote(BASE, BASE + 8, BASE + 9);
    expect(here.call('mremap', [at(BASE), at(10), at(20), MREMAP_MAYMOVE], at(BASE))).toEqual([]);
    expect(here.call('mremap', [at(BASE), at(20), at(5), MREMAP_MAYMOVE], at(BASE))).toEqual(flushOf(2));
  });
  test('brk that shrinks flushes the touched pages that go: 2; growing 0; the first one says where it is: 0', () => {
    const heap = space().wrote(BASE, BASE + 8, BASE + 9);
    const to = (page: number): readonly FlushRequest[] => heap.call('brk', [at(page)], at(page));
    expect([to(BASE + 10), to(BASE + 12), to(BASE + 4)]).toEqual([[], [], flushOf(2)]);
  });
  test('mmap at a fixed place flushes what lay there: 3; anywhere else 0', () => {
    const over = space()
      .read(BESIDE)
      .wrote(BASE, BASE + 2);
    expect(over.call('mmap', [0n, at(10), WRITE, 0x22n], at(TO))).toEqual([]);
    expect(over.call('mmap', [at(BASE), at(10), WRITE, MAP_FIXED], at(BASE))).toEqual(flushOf(3));
  });
  test('mmap that fails: 0', () => {
    expect(
      space()
        .wrote(0)
        .call('mmap', [0n, at(10), WRITE, MAP_FIXED], -12n),
    ).toEqual([]);
  });
  test('the calls whose arguments are kept are these six', () => {
    const kept = Array.from({ length: 500 }, (_, nr) => nr).filter((nr) => mayFlush(nr));
    expect(kept).toEqual(Object.values(CALL));
  });
});
