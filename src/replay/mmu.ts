/**
 * The kernel's TLB bookkeeping of one lane: which mm each CPU has loaded, under which ASID, how far behind its flushes that ASID
 * is; and what the kernel issues when an mm is loaded or flushed, or its own pages are. linux arch/x86/mm/tlb.c:
 * switch_mm_irqs_off, choose_new_asid, flush_tlb_mm_range, flush_tlb_func, flush_tlb_kernel_range.
 */
import type { LedgerCounts } from '../cpu-model/ledger.ts';
import { Op } from '../cpu-model/operations.ts';
import { createAsids, type Asids, forgetOthers, slotOf, takeSlot } from './asids.ts';
import type { Cr3Sums, Machine } from './machine.ts';
import { INIT_MM, type FlushClock, type Mm } from './tasks.ts';

/** Pages of a flush of everything. */
export const ALL_PAGES = -1;

/** An mm's set of CPUs is cleared of those that left it at most so often, in nanoseconds: HZ jiffies. linux should_trim_cpumask, exact. */
export const TRIM_NS = 1_000_000_000;

/** A request to flush an mm's translations. */
export interface FlushRequest {
  /** 4 KiB pages from the first to the last changed one, or {@link ALL_PAGES}. */
  readonly pages: number;
  /** Page tables were freed too: idle CPUs that still have the mm loaded must hear of it. */
  readonly freedTables: boolean;
}

/** One load of an mm: a CR3 write that is no crossing and no reload. */
export interface MmLoad {
  /** Slot of the CPU. */
  readonly cpu: number;
  readonly mm: Mm;
  readonly flushed: boolean;
  /** Ledger row it was counted in. */
  readonly row: number;
  readonly decidedBy: FlushClock;
}

/** A generation that every flush is newer than. */
const NEVER = -1;

interface CpuMmu {
  loaded: Mm | undefined;
  /** A kernel thread or idle runs on a borrowed mm. */
  lazy: boolean;
  readonly asids: Asids;
  /** Ids of mms that it left, and whose shootdowns still reach it; where mm_cpumask is cleared lazily. */
  readonly left: Set<number>;
}

export class Mmu {
  /** Told of every load of an mm and whether it flushed: for comparing lanes decision by decision. */
  onLoad: ((load: MmLoad) => void) | undefined;
  readonly #cpus: CpuMmu[] = [];
  readonly #pcid: boolean;
  readonly #userPcids: boolean;
  readonly #invpcid: boolean;
  /** CPUs stay in the mask of an mm that they leave, and this lane asks for shootdowns itself. */
  readonly #keepsLeft: boolean;
  /** By id of an mm: when its mask may be cleared again. */
  readonly #nextTrim = new Map<number, number>();

  /**
   * @param clock - which of an mm's flush counters this lane lives by
   * @param pti - whether user mode has PCIDs of its own
   */
  constructor(
    private readonly machine: Machine,
    pti: boolean,
    private readonly clock: FlushClock,
    private readonly counts: LedgerCounts,
    private readonly sums: Cr3Sums,
  ) {
    this.#pcid = machine.pcid;
    this.#userPcids = pti && machine.pcid;
    this.#invpcid = machine.invpcid;
    this.#keepsLeft = machine.kernel.clearsCpumaskLazily && clock === 'simulated';
  }

  loaded(cpu: number): Mm | undefined {
    return this.#cpu(cpu).loaded;
  }

  /** The ASID that a CPU has its mm loaded under; 0 without PCIDs. */
  asid(cpu: number): number {
    return this.#cpu(cpu).asids.loaded;
  }

  /** A CPU turns out to have this mm loaded, as at the begin of the trace: no write. */
  adopt(cpu: number, mm: Mm): void {
    const state = this.#cpu(cpu);
    if (state.loaded === mm && !state.lazy) return;
    state.loaded = mm;
    state.lazy = false;
    this.#take(state, mm);
  }

  /** Whether the user PCID must be flushed on this exit; the mark is consumed. */
  takeUserFlush(cpu: number): boolean {
    const { asids } = this.#cpu(cpu);
    const bit = 1 << asids.loaded;
    if ((asids.userFlush & bit) === 0) return false;
    asids.userFlush &= ~bit;
    return true;
  }

  /** Whether switching to a task with this mm writes CR3. */
  wouldWrite(cpu: number, mm: Mm): boolean {
    const { loaded, lazy, asids } = this.#cpu(cpu);
    if (loaded !== mm) return true;
    return lazy && this.machine.kernel.lazyChecksGeneration && asids.generation[asids.loaded] < mm.flushes[this.clock];
  }

  /** A task with this mm comes. */
  switchTo(cpu: number, mm: Mm, row: number): void {
    const state = this.#cpu(cpu);
    const write = this.wouldWrite(cpu, mm);
    state.lazy = false;
    if (!write) return;
    if (state.loaded !== mm) {
      this.#load(state, mm, row);
      return;
    }
    // The same page table again, for flushes missed while it was borrowed; nothing reads CR3 first.
    this.#write(state, row, true);
    this.#catchUp(state, mm);
    this.onLoad?.({ cpu, mm, flushed: true, row, decidedBy: 'simulated' });
    this.sums.flush++;
  }

  /** As {@link switchTo}, where the record says what the kernel decided. */
  switchAsRecorded(cpu: number, mm: Mm, row: number, flushed: boolean): void {
    const state = this.#cpu(cpu);
    const same = state.loaded === mm;
    state.lazy = false;
    state.loaded = mm;
    const slot = slotOf(state.asids, mm.id);
    // What only this lane flushed, the recorder knows nothing of.
    const flush = flushed || (slot >= 0 && state.asids.generation[slot] === NEVER);
    this.#take(state, mm);
    this.#write(state, row, flush);
    this.onLoad?.({ cpu, mm, flushed: flush, row, decidedBy: 'recorded' });
    if (same) this.sums.flush++;
    else this.sums.switch++;
  }

  /**
   * A kernel thread or idle comes.
   *
   * @param mayLoad - the kernel version decides whether its own mm is loaded at once; else the record will show it
   */
  switchToKernel(cpu: number, initMm: Mm, row: number, mayLoad: boolean): void {
    const state = this.#cpu(cpu);
    if (!state.loaded || state.loaded.id === INIT_MM) return;
    if (mayLoad && this.#pcid && this.machine.kernel.eagerInitMm) this.#load(state, initMm, row);
    else state.lazy = true;
  }

  /** Idle ended; it had been expected to last this long. A deep state loses the TLB, so the kernel loads its own mm before. */
  idleEnded(cpu: number, expectedNs: number, initMm: Mm, row: number): void {
    const { deepIdleNs } = this.machine;
    const state = this.#cpu(cpu);
    if (deepIdleNs === undefined || expectedNs < deepIdleNs || !state.loaded || state.loaded.id === INIT_MM) return;
    this.#load(state, initMm, row);
  }

  /** An exec replaced the mm that is loaded. */
  load(cpu: number, mm: Mm, row: number): void {
    const state = this.#cpu(cpu);
    if (state.loaded === undefined) this.adopt(cpu, mm);
    else if (state.loaded !== mm) this.#load(state, mm, row);
    state.lazy = false;
  }

  /** The last user of an mm ended: its teardown finds the CPUs that still have it loaded, and each loads the kernel's own. */
  dropDead(cpu: number, mm: Mm, initMm: Mm, row: number): void {
    let targets = 0;
    this.#cpus.forEach((state, other) => {
      const isLoaded = state.loaded === mm;
      if (isLoaded) this.#load(state, initMm, row);
      // Who has it loaded, and who left it: page tables are freed, so each hears of it.
      if ((state.left.delete(mm.id) || isLoaded) && other !== cpu) targets++;
    });
    this.#nextTrim.delete(mm.id);
    this.#interrupted(targets, row);
  }

  /**
   * A request to flush an mm, made on `cpu`. The mm's counter was advanced for it.
   *
   * @returns CPUs that were sent an interrupt
   */
  flush(cpu: number, mm: Mm, request: FlushRequest, row: number, initMm: Mm, timeNs: number): number {
    const pages = this.#upToCeiling(request.pages);
    const trims = this.#keepsLeft && this.#trims(cpu, mm, timeNs);
    let targets = 0;
    this.#cpus.forEach((state, other) => {
      if (other === cpu) return;
      const idle = state.lazy && !request.freedTables && this.machine.kernel.skipsLazyCpus;
      if (idle) return;
      if (state.loaded === mm) this.#flushLocal(state, mm, pages, row, initMm);
      // It finds another mm loaded, and takes itself out of the set.
      else if (!(trims || request.freedTables) || !state.left.delete(mm.id)) return;
      targets++;
    });
    this.#interrupted(targets, row);
    const own = this.#cpu(cpu);
    if (own.loaded === mm) this.#flushLocal(own, mm, pages, row, initMm);
    return targets;
  }

  /**
   * A range of the kernel's own addresses is flushed, on every CPU: no mm's counter advances, and no event tells of it. With user
   * PCIDs single pages are dropped from the loaded ASID only, so the others are given up.
   *
   * @param pages - 4 KiB pages, or {@link ALL_PAGES}
   */
  flushKernel(cpu: number, pages: number, row: number): void {
    const some = this.#upToCeiling(pages);
    this.#cpu(cpu);
    let others = 0;
    this.#cpus.forEach((state, other) => {
      if (other !== cpu) others++;
      if (some === ALL_PAGES) {
        this.counts.add(row, this.machine.invpcidAll ? Op.invpcidAll : Op.cr4PgeToggle);
        return;
      }
      this.#flushPages(state, some, row);
      state.asids.othersStale = this.#userPcids;
    });
    this.#interrupted(others, row);
  }

  /**
   * Isolation comes back to an mm in use: each CPU that has it loaded flushes all of it, told by an interrupt if it is another, and
   * those that have it under an ASID only will when they load it. No counter advances: other lanes know nothing of it.
   */
  reisolate(cpu: number, mm: Mm, row: number): void {
    this.#cpu(cpu);
    let targets = 0;
    this.#cpus.forEach((state, other) => {
      const slot = slotOf(state.asids, mm.id);
      if (slot >= 0) state.asids.generation[slot] = NEVER;
      if (state.loaded !== mm) return;
      if (other !== cpu) targets++;
      this.#reload(state, row);
      this.#catchUp(state, mm);
    });
    this.#interrupted(targets, row);
  }

  /** A flush that the record shows on this CPU. */
  flushAsRecorded(cpu: number, pages: number, row: number): void {
    const state = this.#cpu(cpu);
    if (pages < 0) this.#reload(state, row);
    else this.#flushPages(state, pages, row);
    if (state.loaded) this.#catchUp(state, state.loaded);
  }

  #upToCeiling(pages: number): number {
    return pages > this.machine.kernel.flushCeiling ? ALL_PAGES : pages;
  }

  #interrupted(targets: number, row: number): void {
    if (targets === 0) return;
    this.counts.add(row, Op.ipiSend);
    this.counts.add(row, Op.ipiReceive, targets);
  }

  /** Whether a shootdown goes to CPUs that left the mm too: should_trim_cpumask. */
  #trims(cpu: number, mm: Mm, timeNs: number): boolean {
    if (!this.#cpus.some((state, other) => other !== cpu && (state.loaded === mm || state.left.has(mm.id))))
      return false;
    if (timeNs <= (this.#nextTrim.get(mm.id) ?? mm.bornNs + TRIM_NS)) return false;
    this.#nextTrim.set(mm.id, timeNs + TRIM_NS);
    return true;
  }

  /** flush_tlb_func. */
  #flushLocal(state: CpuMmu, mm: Mm, pages: number, row: number, initMm: Mm): void {
    if (mm.id === INIT_MM) return;
    if (state.lazy) {
      this.#load(state, initMm, row);
      return;
    }
    const { asids } = state;
    const wanted = mm.flushes[this.clock];
    const has = asids.generation[asids.loaded];
    if (has >= wanted) return;
    if (pages !== ALL_PAGES && has + 1 === wanted) this.#flushPages(state, pages, row);
    else this.#reload(state, row);
    this.#catchUp(state, mm);
  }

  /** A full flush: CR3 is written again with the same page table. */
  #reload(state: CpuMmu, row: number): void {
    this.counts.add(row, Op.cr3Read);
    this.#write(state, row, true);
    this.sums.flush++;
  }

  #flushPages(state: CpuMmu, pages: number, row: number): void {
    this.counts.add(row, Op.invlpg, pages);
    if (!this.#userPcids) return;
    if (this.#invpcid) this.counts.add(row, Op.invpcidAddr, pages);
    else state.asids.userFlush |= 1 << state.asids.loaded;
  }

  #load(state: CpuMmu, mm: Mm, row: number): void {
    if (this.#keepsLeft && state.loaded && state.loaded.id !== INIT_MM) state.left.add(state.loaded.id);
    state.loaded = mm;
    state.lazy = false;
    const flushed = this.#take(state, mm);
    this.#write(state, row, flushed);
    this.onLoad?.({ cpu: this.#cpus.indexOf(state), mm, flushed, row, decidedBy: 'simulated' });
    this.sums.switch++;
  }

  #write(state: CpuMmu, row: number, flush: boolean): void {
    if (!this.#pcid) {
      this.counts.add(row, Op.cr3WriteNoPcid);
      return;
    }
    this.counts.add(row, flush ? Op.cr3WriteFlush : Op.cr3WriteKeep);
    if (!flush) return;
    this.sums.nonCrossingFlush++;
    if (this.#userPcids) state.asids.userFlush |= 1 << state.asids.loaded;
  }

  /** Gives the mm a slot; true where what it holds must be flushed. */
  #take({ asids }: CpuMmu, mm: Mm): boolean {
    if (asids.othersStale) forgetOthers(asids);
    const count = this.#pcid ? this.machine.kernel.asids : 1;
    const known = slotOf(asids, mm.id);
    const stale = known < 0 || asids.generation[known] < mm.flushes[this.clock];
    takeSlot(asids, known, mm.id, mm.flushes[this.clock], count);
    return stale;
  }

  #catchUp({ asids }: CpuMmu, mm: Mm): void {
    asids.generation[asids.loaded] = mm.flushes[this.clock];
  }

  #cpu(cpu: number): CpuMmu {
    return (this.#cpus[cpu] ??= { loaded: undefined, lazy: false, asids: createAsids(), left: new Set() });
  }
}
