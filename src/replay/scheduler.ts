/**
 * What each CPU runs and which mm its CR3 holds. Switches come from the trace; where an event shows that one is missing, it is
 * inferred and counted.
 */
import type { LedgerRows } from '../cpu-model/ledger.ts';
import type { Health } from '../trace/health.ts';
import { Cause, type Causes } from './causes.ts';
import type { Crossings } from './crossings.ts';
import type { Lane } from './lane.ts';
import type { ProcessTree } from './process-tree.ts';
import { Mode, type CpuState, type Mm, type Process, type Task } from './tasks.ts';

/** prev_state bits that mean the task did not stay runnable; above them only marks such as "preempted". */
const NOT_RUNNABLE = 0xff;
/** Of those: dead or zombie, the last switch of a task. */
const DEAD = 0x10 | 0x20;

export class Scheduler {
  readonly cpus: CpuState[] = [];
  readonly #switchCause: number;
  readonly #execCause: number;
  readonly #exitCause: number;
  readonly #unrecorded = new Set<Process>();

  constructor(
    private readonly tree: ProcessTree,
    private readonly lanes: readonly Lane[],
    private readonly rows: LedgerRows,
    causes: Causes,
    private readonly crossings: Crossings,
    private readonly health: Health,
  ) {
    this.#switchCause = causes.named(Cause.switch);
    this.#execCause = causes.named(Cause.exec);
    this.#exitCause = causes.named(Cause.exit);
  }

  cpu(number: number): CpuState {
    const slot = number + 1;
    return (this.cpus[slot] ??= {
      slot,
      idle: this.tree.idle(),
      current: undefined,
      sinceNs: 0,
      loaded: undefined,
      lastNmi: -Infinity,
    });
  }

  /**
   * The task whose event this is; it runs on that CPU now. Where another was taken to run there, the switch was not recorded.
   *
   * @param told - the event itself says that the task was switched to
   */
  running(cpu: number, tid: number, pid: number, time: number, told = false): Task {
    const state = this.cpus[cpu + 1] ?? this.cpu(cpu);
    const { current } = state;
    if (current?.tid === tid && (pid <= 0 || current.process.pid === pid || current.process.kernel)) return current;
    const task = this.#taskOf(state, tid, pid, 0, time);
    if (cpu < 0 || task === current) return task;
    if (current && !told) this.#infer(time);
    if (current) this.#leave(state, current, time, true);
    this.#arrive(state, task, time);
    return task;
  }

  /** A recorded switch. */
  switch(
    cpu: number,
    prev: number,
    pid: number,
    prevName: number,
    prevState: number,
    next: number,
    nextName: number,
    time: number,
  ): void {
    const state = this.cpu(cpu);
    const from = this.#taskOf(state, prev, pid, prevName, time);
    const { current } = state;
    if (current !== from) {
      if (current) {
        this.#infer(time);
        this.#leave(state, current, time, true);
      }
      this.#arrive(state, from, time);
    }
    const runnable = (prevState & NOT_RUNNABLE) === 0;
    this.crossings.leaves(from, time, runnable);
    // Of a task whose exit was not recorded, this is all that shows its end.
    if ((prevState & DEAD) !== 0) this.tree.ended(from, time);
    this.#leave(state, from, time, runnable);
    this.#arrive(state, this.#taskOf(state, next, -1, nextName, time), time);
  }

  /** An exec gave the process running on this CPU a new mm. */
  loadNew(cpu: number, task: Task, mm: Mm): void {
    this.#load(this.cpu(cpu), mm, this.rows.row(task.process.index, this.#execCause));
  }

  /** The last user of an mm ended on this CPU: the kernel's own mm takes its place. */
  dropMm(cpu: number, task: Task): void {
    const state = this.cpu(cpu);
    if (state.loaded === task.process.mm)
      this.#load(state, this.tree.initMm, this.rows.row(task.process.index, this.#exitCause));
  }

  /** The trace ends. */
  finish(time: number): void {
    for (const state of this.cpus) {
      if (!state?.current) continue;
      this.crossings.finish(state.current, time);
      this.#account(state, state.current, time);
    }
    // Bystanders of which nothing but switches was recorded.
    for (const process of this.#unrecorded) if (!process.seen && !process.partOf) this.health.count('unrecorded-task');
  }

  #taskOf(state: CpuState, tid: number, pid: number, name: number, time: number): Task {
    return tid === 0 ? state.idle : this.tree.task(tid, pid, name, time);
  }

  #infer(time: number): void {
    this.crossings.inferred.switches++;
    this.health.count('inferred-switch', { ns: time });
  }

  #account(state: CpuState, task: Task, time: number): void {
    if (task !== state.idle) task.process.onCpuNs += time - state.sinceNs;
    state.sinceNs = time;
  }

  #leave(state: CpuState, task: Task, time: number, runnable: boolean): void {
    this.#account(state, task, time);
    task.leftAt = time;
    if (task.ended && !runnable) this.tree.forget(task);
  }

  #arrive(state: CpuState, task: Task, time: number): void {
    state.current = task;
    state.sinceNs = time;
    task.cpu = state.slot;
    if (task.leftAt >= 0) {
      if (task.mode === Mode.syscall) task.offCpuNs += time - task.leftAt;
      // It still has to return to user mode, and could not while it was away.
      else task.since = time;
      task.leftAt = -1;
    }
    const { process } = task;
    // Kernel threads, idle and tasks that already gave up their mm keep what is loaded (lazy TLB).
    if (process.kernel || task.ended) return;
    if (!process.seen) this.#unrecorded.add(process);
    if (state.loaded === undefined) {
      state.loaded = process.mm;
      for (const lane of this.lanes) lane.adoptMm(process.mm.id, state.slot);
    } else this.#load(state, process.mm, this.rows.row(process.index, this.#switchCause));
  }

  #load(state: CpuState, mm: Mm, row: number): void {
    if (state.loaded === mm) return;
    state.loaded = mm;
    for (const lane of this.lanes) lane.loadMm(mm.id, state.slot, row);
  }
}
