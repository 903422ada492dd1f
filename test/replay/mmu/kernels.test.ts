import { describe, expect, test } from 'vitest';
import { FlushCauses } from '../../../src/replay/flush-causes.ts';
import { kernelOf, KERNELS } from '../../../src/replay/kernels.ts';
import { newMm } from '../../../src/replay/tasks.ts';
import { bench, RECORDED } from './bench.ts';
import { replayTlb, tlbScript } from './tlb-script.ts';

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
  ];
}

/**
 * Flushes of four switches between two spaces; writes of two naps; writes back after a missed flush without PCIDs; interrupts of a
 * CPU that borrows, without PCIDs; pages of a recorded remote flush of 0; pages of an mprotect of 10 with 2 written; pages of an
 * exec; writes of an NMI in the kernel; tables freed by a munmap of the lowest and only page.
 */
const TABLE: readonly (readonly [string, readonly number[]])[] = [
  ['kaiser', [4, 0, 0, 1, 0, 10, 2, 1, 1]],
  ['4.14', [1, 4, 0, 1, 0, 10, 2, 1, 1]],
  ['4.15', [1, 4, 0, 1, 0, 10, 2, 1, 1]],
  ['4.17', [1, 4, 0, 1, 0, 10, 2, 1, 1]],
  ['4.20', [1, 0, 1, 0, 0, 10, 2, 1, 1]],
  ['5.8', [1, 0, 1, 0, 0, 10, 2, 1, 1]],
  ['5.13', [1, 0, 1, 0, 1, 10, 2, 1, 1]],
  ['5.19', [1, 0, 1, 0, 1, 2, 1, 1, 1]],
  ['6.1', [1, 0, 1, 0, 1, 2, 1, 1, 1]],
  ['6.9', [1, 0, 1, 0, 1, 2, 1, 0, 1]],
  ['6.12', [1, 0, 1, 0, 1, 2, 1, 0, 0]],
  ['6.13', [1, 0, 1, 0, 1, 2, 1, 0, 0]],
];

describe('the mechanics of kernel versions', () => {
  test.each(TABLE)('%s counts %j', async (kernel, counts) => {
    expect(await countsOf(kernel)).toEqual(counts);
  });

  test('every version has its line', () => {
    expect(TABLE.map(([kernel]) => kernel)).toEqual(KERNELS.map((kernel) => kernel.id));
  });

  test.each([
    ['4.15', '4.14'],
    ['4.17', '4.15'],
    ['5.8', '4.20'],
    ['6.1', '5.19'],
    ['6.13', '6.12'],
  ])('%s counts what %s counts: no difference in counts is modelled between them', async (kernel, before) => {
    expect(await countsOf(kernel)).toEqual(await countsOf(before));
    expect({ ...kernelOf(kernel), id: '', what: '' }).toEqual({ ...kernelOf(before), id: '', what: '' });
  });

  test.each(TABLE)('in %s 33 pages are 33, and 34 are all', (kernel) => {
    expect(bench({ kernel }).start(0).flush(0, 33).take()).toEqual({ invlpg: 33, invpcidAddr: 33 });
    expect(bench({ kernel }).start(0).flush(0, 34).take()).toEqual({ cr3Read: 1, cr3WriteFlush: 1 });
  });
});
