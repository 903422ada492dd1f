/** Tasks, processes and address spaces: what the kernel calls task_struct, thread group and mm_struct. */
import type { Ids } from './optout/credentials.ts';
import type { IdleGovernor } from './idle-governor.ts';

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
  /** In user mode for certain, its return counted already. */
  user: 6,
} as const;
export type Mode = (typeof Mode)[keyof typeof Mode];

/** Which flushes a lane lives by: those the trace records, or those the model infers. */
export type FlushClock = 'recorded' | 'simulated';

/** An address space. */
export interface Mm {
  /** Unique, never reused; {@link INIT_MM} is the kernel's own. */
  readonly id: number;
  /** Flush requests so far (tlb_gen). */
  readonly flushes: Record<FlushClock, number>;
  /** Processes with at least one live thread that use it. */
  readonly users: Set<Process>;
  /** When it was made; -Infinity: before the trace. */
  readonly bornNs: number;
}

/** Id of the kernel's own address space. */
export const INIT_MM = 1;
/** Id of the one it patches its text through. */
export const POKING_MM = 2;

export const newMm = (id: number, bornNs = -Infinity, ...users: readonly Process[]): Mm => ({
  id,
  flushes: { recorded: 0, simulated: 0 },
  users: new Set(users),
  bornNs,
});

/** A thread group. */
export interface Process {
  /** Key in all tables, in order of birth. */
  readonly index: number;
  readonly pid: number;
  parent: Process | undefined;
  /** Ids in the trace's string table. */
  comm: number;
  exe: number;
  /** Path of the cgroup that an event last showed it in, or that it was born into; 0 where none did. */
  cgroup: number;
  /** Whether its birth is in the trace. */
  readonly bornInTrace: boolean;
  readonly startNs: number;
  endNs: number | undefined;
  onCpuNs: number;
  liveThreads: number;
  /** It has, or had, more than one thread. */
  threaded: boolean;
  mm: Mm;
  ids: Ids;
  /** Recorded entries from user mode: syscalls and user faults. */
  userEntries: number;
  /** Idle and kernel threads, all in one process. */
  readonly kernel: boolean;
  /** Its exec has replaced the mm, but the exec's own event is still to come. */
  execBegan: boolean;
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
  /** Its name when it was first seen: id in the trace's string table. */
  readonly comm: number;
  /** Small index for per-lane state; reused after the task ended. */
  readonly slot: number;
  process: Process;
  mode: Mode;
  /** When it last was known to be in the kernel. */
  since: number;
  /** The handler of the interrupt it is in is done: only softirqs and the return are left. */
  handlerDone: boolean;
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
  /** It was still runnable then. */
  leftRunnable: boolean;
  /** It was on a CPU when the trace first showed it, so it was not asleep in a call. */
  foundRunning: boolean;
  /** The child it waits for in vfork, until that child execs or ends. */
  vforkChild: Task | undefined;
  /** Task that made it, where that is in the trace. */
  bornOf: number;
  /** Its exit event was seen: it only has to leave the CPU. */
  ended: boolean;
}

/** A load of an mm that the record may still decide. */
export interface PendingLoad {
  readonly mm: Mm;
  readonly row: number;
  /** Its event follows at once; else (the end of a process) anything up to the next switch may come first. */
  readonly prompt: boolean;
}

/** What a CPU runs. */
export interface CpuState {
  /** Index of the CPU in per-CPU state: its number + 1; 0 stands for events without a CPU. */
  readonly slot: number;
  /** Its idle task: all have id 0. */
  readonly idle: Task;
  readonly governor: IdleGovernor;
  current: Task | undefined;
  /** When {@link current} came, or was first seen. */
  sinceNs: number;
  /** A load that lanes which follow the record wait for an event of. */
  pending: PendingLoad | undefined;
  lastNmi: number;
}
