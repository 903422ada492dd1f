import { describe, expect, test } from 'vitest';
import type { FlushClock } from '../../../src/replay/tasks.ts';
import { bench } from './bench.ts';

describe('a switch to another address space', () => {
  test('that the CPU remembers keeps: first 1 flush, back 1 keep', () => {
    const two = bench().start(0).to(1);
    expect(two.take()).toEqual({ cr3WriteFlush: 1 });
    expect(two.to(0).take()).toEqual({ cr3WriteKeep: 1 });
  });

  test('that had a flush meanwhile flushes: back 1 flush, and the next time 1 keep', () => {
    const two = bench().start(0).to(1).missed(0);
    two.take();
    expect(two.to(0).take()).toEqual({ cr3WriteFlush: 1 });
    two.to(1).take();
    expect(two.to(0).take()).toEqual({ cr3WriteKeep: 1 });
  });

  test('to the same one is none: 0 writes', () => {
    expect(bench().start(0).to(0).missed(0).to(0).take()).toEqual({});
  });

  test('without PCIDs is a write that says neither: 3 switches, 3 writes', () => {
    expect(bench({ pcid: false }).start(0).to(1).to(0).to(1).take()).toEqual({ cr3WriteNoPcid: 3 });
  });

  test('is the same with isolation and without: 1 flush + 1 keep', () => {
    const writes = ['nopti', 'pti', 'optout'].map((policy) => bench({ policy }).start(0).to(1).to(0).take());
    expect(writes).toEqual(Array(3).fill({ cr3WriteFlush: 1, cr3WriteKeep: 1 }));
  });

  test('that flushes makes the next return to user mode flush too, once', () => {
    const two = bench().start(0).to(1);
    expect([two.exit(1), two.exit(1)]).toEqual([{ cr3WriteFlush: 1 }, { cr3WriteKeep: 1 }]);
  });

  test('that keeps leaves the next return alone: 1 keep', () => {
    const two = bench().start(0).to(1).to(0);
    expect(two.exit(0)).toEqual({ cr3WriteKeep: 1 });
  });

  test('is told to who listens: to 1 flushed, back to 0 not', () => {
    const two = bench().start(0);
    const told: [number, boolean, FlushClock][] = [];
    two.lane.mmu.onLoad = ({ mm, flushed, decidedBy }) => told.push([mm.id, flushed, decidedBy]);
    two.to(1).to(0);
    expect(told).toEqual([
      [two.mm(1).id, true, 'simulated'],
      [two.mm(0).id, false, 'simulated'],
    ]);
  });
});

describe('idle and kernel threads', () => {
  test('borrow what is loaded, and back to it: 0 + 0 writes', () => {
    expect(bench().start(0).idle().to(0).take()).toEqual({});
  });

  test('several in turn borrow all the same: 0 writes', () => {
    expect(bench().start(0).idle().idle().idle().to(0).take()).toEqual({});
  });

  test('to another address space: 1 write', () => {
    expect(bench().start(0).idle().to(1).take()).toEqual({ cr3WriteFlush: 1 });
  });

  test.each([
    [true, { cr3WriteFlush: 1 }],
    [false, { cr3WriteNoPcid: 1 }],
  ])('back to it after a missed flush (PCIDs: %s): 1 write, 0 reads', (pcid, writes) => {
    expect(bench({ pcid }).start(0).idle().missed(0).to(0).take()).toEqual(writes);
  });

  test('what was caught up with on the way back is not caught up with again: 0 writes', () => {
    const lazy = bench().start(0).idle().missed(0).to(0);
    lazy.take();
    expect(lazy.idle().to(0).take()).toEqual({});
  });

  test('back to it after a missed flush is a write for a flush, not for a switch: 0 + 1', () => {
    const { sums } = bench().start(0).idle().missed(0).to(0).lane;
    expect([sums.switch, sums.flush]).toEqual([0, 1]);
  });

  test('back to it after a missed flush makes the next return flush', () => {
    expect(bench().start(0).idle().missed(0).to(0).exit(0)).toEqual({ cr3WriteFlush: 1 });
  });

  test.each(['4.14', '4.15', '4.17'])('without PCIDs, %s does not look for missed flushes: 0 writes', (kernel) => {
    expect(bench({ kernel, pcid: false }).start(0).idle().missed(0).to(0).take()).toEqual({});
  });

  test.each(['4.14', '4.15', '4.17'])('with PCIDs, %s loads its own space at once: 1 + 1 keep', (kernel) => {
    const eager = bench({ kernel }).start(0).idle().to(0);
    expect(eager.take()).toEqual({ cr3WriteFlush: 1, cr3WriteKeep: 1 });
    expect(eager.idle().to(0).take()).toEqual({ cr3WriteKeep: 2 });
  });

  test.each(['4.14', '4.15', '4.17'])('with PCIDs, %s from one kernel thread to the next: 0 writes', (kernel) => {
    const eager = bench({ kernel }).start(0).idle();
    eager.take();
    expect(eager.idle().idle().take()).toEqual({});
  });
});

describe('a deep idle state of at least 100 us', () => {
  const machine = { deepIdleNs: 100_000 };

  test.each([100_000, 200_000, Infinity])('expected for %d ns loads the own space of the kernel: 1 write', (ns) => {
    expect(bench(machine).start(0).idle().slept(ns).take()).toEqual({ cr3WriteFlush: 1 });
  });

  test('costs 1 more to come back: 1 flush + 1 keep, and the next time 1 keep + 1 keep', () => {
    const deep = bench(machine).start(0).idle().slept(100_000).to(0);
    expect(deep.take()).toEqual({ cr3WriteFlush: 1, cr3WriteKeep: 1 });
    expect(deep.idle().slept(100_000).to(0).take()).toEqual({ cr3WriteKeep: 2 });
  });

  test('is not entered for 99999 ns: 0 + 0 writes', () => {
    expect(bench(machine).start(0).idle().slept(99_999).to(0).take()).toEqual({});
  });

  test('is not there in a guest: 0 + 0 writes', () => {
    expect(bench({ deepIdleNs: undefined }).start(0).idle().slept(Infinity).to(0).take()).toEqual({});
  });

  test('that follows another finds the own space of the kernel: 1 + 0 writes', () => {
    expect(bench(machine).start(0).idle().slept(100_000).idle().slept(100_000).take()).toEqual({ cr3WriteFlush: 1 });
  });
});

describe('an NMI that hits the kernel', () => {
  test.each([
    ['kaiser', 1],
    ['4.15', 1],
    ['6.1', 1],
    ['6.9', 0],
    ['6.13', 0],
  ])('in %s: %d writes that are neither crossing nor switch nor flush', (kernel, other) => {
    const { lane } = bench({ kernel });
    lane.nmiFromKernel(0);
    expect(lane.sums).toEqual({ crossing: 0, switch: 0, flush: 0, other, nonCrossingFlush: 0 });
  });

  test.each([
    [true, { cr3Read: 1, cr3WriteKeep: 1 }],
    [false, { cr3Read: 1, cr3WriteNoPcid: 1 }],
  ])('in 6.1 keeps what PCIDs keep (PCIDs: %s): 1 read + 1 write', (pcid, issued) => {
    const hit = bench({ pcid });
    hit.lane.nmiFromKernel(0);
    expect(hit.take()).toEqual(issued);
  });

  test('without isolation: 0 reads, 0 writes', () => {
    const hit = bench({ policy: 'nopti' });
    hit.lane.nmiFromKernel(0);
    expect(hit.take()).toEqual({});
  });
});
