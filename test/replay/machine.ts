/**
 * A small simulated machine that logs what happens on it: tasks on 1 to 4 CPUs, address spaces, and what the recording must
 * show of them. It knows what really happened.
 */
import { Recording } from './recording.ts';

/** What the threads of one process did; `began`: how many were inside the kernel when the recording first saw them. */
export interface Truth {
  entries: number;
  exits: number;
  threads: number;
  began: number;
}
export interface Space {
  users: number;
}
export interface Process {
  readonly pid: number;
  space: Space;
  threads: number;
  readonly truth: Truth;
  /** Waits in vfork for this process to leave its address space. */
  waits?: Task | undefined;
}
/** Where a task that is on no CPU goes on: it returns from a call or its birth, goes on at once, waits in vfork, or only ends. */
export type Away = 'returns' | 'goes-on' | 'waits' | 'ends';
export interface Task {
  tid: number;
  /** Idle and kernel threads have none. */
  readonly process: Process | undefined;
  away: Away | undefined;
  /** It has to return to user mode, and nothing has shown that it did. */
  returning: boolean;
  /** The recording has shown what it was doing. */
  known: boolean;
}

/** One process made another, in its own address space or in the same. */
export interface Birth {
  readonly parent: number;
  readonly child: number;
  readonly shares: boolean;
}

const kernelTask = (tid: number): Task => ({ tid, process: undefined, away: 'goes-on', returning: false, known: true });

export class Machine {
  readonly recording = new Recording();
  readonly byPid = new Map<number, Truth>();
  readonly births: Birth[] = [];
  /** Loads of another address space. */
  switches = 0;
  now = 1_000;
  readonly tasks: Task[] = [];
  readonly on: Task[] = [];
  readonly #idle = kernelTask(0);
  readonly #loaded: (Space | undefined)[] = [];
  readonly #free: number[] = [];
  #cpu = 0;
  #nextTid = 100;

  constructor(cpus: number) {
    this.tasks.push(kernelTask(30), kernelTask(31));
    for (const { tid } of this.tasks) this.recording.named(tid, `kworker/${tid}:1`);
    // Older processes: one runs on each CPU but the last, two sleep in a call.
    for (let i = 0; i < cpus + 1; i++) {
      const task = this.birth(10 + i, { users: 0 });
      if (i < Math.max(1, cpus - 1)) [task.away, this.on[i], this.#loaded[i]] = [undefined, task, task.process!.space];
    }
    for (let cpu = 0; cpu < cpus; cpu++) this.on[cpu] ??= this.#idle;
    for (const { away, process } of this.tasks) if (away === 'returns') process!.truth.began++;
  }

  /** What a CPU runs; what follows happens there. */
  onCpu(cpu: number): Task {
    this.#cpu = cpu % this.on.length;
    this.recording.cpu(this.#cpu);
    return this.on[this.#cpu];
  }
  at(after = 100): Recording {
    this.now += after;
    return this.recording.at(this.now);
  }
  returned(task: Task): void {
    if (task.returning) task.process!.truth.exits++;
    task.returning = false;
  }
  /** It enters the kernel, so it was in user mode; the next return is owed. */
  enter(task: Task): void {
    this.returned(task);
    task.process!.truth.entries++;
    [task.returning, task.known] = [true, true];
  }
  call(task: Task): void {
    this.enter(task);
    this.at().call(task.tid, 'getpid');
    this.now += 100;
  }

  switch(state: 'R' | 'S' | 'D' | 'Z', choice: number, after = 100): void {
    const [task, idle] = [this.on[this.#cpu], this.#idle];
    task.away ??= 'goes-on';
    const others = this.tasks.filter((each) => each.away !== undefined && each.away !== 'waits' && each !== task);
    const rests = choice % (others.length + 1) === 0 && task !== idle;
    const next = rests ? idle : (others[choice % others.length] ?? idle);
    if (next === task) return;
    this.at(after).switch(task.tid, next.tid, state);
    this.#arrive(next, choice);
  }
  #arrive(task: Task, choice: number): void {
    const { away, process } = task;
    this.on[this.#cpu] = task;
    if (task !== this.#idle) task.away = undefined;
    if (away === 'ends') return this.gone(task, choice);
    if (!process) return;
    const before = this.#loaded[this.#cpu];
    if (before !== undefined && before !== process.space) this.switches++;
    this.#loaded[this.#cpu] = process.space;
    if (away !== 'returns') return;
    this.at().exit(task.tid);
    [task.returning, task.known] = [true, true];
  }

  newTid(reuse: boolean): number {
    return (reuse ? this.#free.shift() : undefined) ?? this.#nextTid++;
  }
  /** A task that has not run yet: without `process` the first thread of one. */
  birth(tid: number, space: Space, process?: Process): Task {
    const truth = process?.truth ?? this.byPid.get(tid) ?? { entries: 0, exits: 0, threads: 0, began: 0 };
    const own = process ?? { pid: tid, space, threads: 0, truth };
    if (!process) space.users++;
    this.byPid.set(own.pid, truth);
    truth.threads++;
    own.threads++;
    this.recording.thread(tid, own.pid);
    const task: Task = { tid, process: own, away: 'returns', returning: false, known: false };
    this.tasks.push(task);
    return task;
  }
  /** Its last switch. */
  gone(task: Task, choice: number): void {
    this.tasks.splice(this.tasks.indexOf(task), 1);
    if (task.tid !== task.process!.pid || task.process!.threads === 0) this.#free.push(task.tid);
    this.switch('Z', choice);
  }
  /** A process gives up its address space, for a new one or for that of the kernel. */
  leave(process: Process, next: Space, loads: boolean): void {
    process.space.users--;
    if (process.waits) process.waits.away = 'returns';
    process.waits = undefined;
    process.space = next;
    if (!loads) return;
    this.switches++;
    this.#loaded[this.#cpu] = next;
  }
  /** Whether another CPU has this address space loaded, so that its end or a flush would reach there. */
  isElsewhere(space: Space): boolean {
    return this.#loaded.some((each, cpu) => each === space && cpu !== this.#cpu);
  }
}
