/**
 * The line between user mode and the kernel. Traces show most entries, no return, and of interrupts not the mode they hit: this
 * machine infers what is missing from what each task did before, and counts every inference.
 */
import type { LedgerRows } from '../cpu-model/ledger.ts';
import { DEPTH_UNKNOWN } from '../trace/event.ts';
import type { Health } from '../trace/health.ts';
import { Cause, type Causes } from './causes.ts';
import type { Lane } from './lane.ts';
import {
  FAULT_NS,
  INTERRUPT_NS,
  NMI_NS,
  PREEMPTED_AFTER_INTERRUPT_NS,
  PREEMPTED_AFTER_NS,
  SYSCALL_EXIT_NS,
} from './mode-timing.ts';
import { Mode, type CpuState, type Mm, type Task } from './tasks.ts';

/** Bits of a record's flags that only kernel mode can have: serving a softirq, bottom halves off. Linux enum trace_flag_type. */
const KERNEL_FLAGS = 0x10 | 0x80;

/** What the model added to the records. */
export interface Inferred {
  syscallEntries: number;
  interruptsUser: number;
  interruptsKernel: number;
  switches: number;
  credentials: number;
}

/** Told of each crossing before the lanes are, by which task and when. */
export type CrossingWatch = (task: Task, timeNs: number) => void;

export class Crossings {
  readonly inferred: Inferred = {
    syscallEntries: 0,
    interruptsUser: 0,
    interruptsKernel: 0,
    switches: 0,
    credentials: 0,
  };
  readonly #faultCause: number;
  readonly #nmiCause: number;
  readonly #unrecordedCause: number;

  constructor(
    private readonly lanes: readonly Lane[],
    private readonly rows: LedgerRows,
    private readonly causes: Causes,
    private readonly health: Health,
    private readonly watch?: CrossingWatch,
  ) {
    this.#faultCause = causes.named(Cause.fault);
    this.#nmiCause = causes.named(Cause.nmi);
    this.#unrecordedCause = causes.named(Cause.unrecorded);
  }

  syscallEnter(task: Task, nr: number, time: number): void {
    this.#wasInUserMode(task, time);
    this.#enter(task, this.causes.syscall(nr), Mode.syscall, time);
    task.syscall = nr;
    task.enteredAt = time;
    task.offCpuNs = 0;
  }

  syscallExit(task: Task, nr: number, time: number): void {
    switch (task.mode) {
      case Mode.syscall:
        break;
      case Mode.born:
      case Mode.unknown:
        // A new child, or a call that began before the trace: a return without an entry.
        task.row = this.#row(task, this.causes.syscall(nr));
        break;
      default:
        // seccomp and ptrace refuse calls before the entry is recorded; or it was lost.
        this.inferred.syscallEntries++;
        this.health.count('inferred-entry', { ns: time });
        this.#wasInUserMode(task, time);
        this.#enter(task, this.causes.syscall(nr), Mode.syscall, time);
    }
    task.mode = Mode.exiting;
    task.since = time;
  }

  /** A task whose call ended is back in user mode. */
  returns(task: Task, time: number): void {
    if (task.mode !== Mode.exiting) return;
    this.#wasInUserMode(task, time);
    task.mode = Mode.user;
  }

  userFault(task: Task, time: number): void {
    this.#wasInUserMode(task, time);
    this.#enter(task, this.#faultCause, Mode.fault, time);
  }

  /**
   * An interrupt while `task` ran.
   *
   * @param depth - preempt depth of its record, or {@link DEPTH_UNKNOWN}
   * @param flags - the record's flags
   */
  interrupt(task: Task, cause: number, time: number, depth: number, flags: number): void {
    if (task.process.kernel) return;
    // User mode runs at depth 0 with bottom halves on: more proves the kernel. Depth 0 proves nothing.
    if ((depth !== DEPTH_UNKNOWN && depth > 0) || (flags & KERNEL_FLAGS) !== 0) return;
    this.health.count('inferred-interrupt-mode', { ns: time });
    if (!this.#isPastKernel(task, time)) {
      this.inferred.interruptsKernel++;
      return;
    }
    this.inferred.interruptsUser++;
    this.#wasInUserMode(task, time);
    this.#enter(task, cause, Mode.interrupt, time);
  }

  /** The handler of an interrupt is done, which may have hit the kernel. */
  interruptEnded(task: Task, time: number): void {
    if (task.mode !== Mode.interrupt) return;
    task.since = time;
    task.handlerDone = true;
  }

  /** A handler of an NMI ran; several handlers of one NMI each log themselves. */
  nmi(cpu: CpuState, task: Task, time: number): void {
    if (time - cpu.lastNmi <= NMI_NS.value) return;
    cpu.lastNmi = time;
    if (!task.process.kernel && this.#isPastKernel(task, time)) this.interrupt(task, this.#nmiCause, time, 0, 0);
    else for (const lane of this.lanes) lane.nmiFromKernel(this.#row(task, this.#nmiCause));
  }

  /**
   * A task leaves the CPU. Where it had long been back in user mode, an interrupt that was not recorded brought it into the
   * kernel: preemption is not possible from user mode.
   */
  leaves(task: Task, time: number, runnable: boolean): void {
    // Who goes to sleep is in the kernel.
    if (task.mode === Mode.unknown && !runnable) task.foundRunning = false;
    const limit = task.mode === Mode.interrupt ? PREEMPTED_AFTER_INTERRUPT_NS.value : PREEMPTED_AFTER_NS.value;
    const wasBack =
      task.mode === Mode.user ||
      task.mode === Mode.exiting ||
      task.mode === Mode.interrupt ||
      (task.mode === Mode.fault && runnable)
        ? time - task.since > limit
        : false;
    if (!wasBack || task.process.kernel || task.ended) return;
    this.health.count('inferred-preemption', { ns: time });
    this.inferred.interruptsUser++;
    this.#wasInUserMode(task, time);
    this.#enter(task, this.#unrecordedCause, Mode.interrupt, time);
  }

  /** The page tables of an mm are about to change: who runs on them in user mode has returned on the old ones. */
  settle(cpus: readonly (CpuState | undefined)[], mm: Mm, time: number): void {
    for (const state of cpus) {
      const task = state?.current;
      if (task?.process.mm !== mm || task.ended || !this.#isPastKernel(task, time)) continue;
      this.#wasInUserMode(task, time);
      task.mode = Mode.user;
    }
  }

  /** An interrupt that a lane sends itself finds a task in user mode, and lets it return at once. */
  reisolated(lane: Lane, task: Task, row: number, time: number): void {
    this.watch?.(task, time);
    lane.enter(task.slot, row);
    lane.exit(task.slot, task.process.mm.id, task.cpu, row);
  }

  /** The trace ends: a task that is still on its CPU and only had to return has returned. */
  finish(task: Task, time: number): void {
    if (task.mode === Mode.exiting || task.mode === Mode.fault || task.mode === Mode.interrupt)
      this.#wasInUserMode(task, time);
  }

  /** Whether the task is taken to be in user mode by now. */
  #isPastKernel(task: Task, time: number): boolean {
    // Who has ended does not return any more.
    if (task.ended) return false;
    const gone = time - task.since;
    switch (task.mode) {
      case Mode.exiting:
        return gone > SYSCALL_EXIT_NS.value;
      case Mode.fault:
        return gone > FAULT_NS.value;
      case Mode.interrupt:
        return gone > (task.handlerDone ? SYSCALL_EXIT_NS : INTERRUPT_NS).value;
      case Mode.user:
        return true;
      case Mode.unknown:
        // Asleep at the start, it was in a call; running, it was most likely in user mode.
        return task.foundRunning;
      default:
        return false;
    }
  }

  /** Something proves that the task was in user mode until now: the return that no event showed happened. */
  #wasInUserMode(task: Task, time: number): void {
    this.watch?.(task, time);
    switch (task.mode) {
      case Mode.unknown:
        for (const lane of this.lanes) lane.assumeInUserMode(task.slot, task.process.mm.id);
        return;
      case Mode.user:
        return;
      case Mode.syscall:
        this.health.count('inferred-exit', { ns: time });
        break;
      case Mode.born:
        if (task.row < 0) task.row = this.#row(task, this.#unrecordedCause);
        break;
      default:
        break;
    }
    for (const lane of this.lanes) lane.exit(task.slot, task.process.mm.id, task.cpu, task.row);
  }

  #enter(task: Task, cause: number, mode: Mode, time: number): void {
    const row = this.#row(task, cause);
    this.watch?.(task, time);
    for (const lane of this.lanes) lane.enter(task.slot, row);
    task.row = row;
    task.mode = mode;
    task.since = time;
    task.handlerDone = false;
  }

  #row(task: Task, cause: number): number {
    return this.rows.row(task.process.index, cause);
  }
}
