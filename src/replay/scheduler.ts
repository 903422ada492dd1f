/**
 * What each CPU runs and which mm its CR3 holds. Switches come from the trace; where an event shows that one is missing, it is
 * inferred and counted. Loads of an mm are decided by the record or by the model, lane by lane.
 */
import type { LedgerRows } from '../cpu-model/ledger.ts';
import type { Health } from '../trace/health.ts';
import { Cause, type Causes } from './causes.ts';
import type { Crossings } from './crossings.ts';
import { IdleGovernor } from './idle-governor.ts';
import { Op } from '../cpu-model/operations.ts';
import type { Lane } from './lane.ts';
import { ALL_PAGES, type FlushRequest } from './mmu.ts';
import type { Moment } from './optout/states.ts';
import type { ProcessTree } from './process-tree.ts';
import { isExecuting, TlbRecord } from './tlb-record.ts';
import { Mode, type CpuState, type Mm, type Process, type Task } from './tasks.ts';

/** prev_state bits that mean the task did not stay runnable; above them only marks such as "preempted". */
const NOT_RUNNABLE = 0xff;
/** Of those: dead or zombie, the last switch of a task. */
const DEAD = 0x10 | 0x20;

export class Scheduler {
  readonly cpus: CpuState[] = [];
  readonly record: TlbRecord;
  readonly #switchCause: number;
  readonly #execCause: number;
  readonly #exitCause: number;
  readonly #transitionCause: number;
  readonly #unrecorded = new Set<Process>();
  readonly #simulates: boolean;
  /** Lanes whose CPUs take a copy of the flag when they switch. */
  readonly #latching: readonly Lane[];

  constructor(
    private readonly tree: ProcessTree,
    private readonly lanes: readonly Lane[],
    private readonly rows: LedgerRows,
    causes: Causes,
    private readonly crossings: Crossings,
    private readonly health: Health,
    /** Gives the process of a task that execs its new mm. */
    private readonly onExec: (task: Task, time: number) => Mm,
  ) {
    this.#switchCause = causes.named(Cause.switch);
    this.#execCause = causes.named(Cause.exec);
    this.#exitCause = causes.named(Cause.exit);
    this.#transitionCause = causes.named(Cause.transition);
    this.#latching = lanes.filter(({ policy }) => policy.optOut?.latch === 'switch');
    this.#simulates = lanes.some((lane) => lane.evidence.switches === 'simulated');
    this.record = new TlbRecord(tree, lanes, rows, causes, crossings.inferred, health, (state, task, time, flushed) =>
      this.#execBegins(state, task, time, flushed),
    );
  }

  cpu(number: number): CpuState {
    const slot = number + 1;
    return (this.cpus[slot] ??= {
      slot,
      idle: this.tree.idle(),
      governor: new IdleGovernor(),
      current: undefined,
      sinceNs: 0,
      pending: undefined,
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
    if (state.pending?.prompt) this.record.settle(state, time);
    const { current } = state;
    if (current?.tid === tid && (pid <= 0 || current.process.pid === pid || current.process.kernel)) return current;
    if (current && this.#leaderExecs(current, tid, time)) return current;
    const task = this.#taskOf(state, tid, pid, 0, time);
    if (cpu < 0 && !current) this.#runsSomewhere(state, task);
    if (cpu < 0 || task === current) return task;
    if (current && !told) this.#infer(time);
    if (current) this.#leave(state, current, time, true);
    else task.foundRunning = !told;
    this.#arrive(state, task, time);
    // The event proves that the load is done, recorded or not.
    if (!told && state.pending) this.record.settle(state, time);
    return task;
  }

  /** What was taken for a kernel thread runs on this CPU and is none: its own mm is loaded. */
  loadOwn(cpu: number, task: Task): void {
    this.#load(this.cpu(cpu), task.process.mm, this.rows.row(task.process.index, this.#switchCause));
  }

  /** A call ended. Where nothing tells what runs where, nothing can come between its end and the return to user mode either. */
  callEnded(cpu: number, tid: number, time: number): void {
    const task = cpu < 0 && !this.cpu(cpu).current ? this.tree.find(tid) : undefined;
    if (task) this.crossings.returns(task, time);
  }

  /** The task that takes a name, on this CPU or from another; undefined where it is not known. */
  named(cpu: number, tid: number, time: number): Task | undefined {
    const { current } = this.cpu(cpu);
    if (current) this.#leaderExecs(current, tid, time);
    return this.tree.find(tid);
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
    if (state.pending) this.record.settle(state, time);
    const from = this.#taskOf(state, prev, pid, prevName, time);
    const { current } = state;
    if (current !== from) {
      if (current) {
        this.#infer(time);
        this.#leave(state, current, time, true);
      } else from.foundRunning = true;
      this.#arrive(state, from, time);
      if (state.pending) this.record.settle(state, time);
    }
    const runnable = (prevState & NOT_RUNNABLE) === 0;
    this.crossings.leaves(from, time, runnable);
    // Of a task whose exit was not recorded, this is all that shows its end.
    if ((prevState & DEAD) !== 0) this.tree.ended(from, time);
    this.#leave(state, from, time, runnable);
    this.#arrive(state, this.#taskOf(state, next, -1, nextName, time), time);
  }

  /**
   * An exec replaces the mm of the task that runs on this CPU.
   *
   * @param flushed - what the record says of the load; undefined where it does not
   */
  exec(state: CpuState, task: Task, time: number, flushed: boolean | undefined): void {
    if (state.pending) this.record.settle(state, time);
    const old = task.process.mm;
    const mm = this.onExec(task, time);
    const row = this.rows.row(task.process.index, this.#execCause);
    for (const { mmu, evidence } of this.lanes) {
      if (evidence.switches === 'simulated') {
        mmu.load(state.slot, mm, row);
        if (old.users.size === 0) mmu.dropDead(state.slot, old, this.tree.initMm, row);
      } else if (flushed !== undefined) mmu.switchAsRecorded(state.slot, mm, row, flushed);
      else state.pending = { mm, row, prompt: true };
    }
    this.latch(state.slot - 1, task);
  }

  /** CPUs that go by a copy of the opt-out's flag take it: the running task's address space is new. */
  latch(cpu: number, task: Task): void {
    for (const lane of this.#latching) lane.latch(cpu + 1, task.slot, task.process.mm.id);
  }

  /** What an address space was from the start, CPUs that it is loaded on have a copy of. */
  latchAll(mm: Mm): void {
    if (this.#latching.length === 0) return;
    for (const state of this.cpus) if (state?.current?.process.mm === mm) this.latch(state.slot - 1, state.current);
  }

  /** The last user of an mm ended on this CPU: the kernel's own mm takes its place, here and where it was borrowed. */
  dropMm(cpu: number, task: Task, time: number): void {
    const state = this.cpu(cpu);
    if (state.pending) this.record.settle(state, time);
    const { mm } = task.process;
    const row = this.rows.row(task.process.index, this.#exitCause);
    for (const lane of this.lanes) {
      if (lane.evidence.switches === 'simulated') lane.mmu.dropDead(state.slot, mm, this.tree.initMm, row);
      else if (lane.mmu.loaded(state.slot) === mm) state.pending = { mm: this.tree.initMm, row, prompt: false };
    }
  }

  /** A task gave up its mm, which others still use: for the rest of its life it borrows what is loaded. */
  gaveUpMm(cpu: number): void {
    this.#borrow(this.cpu(cpu));
  }

  /** A flush that the model infers from what a task did on this CPU. */
  flush(cpu: number, mm: Mm, request: FlushRequest, row: number, time: number): void {
    mm.flushes.simulated++;
    for (const lane of this.lanes)
      if (lane.evidence.flushes === 'simulated') lane.mmu.flush(cpu + 1, mm, request, row, this.tree.initMm, time);
  }

  /** Everything that the kernel maps is flushed, on every CPU: no record tells of it, so no lane has it from there. */
  flushKernel(cpu: number, row: number): void {
    for (const lane of this.lanes) lane.mmu.flushKernel(cpu + 1, ALL_PAGES, row);
  }

  /** Who is opted out of isolation changed in an mm that is in use. */
  isolationChanged(lane: Lane, mm: Mm, isolated: boolean, process: Process, { task, timeNs }: Moment): void {
    const row = this.rows.row(process.index, this.#transitionCause);
    lane.counts.add(row, Op.optChange);
    if (!isolated || lane.policy.optOut?.reenable !== 'flush') return;
    // Where the one it is for is in user mode, somebody else asked, elsewhere.
    const cpu = task && task.mode !== Mode.user ? task.cpu : 0;
    lane.mmu.reisolate(cpu, mm, row);
    for (const state of this.cpus) {
      const current = state?.current;
      if (current?.process.mm !== mm || current.ended) continue;
      lane.latch(state.slot, current.slot, mm.id);
      // The interrupt finds it in user mode, and lets it return isolated.
      if (current.mode !== Mode.user || !lane.isFlat(current.slot)) continue;
      const own = this.rows.row(current.process.index, this.#transitionCause);
      this.crossings.reisolated(lane, current, own, timeNs);
    }
  }

  /** The trace ends. */
  finish(time: number): void {
    for (const state of this.cpus) {
      if (state?.pending) this.record.settle(state, time);
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

  /** Where no event names a CPU, a task runs on one that has its mm loaded; when that was loaded, nothing shows. */
  #runsSomewhere(state: CpuState, task: Task): void {
    if (task.process.kernel || task.ended) return;
    for (const { mmu, evidence } of this.lanes)
      if (evidence.switches === 'simulated') mmu.adopt(state.slot, task.process.mm);
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
    if (task === state.idle && this.#simulates) this.#idleEnded(state, time);
    this.#account(state, task, time);
    task.leftAt = time;
    task.leftRunnable = runnable;
    if (task.ended && !runnable) this.tree.forget(task);
  }

  #arrive(state: CpuState, task: Task, time: number): void {
    if (task.cpu !== state.slot) this.#leftUnseen(task, time);
    state.current = task;
    state.sinceNs = time;
    task.cpu = state.slot;
    if (task.leftAt >= 0) {
      if (task.mode === Mode.syscall) task.offCpuNs += time - task.leftAt;
      // It still has to return to user mode, and could not while it was away.
      else task.since = time;
      task.leftAt = -1;
    }
    if (task.vforkChild) this.#vforkReturns(task, time);
    const { process } = task;
    // Kernel threads, idle and tasks that already gave up their mm borrow what is loaded (lazy TLB).
    if (process.kernel || task.ended) this.#borrow(state);
    else {
      if (!process.seen) this.#unrecorded.add(process);
      this.#load(state, process.mm, this.rows.row(process.index, this.#switchCause));
      this.latch(state.slot - 1, task);
    }
  }

  /** The mm of an exec is loaded before the exec's own event: another task may run in between. */
  #execBegins(state: CpuState, task: Task, time: number, flushed: boolean | undefined): void {
    task.process.execBegan = true;
    this.exec(state, task, time, flushed);
  }

  /** A thread other than the leader execs: it has the leader's id before the exec's own event tells so. */
  #leaderExecs(current: Task, tid: number, time: number): boolean {
    if (current.tid === tid || current.process.pid !== tid || !isExecuting(current)) return false;
    this.tree.rename(current.tid, tid, time);
    return true;
  }

  /** Who waits in vfork runs again only when the child is about to replace its mm, or has. */
  #vforkReturns(task: Task, time: number): void {
    const child = task.vforkChild;
    task.vforkChild = undefined;
    if (!child || child.ended || child.process.mm !== task.process.mm || !isExecuting(child)) return;
    // Preempted where exec_mm_release woke its parent: it has yet to load its new mm (linux fs/exec.c, exec_mmap).
    if (child.leftAt >= 0 && child.leftRunnable) return;
    const state = this.cpus[child.cpu];
    if (state) this.#execBegins(state, child, time, undefined);
    if (state?.pending) this.record.settle(state, time);
  }

  #idleEnded(state: CpuState, time: number): void {
    const expected = state.governor.expected();
    state.governor.ended(time - state.sinceNs);
    const row = this.rows.row(this.tree.kernel.index, this.#switchCause);
    for (const { mmu, evidence } of this.lanes)
      if (evidence.switches === 'simulated') mmu.idleEnded(state.slot, expected, this.tree.initMm, row);
  }

  /** A task that moved without a recorded switch is not on its old CPU any more. */
  #leftUnseen(task: Task, time: number): void {
    const old = this.cpus[task.cpu];
    if (old?.current !== task) return;
    this.#account(old, task, time);
    old.current = undefined;
  }

  #borrow(state: CpuState): void {
    const row = this.rows.row(this.tree.kernel.index, this.#switchCause);
    for (const { mmu, evidence } of this.lanes)
      mmu.switchToKernel(state.slot, this.tree.initMm, row, evidence.switches === 'simulated');
  }

  #load(state: CpuState, mm: Mm, row: number): void {
    for (const { mmu, evidence } of this.lanes) {
      if (mmu.loaded(state.slot) === undefined) mmu.adopt(state.slot, mm);
      else if (evidence.switches === 'simulated' || !mmu.wouldWrite(state.slot, mm)) mmu.switchTo(state.slot, mm, row);
      else state.pending = { mm, row, prompt: true };
    }
  }
}
