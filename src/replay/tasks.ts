/** Tasks, processes and address spaces: what the kernel calls task_struct, thread group and mm_struct. */
import type { Ids } from './credentials.ts';

/** What a task is doing, as far as the trace shows it. */
export const Mode = {
  /** No event of its own yet. */
  unknown: 0,
  /** Between a `sys-enter` and its `sys-exit`. */
  syscall: 1,
  /** The syscall's body is done: in the kernel until something proves that it went back to user mode. */
  exiting: 2,
  /** In the handler of a page fault taken in user mode; no event ends it. */
  fault: 3,
  /** In an interrupt taken in user mode; no event ends it. */
  interrupt: 4,
  /** A child before its first return to user mode. */
  born: 5,
} as const;
export type Mode = (typeof Mode)[keyof typeof Mode];

/** An address space. */
export interface Mm {
  /** Unique, never reused; {@link INIT_MM} is the kernel's own. */
  readonly id: number;
  /** Processes with at least one live thread that use it. */
  readonly users: Set<Process>;
}

/** Id of the kernel's own address space. */
export const INIT_MM = 1;

/** A thread group. */
export interface Process {
  /** Key in all tables, in order of birth. */
  readonly index: number;
  readonly pid: number;
  parent: Process | undefined;
  /** Ids in the trace's string table. */
  comm: number;
  exe: number;
  /** Whether its birth is in the trace. */
  readonly bornInTrace: boolean;
  readonly startNs: number;
  endNs: number | undefined;
  onCpuNs: number;
  liveThreads: number;
  mm: Mm;
  ids: Ids;
  /** Recorded entries from user mode: syscalls and user faults. */
  userEntries: number;
  /** Idle and kernel threads, all in one process. */
  readonly kernel: boolean;
  /** Set where a later event showed that it is only a thread of this process. */
  partOf: Process | undefined;
  /** Selectors already applied to it, a bit each: bits of the opt-outs first, then those of the opt-ins. */
  wrappers: number;
  /** Whether it has had an event of its own (not only a switch). */
  seen: boolean;
}

/** A thread. */
export interface Task {
  tid: number;
  /** Small index for per-lane state; reused after the task ended. */
  readonly slot: number;
  process: Process;
  mode: Mode;
  /** When it last was known to be in the kernel. */
  since: number;
  /** Ledger row of the entry it is in. */
  row: number;
  /** CPU slot it was last seen on. */
  cpu: number;
  /** Number of the syscall it is in, and its arguments where the model needs them. */
  syscall: number;
  arguments: readonly bigint[];
  enteredAt: number;
  /** Time off the CPU since {@link enteredAt}. */
  offCpuNs: number;
  leftAt: number;
  /** Task that made it, where that is in the trace. */
  bornOf: number;
  /** Its exit event was seen: it only has to leave the CPU. */
  ended: boolean;
}

/** What a CPU runs. */
export interface CpuState {
  /** Index of the CPU in per-CPU state: its number + 1; 0 stands for events without a CPU. */
  readonly slot: number;
  /** Its idle task: all have id 0. */
  readonly idle: Task;
  current: Task | undefined;
  /** When {@link current} came, or was first seen. */
  sinceNs: number;
  /** The mm in CR3: kept over idle and kernel threads (lazy TLB). */
  loaded: Mm | undefined;
  lastNmi: number;
}
