/** A recording written by hand, event by event, in the order in which a kernel would log them. */
import { coverageOf } from '../../src/trace/coverage.ts';
import { ARGS, clearRows, createBatch, DEPTH_UNKNOWN, Kind, type EventSink } from '../../src/trace/event.ts';
import { createHealth } from '../../src/trace/health.ts';
import { createStringTable } from '../../src/trace/strings.ts';
import type { HostFacts, Trace } from '../../src/trace/trace.ts';

export interface WrittenEvent {
  readonly kind: number;
  readonly time: number;
  readonly cpu: number;
  readonly tid: number;
  readonly pid: number;
  readonly nr?: number;
  readonly args?: readonly (number | bigint)[];
  readonly result?: number;
  readonly depth?: number;
  readonly flags?: number;
  readonly text?: string;
  readonly text2?: string;
}

/** x86-64 numbers of the calls that the scripts use. */
const CALLS: Readonly<Record<string, number>> = {
  ...{ read: 0, rt_sigreturn: 15, pause: 34, getpid: 39, clone: 56, fork: 57, vfork: 58, execve: 59, exit: 60 },
  ...{ getuid: 102, setuid: 105, setgid: 106, geteuid: 107, setreuid: 113, setresuid: 117, setresgid: 119 },
  ...{ ptrace: 101, setgroups: 116, prctl: 157, arch_prctl: 158, unshare: 272, process_vm_writev: 311, seccomp: 317 },
  ...{ setfsuid: 122, init_module: 175, delete_module: 176, exit_group: 231, finit_module: 313, clone3: 435 },
};
/** States of the task that leaves a CPU, as `prev_state` has them. */
const STATES = { R: 0, S: 1, D: 2, X: 0x10, Z: 0x20, 'R+': 0x100 } as const;

export const FORK = 0x1200011;
export const VFORK = 0x4111;
export const THREAD = 0x3d0f00;
/** CLONE_VM alone: a process of its own in its parent's address space. */
export const SHARER = 0x111;

/** Few rows, so that even a short script spans batches. */
const ROWS = 8;
const STEP_NS = 100;

export class Recording {
  readonly events: WrittenEvent[] = [];
  host: HostFacts = {};
  commandPid: number | undefined;
  switchesShown = true;
  #clock = 0;
  #cpu = 0;
  readonly #pids = new Map<number, number>();
  readonly #names = new Map<number, string>();
  readonly #calls = new Map<number, number>();

  /** Where the next events happen. */
  cpu(number: number): this {
    this.#cpu = number;
    return this;
  }
  /** When the next event happens; each further one comes {@link STEP_NS} later. */
  at(ns: number): this {
    this.#clock = ns;
    return this;
  }
  /** How long after the event before it the next one happens. */
  after(ns: number): this {
    return this.at(this.#clock - STEP_NS + ns);
  }
  /** Says whose thread a task is; by default each is a process. */
  thread(tid: number, pid: number): this {
    this.#pids.set(tid, pid);
    return this;
  }
  /** The name that switches show of a task. */
  named(tid: number, name: string): this {
    this.#names.set(tid, name);
    return this;
  }

  /** A task that the recorder listed at its start. */
  listed(tid: number, pid: number, name: string): this {
    return this.#add({ kind: Kind.rename, tid, pid, cpu: -1, text: name });
  }
  enter(tid: number, call: string, ...args: (number | bigint)[]): this {
    const nr = CALLS[call];
    if (nr === undefined) throw new Error(`no number for ${call}`);
    this.#calls.set(tid, nr);
    return this.#add({ kind: Kind.sysEnter, tid, nr, args });
  }
  exit(tid: number, result = 0, nr = this.#calls.get(tid) ?? 0): this {
    return this.#add({ kind: Kind.sysExit, tid, nr, result });
  }
  /** A whole call. */
  call(tid: number, call: string, args: readonly (number | bigint)[] = [], result = 0): this {
    return this.enter(tid, call, ...args).exit(tid, result);
  }
  fault(tid: number): this {
    return this.#add({ kind: Kind.faultUser, tid, args: [0x1000, 0x2000, 6] });
  }
  kernelFault(tid: number): this {
    return this.#add({ kind: Kind.faultKernel, tid, args: [0x1000, 0x2000, 2] });
  }
  irq(tid: number, vector = 236, { depth = DEPTH_UNKNOWN, flags = 0 } = {}): this {
    return this.#add({ kind: Kind.irqVector, tid, nr: vector, depth, flags });
  }
  deviceIrq(tid: number, line = 24, { depth = DEPTH_UNKNOWN, flags = 0 } = {}): this {
    return this.#add({ kind: Kind.deviceIrq, tid, nr: line, depth, flags });
  }
  nmi(tid: number): this {
    return this.#add({ kind: Kind.nmi, tid });
  }
  switch(prev: number, next: number, state: keyof typeof STATES = 'S'): this {
    const [text, text2] = [this.#nameOf(prev), this.#nameOf(next)];
    return this.#add({ kind: Kind.switch, tid: prev, nr: next, result: STATES[state], text, text2 });
  }
  /** The CPU began to run a task, and the recording does not show what it ran before. */
  switchIn(tid: number): this {
    return this.#add({ kind: Kind.switchIn, tid });
  }
  /** A birth as both events tell it, `task_newtask` first. */
  fork(parent: number, child: number, flags = FORK): this {
    return this.newTask(parent, child, flags).forked(
      parent,
      child,
      (flags & 0x10000) !== 0 ? this.#pid(parent) : child,
    );
  }
  newTask(parent: number, child: number, flags: number): this {
    if ((flags & 0x10000) !== 0) this.thread(child, this.#pid(parent));
    return this.#add({ kind: Kind.newTask, tid: parent, nr: child, args: [flags], text: this.#nameOf(child) });
  }
  /** A birth as `sched_process_fork` tells it, without flags. */
  forked(parent: number, child: number, told = 0): this {
    const [text, text2] = [this.#nameOf(parent), this.#nameOf(child)];
    return this.#add({ kind: Kind.fork, tid: parent, nr: child, args: [told], text, text2 });
  }
  /** A program starts; `from` is the thread that called, where it is not the leader. */
  exec(tid: number, file: string, from = tid): this {
    this.#calls.set(tid, 59);
    return this.#add({ kind: Kind.exec, tid, nr: from, text: file });
  }
  /** A task ends; it still has to leave its CPU. */
  end(tid: number): this {
    return this.#add({ kind: Kind.exit, tid, text: this.#nameOf(tid) });
  }
  rename(tid: number, name: string): this {
    this.named(tid, name);
    return this.#add({ kind: Kind.rename, tid, text: name });
  }

  #add(event: Omit<WrittenEvent, 'time' | 'cpu' | 'pid'> & Partial<WrittenEvent>): this {
    this.events.push({ time: this.#clock, cpu: this.#cpu, pid: this.#pid(event.tid), ...event });
    this.#clock += STEP_NS;
    return this;
  }
  #pid(tid: number): number {
    return this.#pids.get(tid) ?? tid;
  }
  #nameOf(tid: number): string {
    return this.#names.get(tid) ?? (tid === 0 ? 'swapper/0' : 'task');
  }
}

export const script = (): Recording => new Recording();

type Written = Pick<Recording, 'events'> & Partial<Pick<Recording, 'host' | 'commandPid' | 'switchesShown'>>;

export function traceOf({ events, host = {}, commandPid, switchesShown = true }: Written): Trace {
  const strings = createStringTable();
  const all = ['syscalls', 'userFaults', 'interrupts', 'nmis', 'lifecycle', 'credentials'] as const;
  return {
    format: 'script',
    originNs: 0n,
    host,
    recordsFlushes: false,
    coverage: coverageOf(new Set(switchesShown ? [...all, 'contextSwitches'] : all)),
    health: createHealth(),
    strings,
    commandPid,
    recorderName: undefined,
    samples: events.length,
    readEvents(sink: EventSink): Promise<void> {
      const batch = createBatch(ROWS);
      for (let from = 0; from < events.length; from += ROWS) {
        const some = events.slice(from, from + ROWS);
        batch.length = some.length;
        clearRows(batch, 0);
        some.forEach((event, row) => {
          batch.time[row] = event.time;
          batch.cpu[row] = event.cpu;
          batch.tid[row] = event.tid;
          batch.pid[row] = event.pid;
          batch.kind[row] = event.kind;
          batch.nr[row] = event.nr ?? 0;
          event.args?.forEach((value, i) => (batch.args[row * ARGS + i] = BigInt.asUintN(64, BigInt(value))));
          batch.result[row] = BigInt(event.result ?? 0);
          batch.depth[row] = event.depth ?? DEPTH_UNKNOWN;
          batch.flags[row] = event.flags ?? 0;
          batch.text[row] = strings.intern(event.text ?? '');
          batch.text2[row] = strings.intern(event.text2 ?? '');
        });
        sink(batch, 0, some.length);
      }
      return Promise.resolve();
    },
  };
}
