/** Recordings of a simulated machine, at random, and what a replay must find in them. */
import fc from 'fast-check';
import { Machine, type Birth, type Process, type Task, type Truth } from './machine.ts';
import { FORK, SHARER, THREAD, VFORK, type Recording } from './recording.ts';

export interface Stream {
  readonly recording: Recording;
  /** When its last event happened. */
  readonly now: number;
  readonly births: readonly Birth[];
  readonly byPid: ReadonlyMap<number, Truth>;
  /** Loads of another address space. */
  readonly switches: number;
}

export interface Step {
  readonly cpu: number;
  /** Index in {@link ALL_ACTIONS}. */
  readonly what: number;
  readonly choice: number;
}
export interface Scenario {
  readonly cpus: number;
  readonly steps: readonly Step[];
}

/** Longer than all times after which a task is taken to be back in user mode. */
const LONG_NS = 250_000;
const MOST_TASKS = 12;

/** What a user task may do next. */
const ACTIONS: readonly ((machine: Machine, task: Task, process: Process, choice: number) => void)[] = [
  function calls(machine, task) {
    machine.call(task);
  },
  function isRescheduledOnItsWayOut(machine, task, _, choice) {
    machine.call(task);
    machine.switch('R', choice);
  },
  function sleepsInCall(machine, task, _, choice) {
    machine.enter(task);
    machine.at().enter(task.tid, 'read');
    task.away = 'returns';
    machine.switch('S', choice);
  },
  function faults(machine, task, _, choice) {
    machine.enter(task);
    machine.at().fault(task.tid);
    if (choice % 3 === 0) machine.switch('D', choice);
  },
  function isInterrupted(machine, task, _, choice) {
    machine.enter(task);
    const recording = machine.at(LONG_NS);
    if (choice % 5 === 0) recording.nmi(task.tid);
    else if (choice % 5 === 1) recording.deviceIrq(task.tid);
    else recording.irq(task.tid, 236, choice % 2 === 0 ? { depth: 0 } : {});
    // A second one, or a switch, comes while it is still served.
    if (choice % 3 === 1) machine.at(5_000).irq(task.tid, 251);
    if (choice % 3 === 2) machine.switch('R', choice, 5_000);
  },
  function isPreemptedUnseen(machine, task, _, choice) {
    // Nothing tells of the interrupt but the time that passed, and only of a task whose last return is known.
    if (!task.known) return machine.call(task);
    machine.enter(task);
    machine.switch('R', choice, LONG_NS);
  },
  function isInterruptedInCall(machine, task, _, choice) {
    machine.enter(task);
    machine.at().enter(task.tid, 'read');
    interruptsKernel(machine, task, choice);
    machine.at().exit(task.tid);
  },
  function isInterruptedOnItsWayOut(machine, task) {
    machine.call(task);
    machine.at(500).irq(task.tid);
  },
  function forks(machine, task, process, choice) {
    const flags = [FORK, THREAD, VFORK, SHARER][choice % 4];
    const isFull = machine.tasks.length >= MOST_TASKS;
    // A fork flushes the address space wherever it is loaded.
    if (isFull || (flags === FORK && machine.isElsewhere(process.space))) return machine.call(task);
    const tid = machine.newTid(choice % 2 === 0);
    machine.enter(task);
    machine.at().enter(task.tid, 'clone3').fork(task.tid, tid, flags);
    const space = flags === FORK ? { users: 0 } : process.space;
    const child = machine.birth(tid, space, flags === THREAD ? process : undefined);
    if (flags !== THREAD) machine.births.push({ parent: process.pid, child: tid, shares: flags !== FORK });
    child.process!.truth.began++;
    machine.now += 300;
    if (flags !== VFORK) return void machine.at().exit(task.tid);
    [child.process!.waits, task.away] = [task, 'waits'];
    machine.switch('D', choice);
  },
  function execs(machine, task, process) {
    const hasOthers = process.threads > 1 || machine.tasks.some((each) => each !== task && each.tid === process.pid);
    if (hasOthers || machine.isElsewhere(process.space)) return machine.call(task);
    machine.enter(task);
    machine.at().enter(task.tid, 'execve').exec(process.pid, '/bin/x', task.tid).exit(process.pid);
    machine.now += 300;
    // It goes on under the id of the leader, if it was another thread.
    task.tid = process.pid;
    machine.leave(process, { users: 1 }, true);
  },
  function ends(machine, task, process, choice) {
    const isLast = process.threads === 1 && process.space.users === 1;
    if (isLast && machine.isElsewhere(process.space)) return machine.call(task);
    machine.enter(task);
    task.returning = false;
    machine.at().enter(task.tid, 'exit').end(task.tid);
    machine.now += 200;
    process.threads--;
    if (process.threads === 0) machine.leave(process, { users: 0 }, isLast);
    if (choice % 3 > 0) return machine.gone(task, choice);
    task.away = 'ends';
    machine.switch('R', choice);
  },
];

/** Calls that some rule of an opt-out is about, with their arguments; `PID` is that of another process. */
const PID = -100;
const FRIENDS: readonly (readonly [call: string, args: readonly number[], result?: number])[] = [
  ['setuid', [33]],
  ['setuid', [33], -1],
  ['setuid', [0]],
  ['setgid', [33]],
  ['setreuid', [-1, 1000]],
  ['setresuid', [-1, 0, -1]],
  ['setfsuid', [1000], 33],
  ['getuid', [], 1000],
  ['geteuid', [], 0],
  ['setgroups', [0, 0]],
  ['unshare', [0x1000_0000]],
  ['seccomp', [1]],
  ['prctl', [22, 2]],
  ['ptrace', [16, PID]],
];

/** What a user task may do beside {@link ACTIONS} where the opt-out is what matters. */
const MORE_ACTIONS: typeof ACTIONS = [
  function callsFriend(machine, task, _, choice) {
    const [call, args, result] = FRIENDS[choice % FRIENDS.length];
    const pids = [...machine.byPid.keys()];
    machine.enter(task);
    const values = args.map((value) => (value === PID ? pids[choice % pids.length] : value));
    machine.at().call(task.tid, call, values, result);
    machine.now += 300;
  },
  function isRescheduledLate(machine, task, _, choice) {
    machine.call(task);
    machine.switch('R', choice, 5_000);
  },
  function computes(machine, task) {
    machine.call(task);
    machine.now += LONG_NS;
  },
];
const ALL_ACTIONS = [...ACTIONS, ...MORE_ACTIONS];

function interruptsKernel(machine: Machine, task: Task, choice: number): void {
  if (choice % 3 === 0) machine.at(LONG_NS).nmi(task.tid);
  else machine.at().irq(task.tid, 236, choice % 3 === 1 ? { depth: 1 } : {});
}

/** What proves kernel mode by itself, at whatever time. */
function addsNoise({ recording, now }: Machine, task: Task, choice: number): void {
  if (choice % 4 === 0) recording.at(now).irq(task.tid, 236, { depth: 1 + (choice % 2) });
  if (choice % 4 === 1) recording.at(now).deviceIrq(task.tid, 24, { flags: 0x10 });
  if (choice % 4 === 2) recording.at(now).kernelFault(task.tid);
}

/** What happens on a fresh machine; `noise` adds events that must change nothing. */
export function streamOf({ cpus, steps }: Scenario, noise = false): Stream {
  const machine = new Machine(cpus);
  for (const { cpu, what, choice } of steps) {
    const task = machine.onCpu(cpu);
    if (noise) addsNoise(machine, task, choice);
    if (task.process) ALL_ACTIONS[what](machine, task, task.process, choice);
    else if (what % 4 === 0) interruptsKernel(machine, task, choice);
    else machine.switch('S', choice);
  }
  for (const task of machine.on) machine.returned(task);
  return machine;
}

const scenariosOf = (actions: number): fc.Arbitrary<Scenario> =>
  fc.record({
    cpus: fc.integer({ min: 1, max: 4 }),
    steps: fc.array(fc.record({ cpu: fc.nat(3), what: fc.nat(actions - 1), choice: fc.nat(59) }), {
      minLength: 1,
      maxLength: 80,
      size: 'max',
    }),
  });

/** A machine of 1 to 4 CPUs and what happens on it. */
export const scenarios = scenariosOf(ACTIONS.length);
/** The same, with calls that rules of the opt-out are about. */
export const optOutScenarios = scenariosOf(ALL_ACTIONS.length);
