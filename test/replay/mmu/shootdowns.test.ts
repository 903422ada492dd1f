import { describe, expect, test } from 'vitest';
import { ALL_PAGES, bench, TRIM_NS, type Bench, type BenchOptions } from './bench.ts';

/** One address space on CPUs 1 to `cpus`. */
function on(cpus: number, options: BenchOptions = {}): Bench {
  const everywhere = bench(options);
  for (let cpu = 1; cpu <= cpus; cpu++) everywhere.start(0, cpu);
  return everywhere;
}

describe('a shootdown', () => {
  test.each([1, 2, 3])(
    'with %d other CPUs: 1 interrupt sent, that many received, 1 page on each and on the own',
    (n) => {
      const pages = n + 1;
      expect(
        on(n + 1)
          .flush(0, 1)
          .take(),
      ).toEqual({ ipiSend: 1, ipiReceive: n, invlpg: pages, invpcidAddr: pages });
    },
  );

  test('of everything: 2 CPUs, 2 reads + 2 writes', () => {
    expect(on(2).flushAll(0).take()).toEqual({ ipiSend: 1, ipiReceive: 1, cr3Read: 2, cr3WriteFlush: 2 });
  });

  test('of one CPU is none: 0 interrupts', () => {
    expect(on(1).flush(0, 1).take()).toEqual({ invlpg: 1, invpcidAddr: 1 });
  });

  test('from a CPU that runs another address space: 1 + 1 interrupts, and only the other CPU flushes', () => {
    const other = on(1).start(1, 2);
    expect(other.flush(0, 1, { cpu: 2 }).take()).toEqual({ ipiSend: 1, ipiReceive: 1, invlpg: 1, invpcidAddr: 1 });
  });

  test('leaves out a CPU that has switched away: 0 interrupts, and 1 flush when that comes back', () => {
    const left = on(2).to(1, 2);
    left.take();
    expect(left.flush(0, 1).take()).toEqual({ invlpg: 1, invpcidAddr: 1 });
    expect(left.to(0, 2).take()).toEqual({ cr3WriteFlush: 1 });
  });

  test('makes the next return of each CPU flush: 2 flushes', () => {
    const two = on(2).flushAll(0);
    expect([two.exit(0, 1), two.exit(0, 2)]).toEqual([{ cr3WriteFlush: 1 }, { cr3WriteFlush: 1 }]);
  });

  test('says how many CPUs were sent an interrupt: 2', () => {
    const three = on(3).missed(0);
    const request = { pages: 1, freedTables: false };
    expect(three.lane.mmu.flush(1, three.mm(0), request, 0, three.initMm, 0)).toBe(2);
  });
});

describe('a shootdown while another CPU idles with the address space', () => {
  test.each(['4.20', '5.8', '6.1', '6.13'])('in %s leaves it out: 0 interrupts', (kernel) => {
    expect(on(2, { kernel }).idle(2).flush(0, 1).take()).toEqual({ invlpg: 1, invpcidAddr: 1 });
  });

  test('and it catches up when it comes back: 1 flush', () => {
    const lazy = on(2).idle(2).flush(0, 1);
    expect(lazy.take()).toEqual({ invlpg: 1, invpcidAddr: 1 });
    expect(lazy.to(0, 2).take()).toMatchObject({ cr3WriteFlush: 1 });
  });

  test('reaches it where page tables were freed: 1 + 1 interrupts, 1 switch to the own space of the kernel', () => {
    const lazy = on(2).idle(2).flush(0, 1, { freedTables: true });
    expect(lazy.take()).toEqual({ ipiSend: 1, ipiReceive: 1, invlpg: 1, invpcidAddr: 1, cr3WriteFlush: 1 });
    expect([lazy.lane.sums.switch, lazy.lane.sums.flush]).toEqual([1, 0]);
  });

  test('that reached it: 1 flush when it comes back, 0 interrupts of the next', () => {
    const lazy = on(2).idle(2).flush(0, 1, { freedTables: true });
    lazy.take();
    expect(lazy.flush(0, 1, { freedTables: true }).take()).toEqual({ invlpg: 1, invpcidAddr: 1 });
    expect(lazy.to(0, 2).take()).toEqual({ cr3WriteFlush: 1 });
  });

  test.each(['kaiser', '4.14', '4.15', '4.17'])(
    'in %s without PCIDs reaches it always: 1 + 1 interrupts, 1 switch',
    (kernel) => {
      const lazy = on(2, { kernel, pcid: false }).idle(2).flush(0, 1);
      expect(lazy.take()).toEqual({ ipiSend: 1, ipiReceive: 1, invlpg: 1, cr3WriteNoPcid: 1 });
    },
  );

  test.each(['4.14', '4.15', '4.17'])('in %s with PCIDs finds it gone already: 0 interrupts', (kernel) => {
    const eager = on(2, { kernel }).idle(2);
    eager.take();
    expect(eager.flush(0, 1).take()).toEqual({ invlpg: 1, invpcidAddr: 1 });
  });
});

describe('the end of an address space', () => {
  test('on its only CPU: 1 write to the own space of the kernel, 0 interrupts, then 1 for the next', () => {
    const dead = on(1).dead(0);
    expect(dead.take()).toEqual({ cr3WriteFlush: 1 });
    expect(dead.to(1).take()).toEqual({ cr3WriteFlush: 1 });
  });

  test('where the kernel has loaded its own before, that is kept: 1 keep', () => {
    const second = on(1).dead(0).to(1);
    second.take();
    expect(second.dead(1).take()).toEqual({ cr3WriteKeep: 1 });
  });

  test('that a CPU still borrows: 1 + 1 interrupts, 2 writes', () => {
    expect(on(2).idle(2).dead(0).take()).toEqual({ ipiSend: 1, ipiReceive: 1, cr3WriteFlush: 2 });
  });

  test('that 2 CPUs still borrow: 1 interrupt sent, 2 received, 3 writes', () => {
    expect(on(3).idle(2).idle(3).dead(0).take()).toEqual({ ipiSend: 1, ipiReceive: 2, cr3WriteFlush: 3 });
  });

  test('leaves alone who has another loaded: 1 write', () => {
    expect(on(1).start(1, 2).dead(0).take()).toEqual({ cr3WriteFlush: 1 });
  });
});

describe('a shootdown after another CPU has switched away', () => {
  const PAGE = { invlpg: 1, invpcidAddr: 1 };
  const REACHED = { ...PAGE, ipiSend: 1, ipiReceive: 1 };
  /** CPU 2 has loaded another address space. The one that it left is older than the trace. */
  const left = (kernel: string): Bench => {
    const away = on(2, { kernel }).to(1, 2);
    away.take();
    return away;
  };

  test.each(['kaiser', '4.15', '4.20', '6.1', '6.12'])('in %s leaves it out: 0 interrupts', (kernel) => {
    expect(left(kernel).flush(0, 1, { freedTables: true }).take()).toEqual(PAGE);
    expect(left(kernel).flush(0, 1).take()).toEqual(PAGE);
  });

  test('in 6.13 still reaches it where page tables were freed, once: 1 + 1 interrupts, 0 flushes there, then 0', () => {
    const away = left('6.13');
    expect(away.flush(0, 1, { freedTables: true }).take()).toEqual(REACHED);
    expect(away.flush(0, 1, { freedTables: true }).take()).toEqual(PAGE);
  });

  test('in 6.13 reaches it with any flush where none has looked for a second: 1 + 1, then 0', () => {
    const away = left('6.13');
    expect(away.flush(0, 1).take()).toEqual(REACHED);
    expect(away.flush(0, 1).take()).toEqual(PAGE);
  });

  test('in 6.13 within a second of that leaves it out, and after a second does not: 0, 0, 1 + 1', () => {
    const away = left('6.13').flush(0, 1, { at: 5 }).to(0, 2).to(1, 2);
    away.take();
    expect(away.flush(0, 1, { at: 6 }).take()).toEqual(PAGE);
    expect(away.flush(0, 1, { at: 5 + TRIM_NS }).take()).toEqual(PAGE);
    expect(away.flush(0, 1, { at: 6 + TRIM_NS }).take()).toEqual(REACHED);
  });

  test('in 6.13 a flush that reaches who still has it counts as looking: after it 0', () => {
    const two = on(2, { kernel: '6.13' });
    expect(two.flush(0, 1).take()).toEqual({ ipiSend: 1, ipiReceive: 1, invlpg: 2, invpcidAddr: 2 });
    two.to(1, 2).take();
    expect(two.flush(0, 1).take()).toEqual(PAGE);
  });

  test('in 6.13 of an address space born in the trace is not looked for in its first second', () => {
    const [first, later] = [on(1, { kernel: '6.13' }), on(1, { kernel: '6.13' })];
    for (const each of [first, later]) each.born(3, 100).to(3, 1).to(3, 2).to(1, 2).take();
    expect(first.flush(3, 1, { at: 100 + TRIM_NS }).take()).toEqual(PAGE);
    expect(later.flush(3, 1, { at: 101 + TRIM_NS }).take()).toEqual(REACHED);
  });

  test('in 6.13 leaves it out while it idles, unless page tables were freed: 0, then 1 + 1', () => {
    const away = left('6.13').idle(2);
    expect(away.flush(0, 1).take()).toEqual(PAGE);
    expect(away.flush(0, 1, { freedTables: true }).take()).toEqual(REACHED);
  });

  test('in 6.13 does not flush what it has loaded: back to the other it keeps', () => {
    const away = left('6.13').flush(0, ALL_PAGES, { freedTables: true });
    away.take();
    expect(away.to(0, 2).to(1, 2).take()).toEqual({ cr3WriteFlush: 1, cr3WriteKeep: 1 });
  });

  test('in 6.13 finds it flushing as ever when it is back: 1 + 1 interrupts, 2 pages', () => {
    const back = left('6.13').to(0, 2);
    back.take();
    expect(back.flush(0, 1).take()).toEqual({ ipiSend: 1, ipiReceive: 1, invlpg: 2, invpcidAddr: 2 });
  });

  test.each([
    ['6.12', { cr3WriteFlush: 1 }],
    ['6.13', { cr3WriteFlush: 1, ipiSend: 1, ipiReceive: 1 }],
  ])('in %s the end of the address space', (kernel, issued) => {
    expect(left(kernel).dead(0).take()).toEqual(issued);
  });
});
