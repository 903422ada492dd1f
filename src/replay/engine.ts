/**
 * The engine: every event once, every lane side by side. It turns records into what the kernel did (who ran, who crossed, which
 * mm was loaded) and tells each lane.
 */
import { createLedgerRows, type LedgerRows } from '../cpu-model/ledger.ts';
import { Plane, TimelineClock, type TimelineCounts } from '../cpu-model/timeline.ts';
import { ARGS, isNote, Kind, type EventBatch, type EventSink } from '../trace/event.ts';
import type { Trace } from '../trace/trace.ts';
import { Cause, createCauses, purposeOf, type Causes, type Purpose } from './causes.ts';
import { Crossings, type CrossingWatch, type Inferred } from './crossings.ts';
import { FlushCauses, mayFlush } from './flush-causes.ts';
import { changesModules } from './kernel-flushes.ts';
import type { Lane } from './lane.ts';
import type { FlushRequest } from './mmu.ts';
import type { OptOut } from './optout/optout.ts';
import { OptOuts } from './optout/optouts.ts';
import type { Heard, Requests, TimedCall } from './optout/requests.ts';
import type { Moment } from './optout/states.ts';
import type { Wrappers } from './optout/wrappers.ts';
import { ProcessTree } from './process-tree.ts';
import { Scheduler } from './scheduler.ts';
import { SyscallStats } from './syscall-stats.ts';
import { createTotals, type Totals } from './totals.ts';
import { Mode, type Mm, type Process, type Task } from './tasks.ts';

export interface Replayed {
  readonly lanes: readonly Lane[];
  /** By lane; undefined where the lane's policy has no opt-out. */
  readonly optOuts: readonly (OptOut | undefined)[];
  readonly rows: LedgerRows;
  /** Counts by CPU and time, by lane. */
  readonly timelines: readonly TimelineCounts[];
  readonly causes: Causes;
  readonly tree: ProcessTree;
  readonly totals: Totals;
  readonly inferred: Inferred;
  readonly syscalls: SyscallStats;
  readonly wrappers: Wrappers;
  /** Timed calls whose process the recording does not have. */
  readonly missed: readonly TimedCall[];
  /** Timed calls after its end. */
  readonly late: readonly TimedCall[];
  /** Processes whose state at the start was told, and that are not older than the recording. */
  readonly unstarted: readonly number[];
  /** What was asked beside wrappers. */
  readonly heard: readonly Heard[];
  /** Time of the last event. */
  readonly durationNs: number;
}

/** What a replay fills as it goes. */
export type LiveReplay = Pick<Replayed, 'lanes' | 'optOuts' | 'rows' | 'causes' | 'tree'>;

/** Looks on while a trace is replayed. */
export interface ReplayWatch {
  /** Before the first event. */
  begins(live: LiveReplay): void;
  readonly crossing?: CrossingWatch;
  /** Stands between the trace and the replay. */
  readonly around?: (replay: EventSink) => EventSink;
}

/** Calls that make a task: what flags mean where no event shows them. */
const CALL_FLAGS: ReadonlyMap<number, (args: readonly bigint[]) => number> = new Map([
  [56, (args) => Number(BigInt.asUintN(32, args[0] ?? 0n))],
  [57, () => 0],
  [58, () => 0x4100],
]);
/** Ended tasks kept where no switch tells that they are gone. */
const ENDED_KEPT = 256;

const CLONE = 56;

/** Replays a trace through all lanes in one pass. */
export async function replayTrace(
  trace: Trace,
  lanes: readonly Lane[],
  requests: Requests,
  watch?: ReplayWatch,
): Promise<Replayed> {
  const engine = new Engine(trace, lanes, requests, watch);
  await trace.readEvents(watch?.around?.(engine.sink) ?? engine.sink);
  return engine.finish();
}

class Engine {
  readonly sink: EventSink;
  readonly #rows = createLedgerRows();
  readonly #causes = createCauses();
  readonly #clock: TimelineClock;
  readonly #timelines: readonly TimelineCounts[];
  readonly #totals = createTotals();
  readonly #syscalls = new SyscallStats();
  readonly #optOuts: OptOuts;
  readonly #tree: ProcessTree;
  readonly #crossings: Crossings;
  readonly #scheduler: Scheduler;
  readonly #deviceCause: number;
  /** Only where a lane has to infer flushes. */
  readonly #flushes: FlushCauses | undefined;
  /** Tasks that ended before the first switch. */
  readonly #ended: Task[] = [];
  #renames = 0;
  #last = 0;

  constructor(
    private readonly trace: Trace,
    private readonly lanes: readonly Lane[],
    requests: Requests,
    watch: ReplayWatch | undefined,
  ) {
    const { health, strings } = trace;
    this.#clock = new TimelineClock(planeOfRow(this.#rows, this.#causes));
    this.#timelines = lanes.map((lane) => lane.counts.countOn(this.#clock));
    const around = {
      settle: (mm: Mm, time: number): void => this.#crossings.settle(this.#scheduler.cpus, mm, time),
      changed: (lane: Lane, mm: Mm, isolated: boolean, process: Process, at: Moment): void =>
        this.#scheduler.isolationChanged(lane, mm, isolated, process, at),
      find: (tid: number): Task | undefined => this.#tree.find(tid),
      get processes(): readonly Process[] {
        return processes();
      },
    };
    const processes = (): readonly Process[] => this.#tree.processes;
    this.#optOuts = new OptOuts(lanes, requests, around, strings, health);
    this.#tree = new ProcessTree(strings, trace.host, health, {
      born: (process, parent, timeNs, task) =>
        this.#optOuts.born(process, parent, { timeNs, tid: task?.tid ?? process.pid, task }),
      joined: (task, maker) => this.#optOuts.joined(task, maker),
      left: (mm, timeNs, tid) => this.#optOuts.left(mm, { timeNs, tid }),
      abandoned: (mm) => this.#flushes?.drop(mm),
    });
    const onCrossing = watch?.crossing && ((task: Task, time: number): void => watch.crossing?.(task, time));
    this.#crossings = new Crossings(lanes, this.#rows, this.#causes, health, onCrossing);
    this.#scheduler = new Scheduler(
      this.#tree,
      lanes,
      this.#rows,
      this.#causes,
      this.#crossings,
      health,
      (task, timeNs) => this.#replaceMm(task, timeNs),
    );
    this.#deviceCause = this.#causes.named(Cause.deviceIrq);
    const inferring = lanes.find((lane) => lane.evidence.flushes === 'simulated');
    this.#flushes = inferring && new FlushCauses(inferring.machine.kernel);
    watch?.begins({ lanes, optOuts: this.#optOuts.all, rows: this.#rows, causes: this.#causes, tree: this.#tree });
    this.sink = (batch, from, to) => {
      for (let row = from; row < to; row++) this.#event(batch, row);
    };
  }

  finish(): Replayed {
    this.#optOuts.due(this.#last, this.trace.originNs);
    this.#scheduler.finish(this.#last);
    this.#optOuts.finish();
    this.#crossings.inferred.credentials += this.#optOuts.learntIds;
    return {
      lanes: this.lanes,
      optOuts: this.#optOuts.all,
      missed: this.#optOuts.missed,
      late: this.#optOuts.late,
      unstarted: this.#optOuts.unstarted,
      heard: this.#optOuts.heard,
      rows: this.#rows,
      timelines: this.#timelines,
      causes: this.#causes,
      tree: this.#tree,
      totals: this.#totals,
      inferred: this.#crossings.inferred,
      syscalls: this.#syscalls,
      wrappers: this.#optOuts.wrappers,
      durationNs: this.#last,
    };
  }

  #event(batch: EventBatch, row: number): void {
    const time = batch.time[row];
    // Notes of the recorder may lie before and behind what was traced.
    if (time > this.#last && !isNote(batch.kind[row])) this.#last = time;
    this.#clock.set(batch.cpu[row], Math.min(time, this.#last));
    if (time >= this.#optOuts.nextTimed) this.#optOuts.due(time, this.trace.originNs);
    switch (batch.kind[row]) {
      case Kind.sysEnter:
        return this.#syscallEnter(batch, row, time);
      case Kind.sysExit:
        this.#syscallExit(batch, row, time);
        return this.#scheduler.callEnded(batch.cpu[row], batch.tid[row], time);
      case Kind.faultUser:
        this.#totals.userFaults++;
        return this.#userFault(batch, row, time);
      case Kind.faultKernel:
        this.#totals.kernelFaults++;
        this.#inferFaultFlush(batch, row, this.#runs(batch, row, time), time);
        return;
      case Kind.irqVector:
        return this.#interrupt(batch, row, this.#causes.interrupt(batch.nr[row]), time);
      case Kind.irqVectorEnd:
        return this.#crossings.interruptEnded(this.#runs(batch, row, time), time);
      case Kind.deviceIrq:
        return this.#interrupt(batch, row, this.#deviceCause, time);
      case Kind.nmi: {
        const task = this.#runs(batch, row, time);
        return this.#crossings.nmi(this.#scheduler.cpu(batch.cpu[row]), task, time);
      }
      case Kind.switch:
        this.#totals.contextSwitches++;
        return this.#switch(batch, row, time);
      case Kind.switchIn:
        this.#scheduler.running(batch.cpu[row], batch.tid[row], batch.pid[row], time, true);
        return;
      case Kind.fork:
      case Kind.newTask:
        return this.#birth(batch, row, time);
      case Kind.exec:
        this.#totals.execs++;
        return this.#exec(batch, row, time);
      case Kind.exit:
        this.#totals.exits++;
        return this.#exit(batch, row, time);
      case Kind.rename:
        return this.#rename(batch, row);
      case Kind.notedFork:
      case Kind.notedExec:
      case Kind.notedExit:
        return this.#noted(batch, row, time);
      case Kind.cgroup:
        return this.#tree.inCgroup(batch.tid[row], batch.pid[row], batch.text[row]);
      case Kind.tlbFlush:
        this.#totals.tlbFlushes++;
        this.#scheduler.record.event(
          this.#scheduler.cpu(batch.cpu[row]),
          batch.nr[row],
          Number(BigInt.asIntN(32, batch.args[row * ARGS])),
          time,
          batch.tid[row],
        );
        return;
    }
  }

  /** The task that runs on the event's CPU; its first event of its own is when the wrappers of an older process count. */
  #runs(batch: EventBatch, row: number, time: number): Task {
    const task = this.#scheduler.running(batch.cpu[row], batch.tid[row], batch.pid[row], time);
    const { process } = task;
    if (!process.seen) {
      process.seen = true;
      if (!process.kernel) {
        this.#optOuts.begins(process, task);
        this.#scheduler.latchAll(process.mm);
        this.#optOuts.seen(time);
      }
    }
    return task;
  }

  /** As {@link #runs}, for an event that only a user task can have. */
  #runsInUser(batch: EventBatch, row: number, time: number): Task {
    const task = this.#runs(batch, row, time);
    if (!task.process.kernel || task.tid === 0) return task;
    this.#tree.isUserAfterAll(task, batch.pid[row], task.comm, time);
    this.#scheduler.loadOwn(batch.cpu[row], task);
    return this.#runs(batch, row, time);
  }

  #syscallEnter(batch: EventBatch, row: number, time: number): void {
    const nr = batch.nr[row];
    this.#totals.syscalls++;
    this.#syscalls.enter(nr);
    const task = this.#runsInUser(batch, row, time);
    if (task.process.kernel) return;
    this.#crossings.syscallEnter(task, nr, time);
    task.process.userEntries++;
    if (nr === CLONE || this.#optOuts.watches(nr) || (this.#flushes && mayFlush(nr)))
      task.arguments = Array.from(batch.args.subarray(row * ARGS, (row + 1) * ARGS));
  }

  #syscallExit(batch: EventBatch, row: number, time: number): void {
    const task = this.#runs(batch, row, time);
    // Only a usermode helper returns from a call as a kernel thread: it never enters as one.
    if (task.process.kernel) return;
    const nr = batch.nr[row];
    const paired = task.mode === Mode.syscall;
    const called = task.syscall;
    if (this.#flushes && paired && nr === called && mayFlush(nr)) {
      const { mm } = task.process;
      this.#flush(
        batch.cpu[row],
        task,
        mm,
        this.#flushes.call(mm, nr, task.arguments, batch.result[row], task.process.threaded),
        time,
      );
    }
    if (changesModules(nr) && paired && nr === called && batch.result[row] === 0n)
      this.#scheduler.flushKernel(
        batch.cpu[row],
        this.#rows.row(task.process.index, this.#scheduler.record.flushCause(task)),
      );
    this.#crossings.syscallExit(task, nr, time);
    if (!paired) return;
    this.#syscalls.exit(called, time - task.enteredAt - task.offCpuNs);
    if (nr === called && this.#optOuts.watches(nr)) this.#optOuts.returned(task, nr, batch.result[row], time);
  }

  #userFault(batch: EventBatch, row: number, time: number): void {
    const task = this.#runsInUser(batch, row, time);
    if (task.process.kernel) return;
    this.#crossings.userFault(task, time);
    task.process.userEntries++;
    this.#inferFaultFlush(batch, row, task, time);
  }

  #inferFaultFlush(batch: EventBatch, row: number, task: Task, time: number): void {
    if (!this.#flushes || task.process.kernel) return;
    const { mm } = task.process;
    const request = this.#flushes.fault(mm, batch.args[row * ARGS], Number(batch.args[row * ARGS + 2]));
    if (request) this.#flush(batch.cpu[row], task, mm, [request], time);
  }

  #flush(cpu: number, task: Task, mm: Mm, requests: readonly FlushRequest[], time: number): void {
    if (requests.length === 0) return;
    const row = this.#rows.row(task.process.index, this.#scheduler.record.flushCause(task));
    for (const request of requests) this.#scheduler.flush(cpu, mm, request, row, time);
  }

  #interrupt(batch: EventBatch, row: number, cause: number, time: number): void {
    this.#totals.interrupts++;
    this.#crossings.interrupt(this.#runs(batch, row, time), cause, time, batch.depth[row], batch.flags[row]);
  }

  #switch(batch: EventBatch, row: number, time: number): void {
    this.#scheduler.switch(
      batch.cpu[row],
      batch.tid[row],
      batch.pid[row],
      batch.text[row],
      batch.resultWords[2 * row],
      batch.nr[row],
      batch.text2[row],
      time,
    );
  }

  /** `new-task` has the flags and comes first; `fork` has both names. Either may be all there is. */
  #birth(batch: EventBatch, row: number, time: number): void {
    const isFork = batch.kind[row] === Kind.fork;
    if (isFork) this.#totals.forkEvents++;
    else this.#totals.newTaskEvents++;
    const parent = this.#runs(batch, row, time);
    const tid = batch.nr[row];
    const known = this.#tree.find(tid);
    if (isFork && known && !known.ended && known.bornOf === parent.tid) return;
    const first = batch.args[row * ARGS];
    const flags = isFork ? CALL_FLAGS.get(parent.syscall)?.(parent.arguments) : Number(BigInt.asUintN(32, first));
    const name = isFork ? batch.text2[row] : batch.text[row];
    const child = this.#tree.birth(tid, parent, flags, name, time, isFork ? Number(first) : 0);
    this.#optOuts.made(child.process, flags, { timeNs: time, tid, task: child });
    const { mm } = parent.process;
    const request = parent.process.kernel ? undefined : this.#flushes?.fork(mm, child.process);
    if (request) this.#flush(batch.cpu[row], parent, mm, [request], time);
  }

  #replaceMm(task: Task, timeNs: number): Mm {
    const before = this.#optOuts.beforeExec(task);
    const mm = this.#tree.replaceMm(task, timeNs);
    this.#optOuts.execed(task, before, { timeNs, tid: task.tid, task });
    return mm;
  }

  #exec(batch: EventBatch, row: number, time: number): void {
    const cpu = batch.cpu[row];
    const tid = batch.tid[row];
    this.#tree.rename(batch.nr[row], tid, time);
    let task = this.#runs(batch, row, time);
    if (task.process.kernel) {
      // A usermode helper: a kernel thread becomes a program.
      if (tid === 0) return;
      this.#tree.isUserAfterAll(task, batch.pid[row], batch.text2[row], time);
      task = this.#runs(batch, row, time);
    }
    const { process } = task;
    if (!process.execBegan) this.#scheduler.exec(this.#scheduler.cpu(cpu), task, time, undefined);
    process.execBegan = false;
    process.exe = batch.text[row];
    if (this.#flushes) this.#flush(cpu, task, process.mm, this.#flushes.exec(), time);
    if (this.#renames === 0) process.comm = this.#nameOf(batch.text[row]);
    this.#optOuts.programmed(process, { timeNs: time, tid: task.tid, task });
    this.#scheduler.latch(cpu, task);
  }

  /** A task's name after an exec, where the recording has no renames: the file's, cut to 15 characters. */
  #nameOf(file: number): number {
    const { strings } = this.trace;
    return strings.intern(strings.text(file).split('/').at(-1)!.slice(0, 15));
  }

  #exit(batch: EventBatch, row: number, time: number): void {
    const task = this.#runs(batch, row, time);
    if (this.#tree.ended(task, time)) this.#scheduler.dropMm(batch.cpu[row], task, time);
    else this.#scheduler.gaveUpMm(batch.cpu[row]);
    if (this.#totals.contextSwitches === 0) this.#forgetLater(task);
  }

  /** Without switches nothing shows when a task that ended leaves its CPU: it is forgotten when many others ended since. */
  #forgetLater(task: Task): void {
    this.#ended.push(task);
    if (this.#ended.length > ENDED_KEPT) this.#tree.forget(this.#ended.shift()!);
  }

  /** Notes about tasks that are not traced: of those that are, the tracepoints tell more. */
  #noted(batch: EventBatch, row: number, time: number): void {
    const [tid, kind, cpu] = [batch.tid[row], batch.kind[row], batch.cpu[row]];
    const task = this.#tree.find(tid);
    if (!task || task.process.seen || task.process.kernel) return;
    if (kind === Kind.notedFork) {
      const tgid = Number(batch.args[row * ARGS]);
      this.#tree.birth(batch.nr[row], task, tgid === task.process.pid ? undefined : 0, 0, time, tgid);
    } else if (kind === Kind.notedExec) {
      const state = this.#scheduler.cpu(cpu);
      if (state.current !== task) return;
      task.process.comm = batch.text[row];
      this.#scheduler.exec(state, task, time, undefined);
    } else if (this.#tree.ended(task, time)) this.#scheduler.dropMm(cpu, task, time);
  }

  #rename(batch: EventBatch, row: number): void {
    const [tid, name] = [batch.tid[row], batch.text[row]];
    // Before anything else of a task: what a recorder lists of tasks that are older.
    if (batch.cpu[row] < 0 && !this.#tree.find(tid)) return this.#tree.know(tid, batch.pid[row], name);
    this.#renames++;
    const task = this.#scheduler.named(batch.cpu[row], tid, batch.time[row]);
    if (task && !task.process.kernel && task.tid === task.process.pid) task.process.comm = name;
  }
}

const PLANE_OF: Readonly<Record<Purpose, number>> = {
  crossing: Plane.crossing,
  'inferred-crossing': Plane.crossing,
  switch: Plane.switch,
  flush: Plane.flush,
};

/** The plane of the timeline that a row is counted in, remembered by cause. */
function planeOfRow(rows: LedgerRows, causes: Causes): (row: number) => number {
  const planes: number[] = [];
  return (row) => {
    const cause = rows.causeOf(row);
    return (planes[cause] ??= PLANE_OF[purposeOf(causes.name(cause))]);
  };
}
