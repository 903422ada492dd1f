/**
 * The opt-outs of all lanes, told together: what the recording shows (births, execs, calls that return) and what was asked for
 * beside it becomes events of each lane's state machine.
 */
import type { Health } from '../../trace/health.ts';
import type { StringTable } from '../../trace/strings.ts';
import type { Lane } from '../lane.ts';
import type { Mm, Process, Task } from '../tasks.ts';
import { afterExec, applyCredentialCall, areApart, isCredentialCall, type Ids } from './credentials.ts';
import { NEW_USER, effectOf, isWatched } from './friends.ts';
import { OptOut, type Aim, type BeforeExec, type Means, type Surroundings } from './optout.ts';
import type { Heard, OptOutCall, Requests, SecureExec, TimedCall } from './requests.ts';
import { isExposed, type Moment } from './states.ts';
import { Wrappers } from './wrappers.ts';

/** Results of calls that a kernel refused: EPERM and EACCES. Any other error is that of a kernel without the call. */
const REFUSED: ReadonlySet<bigint> = new Set([-1n, -13n]);
const MOST_ARGUMENTS = 6;

/** What the opt-outs ask of the rest of the replay. */
export interface Neighbours extends Surroundings {
  find(tid: number): Task | undefined;
  readonly processes: readonly Process[];
}

export class OptOuts {
  /** By lane; undefined where the lane's policy has no opt-out. */
  readonly all: readonly (OptOut | undefined)[];
  readonly wrappers: Wrappers;
  /** Ids at the start that a call showed. */
  learntIds = 0;
  readonly #active: readonly OptOut[];
  /** Those in which somebody has to ask. */
  readonly #asked: readonly OptOut[];
  /** By number: whether a call's arguments are needed; asked at every call. */
  readonly #watched = Uint8Array.from({ length: 512 }, (_, nr) => (isWatched(nr) ? 1 : 0));
  readonly #calls: ReadonlyMap<number, readonly OptOutCall[]>;
  /** In the order of their times. */
  #timed: TimedCall[] = [];
  #begun = false;
  /** Of processes that were not there yet. */
  #waiting: readonly TimedCall[] = [];
  /** How often the recording had each call and mark of the requests. */
  readonly #heard = new Map<object, number>();
  /** Processes whose state at the start was told. */
  readonly #started = new Set<number>();
  readonly #noNewPrivileges = new WeakSet<Process>();
  readonly #tracedBy = new WeakMap<Process, Process>();

  constructor(
    lanes: readonly Lane[],
    private readonly requests: Requests,
    private readonly around: Neighbours,
    private readonly strings: StringTable,
    private readonly health: Health,
  ) {
    this.all = lanes.map((lane) => lane.policy.optOut && new OptOut(lane, lane.policy.optOut, around));
    this.#active = this.all.filter((optOut) => optOut !== undefined);
    this.#asked = this.#active.filter(({ rules }) => rules.start === 'on');
    this.wrappers = new Wrappers(requests, this.#asked, strings);
    const calls = new Map<number, OptOutCall[]>();
    for (const call of requests.calls ?? []) calls.set(call.nr, [...(calls.get(call.nr) ?? []), call]);
    this.#calls = calls;
    for (const nr of calls.keys()) if (nr < this.#watched.length) this.#watched[nr] = 1;
  }

  /** Whether a call's arguments are needed when it returns. */
  watches(nr: number): boolean {
    return nr >= 0 && nr < this.#watched.length ? this.#watched[nr] === 1 : this.#calls.has(nr);
  }

  /** When the next timed call is due. */
  get nextTimed(): number {
    if (!this.#begun) return -Infinity;
    return this.#timed.length > 0 ? this.#timed[0].atNs : Infinity;
  }

  /**
   * Acts on the timed calls that are due.
   *
   * @param originNs - the recording's clock at time 0: what is not below it is a time on that clock
   */
  due(time: number, originNs: bigint): void {
    if (!this.#begun) {
      const origin = Number(originNs);
      const since = (atNs: number): number => (origin > 0 && atNs >= origin ? atNs - origin : atNs);
      this.#timed = (this.requests.events ?? [])
        .map((call) => ({ ...call, atNs: since(call.atNs) }))
        .sort((a, b) => a.atNs - b.atNs);
      this.#begun = true;
    }
    while (this.nextTimed <= time) {
      const call = this.#timed.shift()!;
      if (!this.#actOn(call, call.atNs)) this.#waiting = [...this.#waiting, call];
    }
  }

  /** Timed calls of processes that the recording does not have; asked at its end. */
  get missed(): readonly TimedCall[] {
    return this.#waiting;
  }

  /** Ids whose state at the start was told and that no process has which is older than the recording; asked at its end. */
  get unstarted(): readonly number[] {
    return [...(this.requests.startState?.keys() ?? [])].filter((pid) => !this.#started.has(pid));
  }

  /** Timed calls after the end of the recording; asked there. */
  get late(): readonly TimedCall[] {
    return this.#timed;
  }

  /** What was asked beside wrappers; at the end of the recording. */
  get heard(): readonly Heard[] {
    const { calls = [], marks = [], events = [] } = this.requests;
    const times = (asked: object): number => this.#heard.get(asked) ?? 0;
    return [
      ...calls.map((call, i) => ({ name: `calls[${i}]`, times: times(call) })),
      ...marks.map((mark, i) => ({ name: `marks[${i}]`, times: times(mark) })),
      ...events.map(({ name }) => ({ name, times: 1 })),
    ];
  }

  born(process: Process, parent: Process | undefined, at: Moment): void {
    if (parent && this.#noNewPrivileges.has(parent)) this.#noNewPrivileges.add(process);
    if (!parent) process.ids = this.requests.credentials?.get(process.pid) ?? process.ids;
    for (const optOut of this.#active) optOut.born(process, parent, at);
    if (parent) return;
    const state = process.bornInTrace ? undefined : this.requests.startState?.get(process.pid);
    if (state) this.#started.add(process.pid);
    if (state) for (const optOut of this.#asked) optOut.start(process, state, 'startState', at);
  }

  /** A process has its first event of its own; of an older one, wrappers count from the start. */
  begins(process: Process, task: Task): void {
    if (!process.bornInTrace) this.wrappers.atStart(process, { timeNs: 0, tid: task.tid, task });
  }

  /** Somebody has had a first event: timed calls may have waited for it. */
  seen(timeNs: number): void {
    this.#waiting = this.#waiting.filter((call) => !this.#actOn(call, timeNs));
  }

  joined(task: Task, maker: Task | undefined): void {
    for (const optOut of this.#active) optOut.joined(task, maker);
  }

  left(mm: Mm, at: Moment): void {
    for (const optOut of this.#active) optOut.left(mm, at);
  }

  /** An exec is about to replace the address space of a task's process. */
  beforeExec(task: Task): readonly BeforeExec[] {
    return this.#active.map((optOut) => optOut.beforeExec(task));
  }

  /** It has replaced it. */
  execed(task: Task, before: readonly BeforeExec[], at: Moment): void {
    this.#active.forEach((optOut, i) => optOut.execed(task, before[i], at));
  }

  /** The event of an exec tells which program it is: marks, what it gained, and wrappers that exec'd it. */
  programmed(process: Process, at: Moment): void {
    const file = this.strings.text(process.exe);
    const { marks = [], secureExecs = [] } = this.requests;
    const { ids } = process;
    const program = this.#noNewPrivileges.has(process) ? undefined : secureExecs.find(({ exe }) => exe.test(file));
    const to = program && gainedIds(ids, program);
    if (to || areApart(ids)) for (const optOut of this.#active) optOut.gainedByExec(process, at);
    process.ids = afterExec(ids, to);
    for (const mark of marks) {
      if (!mark.exe.test(file)) continue;
      this.#hear(mark);
      for (const optOut of this.#asked) optOut.marked(process, mark.means, `mark ${mark.text}`, at);
    }
    this.wrappers.atExec(process, at);
  }

  /** A task was made with these flags. */
  made(process: Process, flags: number | undefined, at: Moment): void {
    if (((flags ?? 0) & NEW_USER) === 0) return;
    for (const optOut of this.#active) optOut.newUserNamespace(process, at);
  }

  /** A call that {@link watches} wanted returned. */
  returned(task: Task, nr: number, result: bigint, timeNs: number): void {
    const at = { timeNs, tid: task.tid, task };
    const { process } = task;
    if (isCredentialCall(nr)) this.#credentials(process, nr, task.arguments, result, at);
    this.#friends(process, nr, task.arguments, result, at);
    const call = this.#calls.get(nr)?.find((each) => matches(each, task.arguments));
    if (!call || REFUSED.has(result)) return;
    this.#hear(call);
    this.#ask(process, call.means, call, `call ${nr}`, at);
  }

  #hear(asked: object): void {
    this.#heard.set(asked, (this.#heard.get(asked) ?? 0) + 1);
  }

  /** What is to be said of it all. */
  finish(): void {
    const init = this.#active.some(({ transitions }) =>
      transitions.some(({ process, to }) => process.pid === 1 && isExposed(to)),
    );
    if (init) this.health.count('opted-out-init');
    const refused = this.#asked.reduce((sum, optOut) => sum + optOut.refused, 0);
    if (refused > 0) this.health.count('refused-opt-out', {}, refused);
  }

  #credentials(process: Process, nr: number, args: readonly bigint[], result: bigint, at: Moment): void {
    const change = applyCredentialCall(process.ids, nr, args, result);
    process.ids = change.ids;
    if (change.learnt) {
      this.learntIds++;
      this.health.count('inferred-credentials', { ns: at.timeNs });
    }
    for (const optOut of this.#active) optOut.credentials(process, change, at);
  }

  #friends(process: Process, nr: number, args: readonly bigint[], result: bigint, at: Moment): void {
    const effect = effectOf(nr, args, result);
    if (!effect) return;
    switch (effect.what) {
      case 'no-new-privileges':
        this.#noNewPrivileges.add(process);
        return;
      case 'traceme':
        if (process.parent) this.#tracedBy.set(process, process.parent);
        return;
      case 'attach':
        return this.#attached(process, effect.pid, effect.stays, at);
      case 'detach': {
        const tracee = this.around.find(effect.pid);
        if (tracee) this.#tracedBy.delete(tracee.process);
        return;
      }
      default:
        for (const optOut of this.#active) optOut[effect.what](process, at);
    }
  }

  #attached(tracer: Process, pid: number, stays: boolean, at: Moment): void {
    const tracee = this.around.find(pid)?.process;
    if (!tracee || tracee.kernel) return;
    if (stays) this.#tracedBy.set(tracee, tracer);
    // Root has every capability; of others, none is known to have this one.
    if (tracer.ids.euid === 0) return;
    for (const optOut of this.#active)
      if (optOut.traced(tracee, at)) this.health.count('refused-attach', { ns: at.timeNs });
  }

  #actOn(call: TimedCall, timeNs: number): boolean {
    const { pid, means } = call;
    if (means === 'force' && pid === undefined) {
      for (const optOut of this.#active) optOut.force(this.around.processes, { timeNs, tid: 0 });
      return true;
    }
    const task = pid === undefined ? undefined : this.around.find(pid);
    if (!task || task.process.kernel || !task.process.seen) return false;
    this.#ask(task.process, means === 'force' ? 'seal' : means, call, call.name, { timeNs, tid: task.tid, task });
    return true;
  }

  /** A call by a thread of its own, which may or may not be allowed to. */
  #ask(process: Process, means: Means, aim: Aim, rule: string, at: Moment): void {
    const { euid } = process.ids;
    const tracer = this.#tracedBy.get(process);
    const caller = {
      root: euid === undefined ? undefined : euid === 0,
      tracerIsRoot: tracer?.ids.euid === undefined ? undefined : tracer.ids.euid === 0,
    };
    if (means === 'off' && caller.root === undefined) this.health.count('assumed-capable', { ns: at.timeNs });
    for (const optOut of this.#asked) optOut.ask(process, means, aim, rule, at, caller);
  }
}

/** The effective ids a program brings, where it gains anything; unknown ones where it is not told whose it is. */
function gainedIds(ids: Ids, { uid, gid }: SecureExec): Pick<Ids, 'euid' | 'egid'> | undefined {
  // Root has all of it already.
  if (uid === undefined && gid === undefined) return ids.euid === 0 ? undefined : { euid: undefined, egid: undefined };
  const to = { euid: uid ?? ids.euid, egid: gid ?? ids.egid };
  return to.euid === ids.euid && to.egid === ids.egid ? undefined : to;
}

function matches({ arguments: wanted }: OptOutCall, args: readonly bigint[]): boolean {
  for (const [i, value] of wanted)
    if (i >= MOST_ARGUMENTS || BigInt.asUintN(64, args[i] ?? 0n) !== BigInt.asUintN(64, value)) return false;
  return true;
}
