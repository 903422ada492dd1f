import { describe, expect, test } from 'vitest';
import { at, BASE, flushOf, READ, space, WRITE } from './space.ts';

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
