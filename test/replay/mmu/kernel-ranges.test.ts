import { describe, expect, test } from 'vitest';
import { ALL_PAGES, bench, RECORDED, SIMULATED, type Bench, type BenchOptions } from './bench.ts';
import { replayTlb, tlbScript, type TlbScript } from './tlb-script.ts';

/** Three address spaces had their turn on CPU 1, and the first has it again. */
function three(options: BenchOptions = {}): Bench {
  const before = bench(options).start(0).to(1).to(2).to(0);
  before.take();
  return before;
}

describe('a flush of pages of the kernel', () => {
  test.each([1, 33])('with isolation, of %d: so many INVLPG and INVPCID', (pages) => {
    expect(bench().start(0).flushKernel(pages).take()).toEqual({ invlpg: pages, invpcidAddr: pages });
  });

  test('without INVPCID: 33 INVLPG, and the next return flushes once', () => {
    const marked = bench({ invpcid: false }).start(0).flushKernel(33);
    expect(marked.take()).toEqual({ invlpg: 33 });
    expect([marked.exit(0), marked.exit(0)]).toEqual([{ cr3WriteFlush: 1 }, { cr3WriteKeep: 1 }]);
  });

  test.each([{ policy: 'nopti' }, { pcid: false }, { policy: 'nopti', pcid: false }])(
    'with %o: 33 INVLPG',
    (machine) => {
      expect(bench(machine).start(0).flushKernel(33).take()).toEqual({ invlpg: 33 });
    },
  );

  test.each([34, 5000, ALL_PAGES])('of %d: 1 INVPCID of everything', (pages) => {
    expect(bench().start(0).flushKernel(pages).take()).toEqual({ invpcidAll: 1 });
  });

  test.each(['nopti', 'pti', 'optout'])('of all under %s: 1 INVPCID, or 1 toggle of CR4.PGE without it', (policy) => {
    expect(bench({ policy }).start(0).flushKernel(ALL_PAGES).take()).toEqual({ invpcidAll: 1 });
    expect(bench({ policy, invpcid: false }).start(0).flushKernel(ALL_PAGES).take()).toEqual({ cr4PgeToggle: 1 });
  });

  test('of all without PCIDs: INVPCID drops everything all the same, where the CPU has it', () => {
    const without = { pcid: false };
    expect(
      bench({ ...without, invpcidAll: true })
        .start(0)
        .flushKernel(34)
        .take(),
    ).toEqual({ invpcidAll: 1 });
    expect(
      bench({ ...without, invpcidAll: false })
        .start(0)
        .flushKernel(34)
        .take(),
    ).toEqual({ cr4PgeToggle: 1 });
  });

  test('goes to every CPU, whatever that has loaded: 1 sent, 2 received, 3 x 2 pages', () => {
    const all = bench().start(0, 1).start(1, 2).start(2, 3).idle(3).flushKernel(2, 2);
    expect(all.take()).toEqual({ ipiSend: 1, ipiReceive: 2, invlpg: 6, invpcidAddr: 6 });
  });

  test('of all goes to every CPU: 1 sent, 2 received, 3 of everything', () => {
    const all = bench().start(0, 1).start(1, 2).start(2, 3).flushKernel(ALL_PAGES, 2);
    expect(all.take()).toEqual({ ipiSend: 1, ipiReceive: 2, invpcidAll: 3 });
  });

  test('writes no CR3 and is no flush of an address space: 1 + 0 pages, then the next flush of 2 is 2', () => {
    const flushed = bench().start(0).flushKernel(1).flushKernel(ALL_PAGES);
    expect(flushed.lane.sums).toEqual({ crossing: 0, switch: 0, flush: 0, other: 0, nonCrossingFlush: 0 });
    flushed.take();
    expect(flushed.flush(0, 2).take()).toEqual({ invlpg: 2, invpcidAddr: 2 });
  });
});

describe('the other ASIDs after a flush of pages of the kernel', () => {
  test('are given up with isolation: the 2 other address spaces flush once each, then all 3 keep', () => {
    const stale = three().flushKernel(1);
    stale.take();
    expect(stale.to(1).to(2).to(0).take()).toEqual({ cr3WriteFlush: 2, cr3WriteKeep: 1 });
    expect(stale.to(1).to(2).to(0).take()).toEqual({ cr3WriteKeep: 3 });
  });

  test('flush their user PCID on return too: 1 + 1', () => {
    const stale = three().flushKernel(1).to(1);
    expect([stale.exit(1), stale.exit(1)]).toEqual([{ cr3WriteFlush: 1 }, { cr3WriteKeep: 1 }]);
  });

  test('are given up at the next switch, not at a way back from idle: 0 writes, then 1 flush', () => {
    const stale = three().flushKernel(1);
    stale.take();
    expect(stale.idle().to(0).take()).toEqual({});
    expect(stale.to(1).take()).toEqual({ cr3WriteFlush: 1 });
  });

  test('are given up once for several flushes: 1 flush, 1 keep back', () => {
    const stale = three().flushKernel(1).flushKernel(2).flushKernel(33);
    stale.take();
    expect(stale.to(1).to(0).take()).toEqual({ cr3WriteFlush: 1, cr3WriteKeep: 1 });
  });

  test('are given up on each CPU by itself: 1 flush on each', () => {
    const two = bench().start(0, 1).start(1, 2).to(1, 1).to(0, 2).to(0, 1).to(1, 2).flushKernel(1, 1);
    two.take();
    expect(two.to(1, 1).take()).toEqual({ cr3WriteFlush: 1 });
    expect(two.to(0, 2).take()).toEqual({ cr3WriteFlush: 1 });
  });

  test('take new slots in turn: 3 new ones leave the one that was loaded alone, the fourth takes its place', () => {
    // The three have slots 1 2 3; the new ones take 4 5 0, then 1.
    const stale = three().flushKernel(1).to(3).to(4).to(5);
    stale.take();
    expect(stale.to(0).to(5).to(6).to(0).take()).toEqual({ cr3WriteKeep: 2, cr3WriteFlush: 2 });
  });

  test.each([{ policy: 'nopti' }, { policy: 'nopti', invpcid: false }])(
    'stay without isolation (%o): 2 keep, as pages of the kernel are global there',
    (machine) => {
      const kept = three(machine).flushKernel(33);
      kept.take();
      expect(kept.to(1).to(2).take()).toEqual({ cr3WriteKeep: 2 });
    },
  );

  test('stay after one of everything: 2 keep, although the TLB is empty', () => {
    const kept = three().flushKernel(34);
    kept.take();
    expect(kept.to(1).to(2).take()).toEqual({ cr3WriteKeep: 2 });
  });

  test('are no matter without PCIDs: 2 writes as ever', () => {
    const none = three({ pcid: false }).flushKernel(1);
    none.take();
    expect(none.to(1).to(2).take()).toEqual({ cr3WriteNoPcid: 2 });
  });
});

describe('a call that loads or unloads a module', () => {
  /** Task 10 makes the call on CPU 0 while another runs on CPU 1. */
  const calls = (call: string, result = 0): TlbScript =>
    tlbScript().cpu(1).call(20, 'getpid').cpu(0).call(10, 'getpid').call(10, call, [], result);
  const EVERYWHERE = { invpcidAll: 2, ipiSend: 1, ipiReceive: 1 };

  test.each(['init_module', 'finit_module', 'delete_module'])(
    '%s: everything, once on each of 2 CPUs',
    async (call) => {
      const { issued, of } = await replayTlb(calls(call));
      expect([issued, of(new RegExp(`^flush:${call}$`))]).toEqual([EVERYWHERE, EVERYWHERE]);
    },
  );

  test.each(['init_module', 'finit_module', 'delete_module'])('%s that fails: nothing', async (call) => {
    expect((await replayTlb(calls(call, -1))).issued).toEqual({});
  });

  test.each([RECORDED, SIMULATED])('is in no record, so every lane counts it (%o)', async (evidence) => {
    expect((await replayTlb(calls('delete_module'), { evidence })).issued).toEqual(EVERYWHERE);
  });

  test('on a CPU alone sends no interrupt: 1 of everything', async () => {
    const { issued } = await replayTlb(tlbScript().call(10, 'delete_module'));
    expect(issued).toEqual({ invpcidAll: 1 });
  });

  test('whose begin is not in the trace: nothing', async () => {
    expect((await replayTlb(tlbScript().exit(10, 0, 176))).issued).toEqual({});
  });
});
