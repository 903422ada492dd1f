/**
 * Whether a CR3 value at an entry from user mode is one that the kernel can have loaded. The checker shares nothing with the lane
 * that the value comes from: it keeps its own notes of who returned to user mode in which state, and of which CPU loaded what under
 * which ASID, and holds every value against them.
 */
import { CR3_LIMIT, decodeCr3, lowBits, USER_PCID, USER_TABLE, type Half } from './cr3-layout.ts';
import type { FlushClock } from './tasks.ts';

/** What can be wrong with a value, and what it means. */
export const VIOLATIONS = {
  reserved: 'bits above 51 are set',
  'no-return': 'entered from user mode without having returned to it',
  'kernel-half': 'bit 12 is clear, though it returned to user mode isolated: user code ran on the kernel page table',
  'user-half': 'bit 12 is set, though it returned to user mode without isolation',
  'pcid-bits': 'PCID bits are set on a machine without PCIDs',
  'user-pcid': 'bit 11 does not go with bit 12: one half ran under the PCID of the other',
  mm: 'the page table of another address space',
  asid: 'an ASID other than the one that this CPU loaded the address space under',
  'stale-asid': 'an ASID that was kept though it held the translations of another address space',
} as const;
export type Violation = keyof typeof VIOLATIONS;

/** What of a machine decides which values are legal. */
export interface Cr3Rules {
  readonly pti: boolean;
  readonly pcid: boolean;
  /** ASID slots a CPU. */
  readonly asids: number;
}

/** A load of an mm, as a CPU wrote it. */
export interface NotedLoad {
  readonly cpu: number;
  readonly mm: number;
  /** 0 without PCIDs. */
  readonly asid: number;
  readonly flushed: boolean;
  readonly decidedBy: FlushClock;
}

/** Where a thread is: in the kernel, or in user mode with two page tables or with the kernel's alone. */
type Place = 'kernel' | 'isolated' | 'flat';

interface CpuNotes {
  mm: number;
  asid: number;
  /** Its ASID was kept though it held another mm's translations. */
  stale: boolean;
  /** By ASID: whose translations it holds; 0 = not known. */
  readonly holds: Int32Array;
}

export class Cr3Checker {
  /** Recorded loads that kept an ASID in which these notes had no such mm: from before the recording, or numbered otherwise. */
  keptUnseen = 0;
  readonly #places: Place[] = [];
  readonly #cpus: (CpuNotes | undefined)[] = [];

  constructor(private readonly rules: Cr3Rules) {}

  /** A CPU wrote CR3 for an mm. */
  loaded({ cpu, mm, asid, flushed, decidedBy }: NotedLoad): void {
    const notes = (this.#cpus[cpu] ??= this.#newNotes(mm, asid));
    notes.mm = mm;
    notes.asid = asid;
    const unseen = this.rules.pcid && !flushed && notes.holds[asid] !== mm;
    notes.stale = unseen && decidedBy === 'simulated';
    if (unseen && decidedBy === 'recorded') this.keptUnseen++;
    notes.holds[asid] = mm;
  }

  /** An address space that this CPU loaded turned out to be one that has a number already. */
  renumbered(cpu: number, from: number, to: number): void {
    const notes = this.#cpus[cpu];
    if (!notes) return;
    if (notes.mm === from) notes.mm = to;
    for (let asid = 0; asid < notes.holds.length; asid++) if (notes.holds[asid] === from) notes.holds[asid] = to;
  }

  /** A thread returned to user mode, its process opted out by then (`flat`) or not. */
  returned(thread: number, flat: boolean): void {
    this.#places[thread] = flat || !this.rules.pti ? 'flat' : 'isolated';
  }

  /** The half that user mode of this thread runs on; undefined in the kernel. */
  halfOf(thread: number): Half | undefined {
    const place = this.#places[thread];
    if (place === undefined || place === 'kernel') return undefined;
    return place === 'flat' ? 'kernel' : 'user';
  }

  /** A thread entered the kernel with this value in CR3; the first thing that is wrong with it. */
  entered(cpu: number, thread: number, mm: number, raw: number): Violation | undefined {
    const half = this.halfOf(thread);
    this.#places[thread] = 'kernel';
    if (!Number.isInteger(raw) || raw < 0 || raw >= CR3_LIMIT) return 'reserved';
    if (half === undefined) return 'no-return';
    return this.#half(half, lowBits(raw)) ?? this.#table(cpu, mm, raw);
  }

  #half(half: Half, low: number): Violation | undefined {
    const isUser = (low & USER_TABLE) !== 0;
    if (isUser !== (half === 'user')) return isUser ? 'user-half' : 'kernel-half';
    if (!this.rules.pcid) return (low & ~USER_TABLE) === 0 ? undefined : 'pcid-bits';
    return ((low & USER_PCID) !== 0) === isUser ? undefined : 'user-pcid';
  }

  #table(cpu: number, mm: number, raw: number): Violation | undefined {
    const { mm: table, asid = 0 } = decodeCr3(raw, this.rules.pcid);
    if (table !== mm) return 'mm';
    if (asid < 0 || asid >= this.rules.asids) return 'asid';
    // A CPU of which no load was seen has had it loaded from before.
    const notes = (this.#cpus[cpu] ??= this.#newNotes(mm, asid));
    if (notes.mm !== mm || notes.asid !== asid || notes.holds[asid] !== mm) return 'asid';
    return notes.stale ? 'stale-asid' : undefined;
  }

  #newNotes(mm: number, asid: number): CpuNotes {
    const holds = new Int32Array(Math.max(this.rules.asids, 1));
    holds[asid] = mm;
    return { mm, asid, stale: false, holds };
  }
}
