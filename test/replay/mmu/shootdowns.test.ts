import { describe, expect, test } from 'vitest';
import { bench, type Bench, type BenchOptions } from './bench.ts';

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
    expect(three.lane.mmu.flush(1, three.mm(0), request, 0, three.initMm)).toBe(2);
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
