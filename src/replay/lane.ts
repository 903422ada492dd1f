/**
 * One lane: one policy on one machine. The engine tells every lane the same facts in the same order; a lane turns each into the
 * operations that its kernel would issue. All lanes are of one shape and ask their facts, never their names.
 */
import { LedgerCounts } from '../cpu-model/ledger.ts';
import { Op } from '../cpu-model/operations.ts';
import type { Cr3Sums, Evidence, Machine } from './machine.ts';
import { Mmu } from './mmu.ts';
import type { Policy } from './policies/index.ts';

export class Lane {
  readonly counts = new LedgerCounts();
  readonly sums: Cr3Sums = { crossing: 0, switch: 0, flush: 0, other: 0, nonCrossingFlush: 0 };
  readonly mmu: Mmu;
  readonly #pti: boolean;
  readonly #pcid: boolean;
  readonly #hasOptOut: boolean;
  /** Each thread is in or out by itself. */
  readonly #byThread: boolean;
  /** A CPU goes by a copy of the flag that it took at its last switch. */
  readonly #latches: boolean;
  readonly #nmiRestores: boolean;
  /** By mm id: user mode runs on the kernel's page table. */
  #open = new Uint8Array(256);
  /** The same by task slot, where threads are in or out by themselves. */
  #openTask = new Uint8Array(256);
  /** By CPU slot: its copy of the flag. */
  #latched = new Uint8Array(64);
  /** By task slot: its last exit left it on the kernel's page table. */
  #flat = new Uint8Array(256);

  constructor(
    readonly policy: Policy,
    readonly machine: Machine,
    readonly evidence: Evidence,
  ) {
    this.#pti = policy.pti;
    this.#pcid = machine.pcid;
    this.#hasOptOut = policy.optOut !== undefined;
    this.#byThread = policy.optOut?.scope === 'thread';
    this.#latches = policy.optOut?.latch === 'switch';
    this.#nmiRestores = policy.pti && machine.kernel.nmiRestoresCr3;
    this.mmu = new Mmu(machine, policy.pti, evidence.flushes, this.counts, this.sums);
  }

  /** Whether processes of this mm are opted out. */
  isOpen(mm: number): boolean {
    return this.#open[mm] === 1;
  }

  setOpen(mm: number, open: boolean): void {
    if (mm >= this.#open.length) this.#open = widened(this.#open, mm);
    this.#open[mm] = open ? 1 : 0;
  }

  /** A task in user mode was not seen going there: its page table is that of its mm. */
  assumeInUserMode(slot: number, mm: number): void {
    this.#setFlat(slot, this.#isOpenTo(slot, mm) ? 1 : 0);
  }

  /** Whether a task of this slot would go back to user mode without isolation; where threads are in or out by themselves. */
  isOpenTask(slot: number): boolean {
    return this.#openTask[slot] === 1;
  }

  setOpenTask(slot: number, open: boolean): void {
    if (slot >= this.#openTask.length) this.#openTask = widened(this.#openTask, slot);
    this.#openTask[slot] = open ? 1 : 0;
  }

  /** A CPU takes its copy of the flag: a task came, its address space was replaced, or an interrupt told the CPU to. */
  latch(cpu: number, slot: number, mm: number): void {
    if (!this.#latches) return;
    if (cpu >= this.#latched.length) this.#latched = widened(this.#latched, cpu);
    this.#latched[cpu] = this.#isOpenTo(slot, mm) ? 1 : 0;
  }

  /** The task is in user mode on the kernel's page table. */
  isFlat(slot: number): boolean {
    return this.#flat[slot] === 1;
  }

  /** A crossing from user mode into the kernel. */
  enter(slot: number, row: number): void {
    const { counts } = this;
    counts.add(row, Op.entries);
    if (!this.#pti) return;
    // The entry reads CR3 even where it then finds nothing to switch: the raw value is what a dump shows.
    counts.add(row, Op.cr3Read);
    if (this.#hasOptOut) counts.add(row, Op.optTest);
    if (this.#flat[slot] === 1) return;
    counts.add(row, this.#pcid ? Op.cr3WriteKeep : Op.cr3WriteNoPcid);
    this.sums.crossing++;
  }

  /** A crossing from the kernel to user mode. */
  exit(slot: number, mm: number, cpu: number, row: number): void {
    const { counts } = this;
    counts.add(row, Op.exits);
    if (!this.#pti) return;
    if (this.#hasOptOut) {
      counts.add(row, Op.optTest);
      // Where no event names a CPU, no switch shows when it takes its copy.
      const open = this.#latches && cpu > 0 ? this.#latched[cpu] === 1 : this.#isOpenTo(slot, mm);
      this.#setFlat(slot, open ? 1 : 0);
      if (open) return;
    }
    counts.add(row, Op.cr3Read);
    counts.add(row, !this.#pcid ? Op.cr3WriteNoPcid : this.mmu.takeUserFlush(cpu) ? Op.cr3WriteFlush : Op.cr3WriteKeep);
    this.sums.crossing++;
  }

  /** An NMI or paranoid entry that came from the kernel: only its return may write. */
  nmiFromKernel(row: number): void {
    if (!this.#pti) return;
    this.counts.add(row, Op.cr3Read);
    if (!this.#nmiRestores) return;
    this.counts.add(row, this.#pcid ? Op.cr3WriteKeep : Op.cr3WriteNoPcid);
    this.sums.other++;
  }

  #isOpenTo(slot: number, mm: number): boolean {
    return this.#byThread ? this.#openTask[slot] === 1 : this.#open[mm] === 1;
  }

  #setFlat(slot: number, flat: 0 | 1): void {
    if (slot >= this.#flat.length) this.#flat = widened(this.#flat, slot);
    this.#flat[slot] = flat;
  }
}

function widened(from: Uint8Array, index: number): Uint8Array<ArrayBuffer> {
  const to = new Uint8Array(Math.max(from.length * 2, index + 1));
  to.set(from);
  return to;
}
