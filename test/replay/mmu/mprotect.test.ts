import { describe, expect, test } from 'vitest';
import { at, BASE, EXECUTE, flushOf, READ, space, WRITE } from './space.ts';

const NONE = 0n;

describe('mprotect', () => {
  test('that takes writing away of 3 written pages: 3', () => {
    expect(
      space()
        .wrote(BASE, BASE + 1, BASE + 2)
        .ranged('mprotect', BASE, 10, READ),
    ).toEqual(flushOf(3));
  });
  test('spans from the first to the last written page: 2 of them, 5 apart, are 6', () => {
    expect(
      space()
        .read(BASE)
        .wrote(BASE + 2, BASE + 7)
        .ranged('mprotect', BASE, 10, READ),
    ).toEqual(flushOf(6));
  });
  test('that takes writing away of pages only read, or of none: 0', () => {
    expect(space().read(BASE).ranged('mprotect', BASE, 10, READ)).toEqual([]);
    expect(space().ranged('mprotect', BASE, 10, READ)).toEqual([]);
  });
  test('that grants writing: 0', () => {
    expect(
      space()
        .read(BASE, BASE + 1)
        .ranged('mprotect', BASE, 10, WRITE),
    ).toEqual([]);
  });
  test('that takes away all of 3 pages only read: 3', () => {
    expect(
      space()
        .read(BASE, BASE + 1, BASE + 2)
        .ranged('mprotect', BASE, 10, NONE),
    ).toEqual(flushOf(3));
  });
  test('that fails: 0', () => {
    expect(
      space()
        .wrote(BASE)
        .call('mprotect', [at(BASE), at(10), READ], -22n),
    ).toEqual([]);
  });
  test.each(['kaiser', '4.15', '5.13'])('in %s flushes all 10 pages of its range where one was touched', (kernel) => {
    expect(
      space(kernel)
        .read(BASE + 3)
        .ranged('mprotect', BASE, 10, READ),
    ).toEqual(flushOf(10));
    expect(space(kernel).ranged('mprotect', BASE, 10, READ)).toEqual([]);
  });
  test.each(['kaiser', '4.15', '5.13'])('in %s does so whatever it changes, so for a grant too: 10', (kernel) => {
    expect(
      space(kernel)
        .read(BASE + 3)
        .ranged('mprotect', BASE, 10, WRITE),
    ).toEqual(flushOf(10));
  });
});

/** Writes to 3 pages, which are then no more to be written. */
const readOnly = (kernel: string) =>
  space(kernel)
    .wrote(BASE + 2, BASE + 4, BASE + 5)
    .did('mprotect', BASE, 10, READ);

describe('mprotect that allows writing again', () => {
  test.each([
    ['kaiser', 10],
    ['4.20', 10],
    ['5.13', 10],
    ['6.1', 4],
    ['6.13', 4],
  ])('in %s: %d pages', (kernel, pages) => {
    expect(readOnly(kernel).ranged('mprotect', BASE, 10, WRITE)).toEqual(flushOf(pages));
  });

  test('in 5.19: 0, as the pages stay read-only until they are written', () => {
    expect(readOnly('5.19').ranged('mprotect', BASE, 10, WRITE)).toEqual([]);
  });

  test('and takes it away again: in 5.19 only 1 page that was written meanwhile, in 6.1 from the first to the last: 4', () => {
    const again = (kernel: string) =>
      readOnly(kernel)
        .did('mprotect', BASE, 10, WRITE)
        .wroteAgain(BASE + 4)
        .ranged('mprotect', BASE, 10, READ);
    expect(again('5.19')).toEqual(flushOf(1));
    expect(again('6.1')).toEqual(flushOf(4));
  });

  test('in 6.1 to pages shared with a child: 0, as each side still has to copy', () => {
    expect(readOnly('6.1').forks().ranged('mprotect', BASE, 10, WRITE)).toEqual([]);
  });

  test('in 6.1 to pages that were only read: 0', () => {
    expect(
      space('6.1')
        .read(BASE, BASE + 3)
        .did('mprotect', BASE, 10, READ)
        .ranged('mprotect', BASE, 10, WRITE),
    ).toEqual([]);
  });

  test('in 6.1 to pages that could not be accessed at all: 0, as none of them is in a TLB', () => {
    expect(space('6.1').wrote(BASE).did('mprotect', BASE, 10, NONE).ranged('mprotect', BASE, 10, WRITE)).toEqual([]);
  });

  test('in 6.1 to new pages where the old ones were: 0', () => {
    expect(
      readOnly('6.1')
        .did('munmap', BASE, 10)
        .read(BASE + 2)
        .ranged('mprotect', BASE, 10, WRITE),
    ).toEqual([]);
  });
});

describe('mprotect that changes nothing', () => {
  test.each(['kaiser', '5.13', '5.19', '6.1'])('in %s, where it took writing away before: 0', (kernel) => {
    expect(readOnly(kernel).ranged('mprotect', BASE, 10, READ)).toEqual([]);
  });

  test.each(['kaiser', '5.13', '5.19', '6.1'])('in %s, where it took everything away before: 0', (kernel) => {
    const gone = space(kernel).read(BASE).did('mprotect', BASE, 10, NONE);
    expect(gone.ranged('mprotect', BASE, 10, NONE)).toEqual([]);
  });
});

describe('mprotect of what cannot be accessed', () => {
  test.each([
    ['5.13', flushOf(10)],
    ['5.19', []],
    ['6.1', []],
  ])('that allows reading, in %s', (kernel, requests) => {
    const gone = space(kernel).wrote(BASE).did('mprotect', BASE, 10, NONE);
    expect(gone.ranged('mprotect', BASE, 10, READ)).toEqual(requests);
  });
});

describe('mprotect of what a compiler wrote', () => {
  test.each([
    ['5.13', 10],
    ['5.19', 3],
    ['6.1', 3],
  ])('to execute it and no more write it, in %s: %d pages, read ones too', (kernel, pages) => {
    const code = space(kernel)
      .wrote(BASE, BASE + 1)
      .read(BASE + 2);
    expect(code.ranged('mprotect', BASE, 10, EXECUTE)).toEqual(flushOf(pages));
  });

  test.each(['5.19', '6.1'])('and back, in %s: 3 pages, as they must not be executed any more', (kernel) => {
    const code = space(kernel)
      .wrote(BASE, BASE + 1)
      .read(BASE + 2)
      .did('mprotect', BASE, 10, EXECUTE);
    expect(code.ranged('mprotect', BASE, 10, WRITE)).toEqual(flushOf(3));
  });
});

describe('mprotect after a fork', () => {
  test('that takes writing away of pages that the fork made read-only: 0, and of 1 written since: 1', () => {
    const forked = () =>
      space('6.1')
        .wrote(BASE, BASE + 5)
        .forks();
    expect(forked().ranged('mprotect', BASE, 10, READ)).toEqual([]);
    expect(
      forked()
        .wroteAgain(BASE + 5)
        .ranged('mprotect', BASE, 10, READ),
    ).toEqual(flushOf(1));
  });
});
