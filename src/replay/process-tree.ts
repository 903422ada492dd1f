/** Who is who: tasks by tid, processes by pid, address spaces; births, execs and ends. Ids are reused, so birth decides. */
import { assert } from '../errors.ts';
import type { Health } from '../trace/health.ts';
import type { StringTable } from '../trace/strings.ts';
import type { HostFacts } from '../trace/trace.ts';
import { isKernelThreadName, KTHREADD } from '../trace/kernel-threads.ts';
import { INIT_MM, Mode, newMm, POKING_MM, type Mm, type Process, type Task } from './tasks.ts';

const CLONE_VM = 0x100;
const CLONE_VFORK = 0x4000;
const CLONE_THREAD = 0x10000;

/** Told of what happens in the tree, in order. */
export interface TreeListener {
  /** A process was born in the trace, or its parent is not known and it is older. */
  born(process: Process, parent: Process | undefined, time: number, maker: Task | undefined): void;
  /** A process left an mm that others still use. */
  left(mm: Mm, time: number, tid: number): void;
  /** The last user of an mm left it. */
  abandoned(mm: Mm): void;
  /** A task was added to a process, or moved to it; by which task it was made, where the trace shows it. */
  joined(task: Task, maker: Task | undefined): void;
}

/** The process that holds idle and kernel threads. */
export const KERNEL_PROCESS = 0;

export class ProcessTree {
  /** In order of birth. */
  readonly processes: Process[] = [];
  readonly initMm: Mm = newMm(INIT_MM);
  /** The mm through which the kernel patches its own text (poking_mm). */
  readonly pokingMm: Mm = newMm(POKING_MM);
  readonly #tasks = new Map<number, Task>();
  readonly #byPid = new Map<number, Process>();
  readonly #freeSlots: number[] = [];
  readonly #names = new Map<number, { readonly pid: number; readonly name: number }>();
  readonly #kernelThreads: ReadonlySet<number>;
  /** Cgroups of processes that were not seen yet. */
  readonly #cgroups = new Map<number, number>();
  /** Processes of which the recorder listed a second thread. */
  readonly #threadedPids = new Set<number>();
  #slots = 0;
  #mms = POKING_MM;

  constructor(
    readonly strings: StringTable,
    host: HostFacts,
    private readonly health: Health,
    private readonly listener: TreeListener,
  ) {
    this.#kernelThreads = new Set(host.kernelThreads);
    this.#addProcess({
      pid: 0,
      parent: undefined,
      bornInTrace: false,
      startNs: 0,
      mm: this.initMm,
      kernel: true,
      comm: strings.intern('kernel'),
    });
  }

  get kernel(): Process {
    return this.processes[KERNEL_PROCESS];
  }

  /**
   * A task older than the trace, as the recorder listed it.
   *
   * @param pid - its tgid, below 0 where the recorder does not tell
   */
  know(tid: number, pid: number, name: number): void {
    const told = pid >= 0 ? pid : (this.#names.get(tid)?.pid ?? tid);
    this.#names.set(tid, { pid: told, name });
    if (tid !== told) this.#threadedPids.add(told);
  }

  /** An event shows a task in a cgroup. The last one before its process ended is the process's. */
  inCgroup(tid: number, pid: number, cgroup: number): void {
    const task = this.#tasks.get(tid);
    if (task?.ended === true) return;
    const process = task?.process ?? this.#byPid.get(pid);
    if (process && !process.kernel) process.cgroup = cgroup;
    else this.#cgroups.set(pid > 0 ? pid : tid, cgroup);
  }

  find(tid: number): Task | undefined {
    return this.#tasks.get(tid);
  }

  /**
   * The task with this id, made where it is not known: then it is older than the trace.
   *
   * @param pid - its tgid, below 0 where the event does not tell
   * @param name - its name where the event tells, else 0
   */
  task(tid: number, pid: number, name: number, time: number): Task {
    const known = this.#tasks.get(tid);
    if (known) {
      if (pid > 0 && known.process.pid !== pid && !known.process.kernel) this.#rehome(known, pid, time);
      if (name !== 0 && known.process.comm === 0) this.#nameLate(known, name, time);
      return known;
    }
    const told = this.#names.get(tid);
    const comm = name !== 0 ? name : (told?.name ?? 0);
    if (this.#isKernelThread(tid, comm)) return this.#addTask(tid, this.kernel, comm);
    const tgid = pid > 0 ? pid : (told?.pid ?? tid);
    return this.#addTask(tid, this.#byPid.get(tgid) ?? this.#firstSeen(tgid, comm), comm);
  }

  /** A task whose birth is in the trace. */
  birth(tid: number, parent: Task, flags: number | undefined, name: number, time: number, tgid: number): Task {
    const old = this.#tasks.get(tid);
    if (old) {
      // Without its end, or with one whose last switch was not recorded.
      if (!old.ended) this.health.count('reused-id', { ns: time });
      this.ended(old, time);
      this.forget(old);
    }
    const { process } = parent;
    const kernel = process.kernel || parent.tid === KTHREADD;
    const told = tgid > 0 ? tgid : (this.#names.get(tid)?.pid ?? 0);
    const thread = flags === undefined ? told === process.pid : (flags & CLONE_THREAD) !== 0;
    const task =
      kernel || thread
        ? this.#addTask(tid, kernel ? this.kernel : process, name, parent)
        : this.#bornProcess(tid, parent, flags ?? 0, name, time);
    task.mode = Mode.born;
    task.since = time;
    task.bornOf = parent.tid;
    if (((flags ?? 0) & CLONE_VFORK) !== 0) parent.vforkChild = task;
    return task;
  }

  /** A program replaces the process's own: a new mm, not shared. */
  replaceMm(task: Task, time: number): Mm {
    const { process } = task;
    assert(!process.kernel, 'the kernel does not exec');
    this.#leave(process, time, task.tid);
    process.mm = newMm(++this.#mms, time, process);
    return process.mm;
  }

  /** A thread other than the leader called exec: it goes on under the leader's id. */
  rename(from: number, to: number, time: number): void {
    const task = this.#tasks.get(from);
    if (!task || from === to) return;
    const leader = this.#tasks.get(to);
    if (leader) {
      this.ended(leader, time);
      this.forget(leader);
    }
    this.#tasks.delete(from);
    task.tid = to;
    this.#tasks.set(to, task);
  }

  /** A kernel thread that enters from user mode was none. */
  isUserAfterAll(task: Task, pid: number, name: number, time: number): void {
    if (!task.process.kernel || task.tid === 0) return;
    const tgid = pid > 0 ? pid : task.tid;
    task.process.liveThreads--;
    // A usermode helper: the kernel made it in the trace.
    const startNs = task.bornOf >= 0 ? time : undefined;
    task.process = this.#byPid.get(tgid) ?? this.#firstSeen(tgid, name, startNs);
    task.process.liveThreads++;
    this.listener.joined(task, undefined);
  }

  /** A task ended; it may still run to its last switch. True where it was the last of its process and of its mm. */
  ended(task: Task, time: number): boolean {
    if (task.ended || task.tid === 0) return false;
    task.ended = true;
    const { process } = task;
    process.liveThreads--;
    if (process.kernel || process.liveThreads > 0) return false;
    process.endNs = time;
    if (this.#byPid.get(process.pid) === process) this.#byPid.delete(process.pid);
    this.#leave(process, time, task.tid);
    return process.mm.users.size === 0;
  }

  /** A task that ended has left its CPU: its id and its slot are free. */
  forget(task: Task): void {
    if (this.#tasks.get(task.tid) !== task) return;
    this.#tasks.delete(task.tid);
    this.#freeSlots.push(task.slot);
  }

  /** The idle task of one CPU. */
  idle(): Task {
    return this.#addTask(0, this.kernel, 0);
  }

  #isKernelThread(tid: number, comm: number): boolean {
    if (tid === 0 || tid === KTHREADD || this.#kernelThreads.has(tid)) return true;
    if (comm === 0 || !isKernelThreadName(this.strings.text(comm))) return false;
    this.health.count('inferred-kernel-thread');
    return true;
  }

  #addTask(tid: number, process: Process, comm: number, maker?: Task): Task {
    const task: Task = {
      tid,
      comm,
      slot: this.#freeSlots.pop() ?? this.#slots++,
      process,
      mode: Mode.unknown,
      since: 0,
      handlerDone: false,
      row: -1,
      cpu: 0,
      syscall: -1,
      arguments: [],
      enteredAt: 0,
      offCpuNs: 0,
      leftAt: -1,
      leftRunnable: false,
      foundRunning: false,
      vforkChild: undefined,
      bornOf: -1,
      ended: false,
    };
    // Idle tasks share id 0, one a CPU; they are never looked up.
    if (tid !== 0) this.#tasks.set(tid, task);
    if (++process.liveThreads > 1) process.threaded = true;
    this.listener.joined(task, maker);
    return task;
  }

  #addProcess(
    fields: Pick<Process, 'pid' | 'parent' | 'bornInTrace' | 'startNs' | 'mm' | 'kernel' | 'comm'> &
      Partial<Pick<Process, 'ids' | 'exe' | 'cgroup'>>,
  ): Process {
    const process: Process = {
      index: this.processes.length,
      exe: 0,
      cgroup: this.#cgroups.get(fields.pid) ?? 0,
      endNs: undefined,
      onCpuNs: 0,
      liveThreads: 0,
      threaded: this.#threadedPids.has(fields.pid),
      ids: {},
      userEntries: 0,
      execBegan: false,
      partOf: undefined,
      wrappers: 0,
      seen: false,
      ...fields,
    };
    this.#cgroups.delete(fields.pid);
    this.processes.push(process);
    if (!process.kernel) {
      process.mm.users.add(process);
      this.#byPid.set(process.pid, process);
    }
    return process;
  }

  /** A process that is older than the trace, or whose birth told too little of it. */
  #firstSeen(pid: number, comm: number, startNs?: number): Process {
    const mm = newMm(++this.#mms, startNs);
    const bornInTrace = startNs !== undefined;
    const process = this.#addProcess({
      pid,
      parent: undefined,
      bornInTrace,
      startNs: startNs ?? 0,
      mm,
      kernel: false,
      comm,
    });
    this.listener.born(process, undefined, startNs ?? 0, undefined);
    return process;
  }

  /** The first name of a task that was seen without one: it may show a kernel thread. */
  #nameLate(task: Task, name: number, time: number): void {
    const { process } = task;
    process.comm = name;
    if (process.userEntries > 0 || process.liveThreads > 1 || !this.#isKernelThread(task.tid, name)) return;
    this.#moveTo(task, this.kernel, time);
    // It has no user mode to return to.
    task.mode = Mode.unknown;
  }

  #bornProcess(tid: number, maker: Task, flags: number, name: number, time: number): Task {
    const parent = maker.process;
    const mm = (flags & CLONE_VM) !== 0 ? parent.mm : newMm(++this.#mms, time);
    const comm = name !== 0 ? name : parent.comm;
    const process = this.#addProcess({
      pid: tid,
      parent,
      bornInTrace: true,
      startNs: time,
      mm,
      kernel: false,
      comm,
      ids: parent.ids,
      exe: parent.exe,
      cgroup: parent.cgroup,
    });
    this.listener.born(process, parent, time, maker);
    return this.#addTask(tid, process, comm, maker);
  }

  /** An event shows that a task taken for a process of its own is a thread of another. */
  #rehome(task: Task, pid: number, time: number): void {
    const home = this.#byPid.get(pid) ?? this.#firstSeen(pid, task.process.comm);
    this.#moveTo(task, home, time);
    home.threaded = true;
  }

  /** What was taken for a process of its own is part of another. */
  #moveTo(task: Task, home: Process, time: number): void {
    const taken = task.process;
    taken.liveThreads--;
    task.process = home;
    home.liveThreads++;
    this.listener.joined(task, undefined);
    if (taken.liveThreads > 0) return;
    taken.partOf = home;
    if (home.cgroup === 0) home.cgroup = taken.cgroup;
    taken.endNs = time;
    home.onCpuNs += taken.onCpuNs;
    home.userEntries += taken.userEntries;
    if (this.#byPid.get(taken.pid) === taken) this.#byPid.delete(taken.pid);
    this.#leave(taken, time, task.tid);
  }

  #leave(process: Process, time: number, tid: number): void {
    const { mm } = process;
    mm.users.delete(process);
    if (mm.users.size > 0) this.listener.left(mm, time, tid);
    else this.listener.abandoned(mm);
  }
}
