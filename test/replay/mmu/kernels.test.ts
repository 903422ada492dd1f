import { describe, expect, test } from 'vitest';
import { FlushCauses } from '../../../src/replay/flush-causes.ts';
import { globalsUnderPti, kernelOf, KERNELS } from '../../../src/replay/kernels.ts';
import { newMm } from '../../../src/replay/tasks.ts';
import { FORK, THREAD } from '../script.ts';
import { bench, RECORDED, SIMULATED, type BenchOptions, type Issued } from './bench.ts';
import { replayTlb, tlbScript, type TlbScript } from './tlb-script.ts';

const BASE = 4 * 512 * 512;
const at = (page: number): bigint => BigInt(page) * 4096n;

/** One number of each mechanic, in the order of the table's columns. */
async function countsOf(kernel: string): Promise<readonly number[]> {
  const { cr3WriteFlush: ring = 0 } = bench({ kernel }).start(0).to(1).to(0).to(1).to(0).take();
  const { cr3WriteFlush = 0, cr3WriteKeep = 0 } = bench({ kernel }).start(0).idle().to(0).idle().to(0).take();
  const { cr3WriteNoPcid: missed = 0 } = bench({ kernel, pcid: false }).start(0).idle().missed(0).to(0).take();
  const lazy = bench({ kernel, pcid: false }).start(0, 1).start(0, 2).idle(2);
  const { ipiReceive: sent = 0 } = lazy.flush(0, 1).take();
  const zero = await replayTlb(tlbScript().call(10, 'getpid').tlb(1, 0), { kernel, evidence: RECORDED });
  const causes = new FlushCauses(kernelOf(kernel)!);
  const [mm, other] = [newMm(10), newMm(11)];
  for (const page of [BASE + 3, BASE + 4]) causes.fault(mm, at(page), 6);
  const [mprotect] = causes.call(mm, 10, [at(BASE), at(10), 1n], 0n, false);
  causes.fault(other, at(BASE + 3), 6);
  const [munmap] = causes.call(other, 11, [at(BASE), at(10)], 0n, false);
  const exec = await replayTlb(tlbScript().call(10, 'getpid').enter(10, 'execve').exec(10, '/bin/x').exit(10), {
    kernel,
  });
  const nmi = bench({ kernel });
  nmi.lane.nmiFromKernel(0);
  const { cr3WriteKeep: nmis = 0 } = nmi.take();
  const sender = tlbScript().call(10, 'getpid').tlb(3, 8).tlb(4, 8).tlb(1, 0);
  const echo = await replayTlb(sender, { kernel, evidence: RECORDED });
  const third = newMm(12);
  for (const page of [BASE + 3, BASE + 4]) causes.fault(third, at(page), 6);
  causes.call(third, 10, [at(BASE), at(10), 1n], 0n, false);
  const [granted] = causes.call(third, 10, [at(BASE), at(10), 3n], 0n, false);
  const left = bench({ kernel }).start(0, 1).start(0, 2).to(1, 2);
  const { ipiReceive: stale = 0 } = left.flush(0, 1, { freedTables: true }).take();
  return [
    ring,
    cr3WriteFlush + cr3WriteKeep,
    missed,
    sent,
    zero.issued.invlpg ?? 0,
    mprotect.pages,
    exec.issued.invlpg ?? 0,
    nmis,
    munmap.freedTables ? 1 : 0,
    echo.issued.ipiReceive ?? 0,
    granted?.pages ?? 0,
    stale,
  ];
}

/**
 * Flushes of four switches between two spaces; writes of two naps; writes back after a missed flush without PCIDs; interrupts of a
 * CPU that borrows, without PCIDs; pages of a recorded remote flush of 0; pages of an mprotect of 10 with 2 written; pages of an
 * exec; writes of an NMI in the kernel; tables freed by a munmap of the lowest and only page; interrupts that a recorded remote flush of 0
 * is on who asked for it; pages of an mprotect of 10 that allows writing 2 again; interrupts of a CPU that switched away.
 */
const TABLE: readonly (readonly [string, readonly number[]])[] = [
  ['kaiser', [4, 0, 0, 1, 0, 10, 2, 1, 1, 1, 10, 0]],
  ['4.14', [1, 4, 0, 1, 0, 10, 2, 1, 1, 1, 10, 0]],
  ['4.15', [1, 4, 0, 1, 0, 10, 2, 1, 1, 1, 10, 0]],
  ['4.17', [1, 4, 0, 1, 0, 10, 2, 1, 1, 1, 10, 0]],
  ['4.20', [1, 0, 1, 0, 0, 10, 2, 1, 1, 0, 10, 0]],
  ['5.8', [1, 0, 1, 0, 0, 10, 2, 1, 1, 0, 10, 0]],
  ['5.13', [1, 0, 1, 0, 1, 10, 2, 1, 1, 1, 10, 0]],
  ['5.19', [1, 0, 1, 0, 1, 2, 1, 1, 1, 1, 0, 0]],
  ['6.1', [1, 0, 1, 0, 1, 2, 1, 1, 1, 1, 2, 0]],
  ['6.9', [1, 0, 1, 0, 1, 2, 1, 0, 1, 1, 2, 0]],
  ['6.12', [1, 0, 1, 0, 1, 2, 1, 0, 0, 1, 2, 0]],
  ['6.13', [1, 0, 1, 0, 1, 2, 1, 0, 0, 1, 2, 1]],
];

/** Versions that changed nothing that is counted, and the one before. */
const EQUALS: readonly (readonly [string, string])[] = [
  // PTI came to 4.14 in 4.14.11, as it is in 4.15.
  ['4.15', '4.14'],
  // Only what is global changed.
  ['4.17', '4.15'],
  // Only the entry code changed its language: each entry and return writes CR3 as before.
  ['5.8', '4.20'],
];

/** Something of everything: naps, threads on two CPUs, forks and copies, execs, mapping calls, NMIs, interrupts, modules, recorded flushes. */
function something(): TlbScript {
  const [first, second] = [4 * 512 * 512, 4 * 512 * 512 + 1];
  const script = tlbScript().cpu(1).thread(11, 10).call(11, 'getpid').cpu(0).call(10, 'getpid').write(10, first);
  script
    .write(10, second)
    .maps(10, 'mprotect', [BigInt(first) * 4096n, 10 * 4096, 1])
    .maps(10, 'mprotect', [BigInt(first) * 4096n, 10 * 4096, 3]);
  script.switch(10, 0).switch(0, 10).call(10, 'getpid').nmi(10).irq(10).enter(10, 'getpid').nmi(10).exit(10);
  script.enter(10, 'fork').fork(10, 12, FORK).exit(10, 12).write(10, first, true).switch(10, 12).exit(12);
  script.write(12, second, true).enter(12, 'execve').exec(12, '/bin/x').exit(12).write(12, first);
  script
    .maps(12, 'munmap', [BigInt(first) * 4096n, 4096])
    .call(12, 'delete_module')
    .enter(12, 'exit_group')
    .end(12);
  script
    .switch(12, 10, 'Z')
    .cpu(1)
    .switch(11, 20)
    .call(20, 'getpid')
    .tlb(1, 0)
    .tlb(5, 0)
    .cpu(0)
    .maps(10, 'munmap', [BigInt(second) * 4096n, 4096]);
  script
    .fork(10, 13, THREAD)
    .tlb(3, 8)
    .tlb(4, 8)
    .tlb(1, 0)
    .tlb(3, -1)
    .tlb(0, -1)
    .tlb(0, 0)
    .switch(10, 0)
    .tlb(0, 0)
    .switch(0, 13);
  script.exit(13).call(13, 'getpid').enter(13, 'exit').end(13).switch(13, 10, 'Z').call(10, 'getpid');
  // Task 30 leaves its space on CPU 1, which idles with it, frees a table on CPU 0, and forks when CPU 1 has left it.
  script.cpu(1).switch(20, 30).call(30, 'getpid').switch(30, 0).cpu(0).switch(10, 30).write(30, first);
  script
    .maps(30, 'munmap', [BigInt(first) * 4096n, 4096])
    .cpu(1)
    .switch(0, 20)
    .call(20, 'getpid');
  return script.cpu(0).enter(30, 'fork').fork(30, 31, FORK).exit(30, 31);
}

/** All that {@link something} issues, by cause, on every kind of machine, by record and model. */
async function ledgersOf(kernel: string): Promise<readonly Issued[]> {
  const machines: readonly BenchOptions[] = [{}, { invpcid: false }, { pcid: false }, { deepIdleNs: 0 }];
  const ledgers: Issued[] = [];
  for (const machine of machines)
    for (const policy of ['nopti', 'pti', 'optout'])
      for (const evidence of [RECORDED, SIMULATED]) {
        const { replayed, of } = await replayTlb(something(), { ...machine, policy, evidence, kernel });
        const causes = Array.from({ length: replayed.rows.size }, (_, row) =>
          replayed.causes.name(replayed.rows.causeOf(row)),
        );
        for (const cause of [...new Set(causes)].sort()) ledgers.push(of(new RegExp(`^${cause}$`)));
        ledgers.push({ ...replayed.lanes[0].sums } as Issued);
      }
  return ledgers;
}

describe('the mechanics of kernel versions', () => {
  test.each(TABLE)('%s counts %j', async (kernel, counts) => {
    expect(await countsOf(kernel)).toEqual(counts);
  });

  test('every version has its line', () => {
    expect(TABLE.map(([kernel]) => kernel)).toEqual(KERNELS.map((kernel) => kernel.id));
  });

  test('each differs from the one before, but for those that are said to equal it', () => {
    const changed = TABLE.slice(1).filter(([, counts], i) => counts.join() !== TABLE[i][1].join());
    const equal = EQUALS.map(([kernel]) => kernel);
    expect(changed.map(([kernel]) => kernel)).toEqual(
      TABLE.slice(1)
        .map(([kernel]) => kernel)
        .filter((kernel) => !equal.includes(kernel)),
    );
  });

  test.each(EQUALS)('%s counts what %s counts', async (kernel, before) => {
    expect(await countsOf(kernel)).toEqual(await countsOf(before));
    expect(await ledgersOf(kernel)).toEqual(await ledgersOf(before));
  });

  test.each(EQUALS)('%s has the facts of %s, but for what is global', (kernel, before) => {
    const facts = (id: string) => ({ ...kernelOf(id), id: '', what: '', sharedAreasGlobal: true });
    expect(facts(kernel)).toEqual(facts(before));
  });

  test.each([
    ['4.20', '4.17'],
    ['5.13', '5.8'],
    ['5.19', '5.13'],
    ['6.1', '5.19'],
    ['6.9', '6.1'],
    ['6.12', '6.9'],
    ['6.13', '6.12'],
  ])('%s does not issue what %s issues on the same script, so the script would show it', async (kernel, before) => {
    expect(await ledgersOf(kernel)).not.toEqual(await ledgersOf(before));
  });

  test.each(TABLE)('in %s 33 pages are 33, and 34 are all', (kernel) => {
    expect(bench({ kernel }).start(0).flush(0, 33).take()).toEqual({ invlpg: 33, invpcidAddr: 33 });
    expect(bench({ kernel }).start(0).flush(0, 34).take()).toEqual({ cr3Read: 1, cr3WriteFlush: 1 });
  });
});

describe('what of the kernel is global under isolation', () => {
  const AREAS = 'shared areas';
  const IMAGE = 'shared areas and kernel image';

  /** With PCIDs `auto` and `on`, without `auto` and `on`. */
  test.each([
    ['kaiser', ['nothing', 'nothing', 'nothing', 'nothing']],
    ['4.14', ['nothing', 'nothing', 'nothing', 'nothing']],
    ['4.15', ['nothing', 'nothing', 'nothing', 'nothing']],
    ['4.17', [AREAS, AREAS, IMAGE, AREAS]],
    ['4.20', [AREAS, AREAS, IMAGE, AREAS]],
    ['6.13', [AREAS, AREAS, IMAGE, AREAS]],
  ])('in %s', (kernel, globals) => {
    const machines = [true, false].flatMap((pcid) => (['auto', 'on'] as const).map((ptiMode) => ({ pcid, ptiMode })));
    expect(machines.map((machine) => globalsUnderPti(kernelOf(kernel)!, machine))).toEqual(globals);
  });
});
