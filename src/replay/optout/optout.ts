/**
 * The opt-out of one lane as a state machine: who wants it, which address spaces (or threads) have it, and every change. Rules
 * are data (`rules.ts`). A refused call changes nothing; sealing and forcing are for good.
 */
import { assert } from '../../errors.ts';
import type { Lane } from '../lane.ts';
import type { OptOutRules } from '../policies/index.ts';
import type { Mm, Process, Task } from '../tasks.ts';
import type { CredentialChange } from './credentials.ts';
import type { Moment, PtiState, Transition, TransitionEvent } from './states.ts';
import { Threads } from './threads.ts';
import { Wishes, type Wish } from './wishes.ts';

/** What a lane's opt-out asks of the kernel around it. */
export interface Surroundings {
  /** Told before the state of an address space may change: who runs in it in user mode has returned on the old tables. */
  settle(mm: Mm, timeNs: number): void;
  /** Isolation went or came back in an address space in use. */
  changed(lane: Lane, mm: Mm, isolated: boolean, process: Process, at: Moment): void;
}

/** What a call asks for. `seal`: isolated for good. */
export type Means = 'off' | 'on' | 'seal';

/** Whom and when a call means; left out: the caller, now. */
export interface Aim {
  /** At the caller's next exec. */
  readonly next?: boolean | undefined;
  /** The children it makes from now on, and not itself. */
  readonly children?: boolean | undefined;
}

/** What is known of who asks; undefined: nothing, and then it is taken as allowed. */
export interface Caller {
  readonly root: boolean | undefined;
  /** Of its tracer, if it has one. */
  readonly tracerIsRoot: boolean | undefined;
}

/** What an exec leaves behind: kept from before it until its new address space is there. */
export interface BeforeExec {
  readonly state: PtiState;
  readonly wish: Readonly<Wish>;
}

const EVENT_OF: Readonly<Record<Means, TransitionEvent>> = { off: 'opt-out', on: 'opt-in', seal: 'seal' };

export class OptOut {
  readonly transitions: Transition[] = [];
  /** Calls that the rules refused. */
  refused = 0;
  readonly #wishes: Wishes;
  readonly #threads: Threads | undefined;
  readonly #sealed = new WeakSet<Process>();
  #forced = false;

  constructor(
    readonly lane: Lane,
    readonly rules: OptOutRules,
    private readonly around: Surroundings,
  ) {
    this.#wishes = new Wishes(rules.scope);
    this.#threads = rules.scope === 'thread' ? new Threads() : undefined;
  }

  /** The state of a process, or of a thread where those are in or out by themselves: of a process, its leader's. */
  stateOf(process: Process, task?: Task): PtiState {
    const thread = this.#threads && (task ?? this.#threads.leader(process));
    const wants = this.#wants(process, thread);
    // A process of which no thread is known is as the first of its threads will be.
    const open = thread ? this.lane.isOpenTask(thread.slot) : this.#threads ? wants : this.lane.isOpen(process.mm.id);
    const atExec = this.rules.effect === 'exec';
    if (wants) return open ? 'off (opted out)' : atExec ? 'off pending exec' : 'on (shared mm)';
    if (open && atExec) return 'on pending exec';
    return this.#isForced(process) ? 'on (forced)' : 'on';
  }

  /** The state at the start of the trace. */
  start(process: Process, means: Means, rule: string, at: Moment): void {
    this.#change(process, undefined, 'start', rule, at, true, () => this.#wish(process, undefined, means));
  }

  /**
   * A call: by a thread of the process, or by somebody who may do it for a process.
   *
   * @param caller - what is known of who calls
   */
  ask(process: Process, means: Means, aim: Aim, rule: string, at: Moment, caller: Caller): void {
    if (!this.#allows(process, means, caller)) {
      this.refused++;
      return;
    }
    const off = means === 'off';
    const change: Partial<Wish> = aim.next ? { next: off } : aim.children ? { children: off } : { off };
    this.#change(process, at.task, EVENT_OF[means], rule, at, false, () => {
      if (means === 'seal') this.#wish(process, at.task, means);
      else this.#wishes.set(process, at.task, change);
    });
  }

  /** A wrapper, who may ask and then exec'd the process: the address space is new. */
  wrapped(process: Process, means: 'off' | 'on', rule: string, at: Moment): void {
    // An exec drops what its wrapper asked for, unless that is inherited over exec.
    if (means === 'off' && this.rules.inherit !== 'fork+exec') return;
    this.marked(process, means, rule, at);
  }

  /** Nobody is without isolation from here on. */
  force(processes: readonly Process[], at: Moment): void {
    if (this.rules.lock === 'none') {
      this.refused++;
      return;
    }
    const alive = processes.filter((process) => !process.kernel && process.liveThreads > 0);
    const before = alive.map((process) => this.stateOf(process));
    for (const { mm } of alive) this.around.settle(mm, at.timeNs);
    this.#forced = true;
    for (const process of alive) this.#evaluate(process, at, false, true);
    alive.forEach((process, i) => this.#note(process, at, 'force', `lock=${this.rules.lock}`, before[i]));
  }

  /** A new process: what it gets of its parent's wish. */
  born(process: Process, parent: Process | undefined, at: Moment): void {
    if (!parent) {
      if (this.rules.start === 'off') this.start(process, 'off', 'start=off', at);
      return;
    }
    const shares = process.mm.users.size > 1;
    const { off, children, next } = this.#wishes.of(parent, at.task);
    const inherits = this.rules.inherit !== 'none' && (children ?? off);
    const event = shares ? 'clone-vm' : 'fork';
    this.#change(process, undefined, event, `inherit=${this.rules.inherit}`, at, !shares, () => {
      if (this.#sealed.has(parent)) this.#sealed.add(process);
      // The flag of an address space is there already.
      if (!shares || this.rules.scope !== 'mm') this.#wishes.set(process, undefined, { off: inherits, next, children });
    });
  }

  /** A thread joined a process; made by another of its threads, it is as that one. */
  joined(task: Task, maker: Task | undefined): void {
    const { process } = task;
    if (!this.#threads || process.kernel) return;
    // An address space that is what it is for its life: its threads are as those that are there.
    const there = this.rules.effect === 'exec' ? this.#threadBeside(process, maker) : undefined;
    this.#threads.add(task);
    if (maker?.process === process) this.#wishes.set(process, task, { ...this.#wishes.of(process, maker) });
    else this.#wishes.forget(task);
    this.lane.setOpenTask(task.slot, there ? this.lane.isOpenTask(there.slot) : this.#wants(process, task));
  }

  /** A thread in the address space of a process: the one given, or else any of its own. */
  #threadBeside(process: Process, maker: Task | undefined): Task | undefined {
    return maker?.process.mm === process.mm ? maker : this.#threads?.leader(process);
  }

  beforeExec(task: Task): BeforeExec {
    const { process } = task;
    return { state: this.stateOf(process, task), wish: this.#wishes.of(process, task) };
  }

  /** A new program: its address space is its own, whoever vetoed the old one. */
  execed(task: Task, before: BeforeExec, at: Moment): void {
    const { process } = task;
    const { off, next, children } = before.wish;
    const kept = this.rules.inherit === 'fork+exec' && off;
    this.#threads?.only(task);
    this.#wishes.forget(task);
    this.#wishes.set(process, undefined, { off: next ?? kept, next: undefined, children });
    this.#evaluate(process, at, true);
    const rule =
      next !== undefined ? 'when=next' : kept === off ? `scope=${this.rules.scope}` : `inherit=${this.rules.inherit}`;
    this.#note(process, at, 'exec', rule, before.state);
  }

  /** The new program gained privileges, or its ids are apart. */
  gainedByExec(process: Process, at: Moment): void {
    if (this.rules.secureExec === 'clear') this.#clear(process, 'secure-exec', 'secureExec=clear', at, true);
  }

  /** A program marked as to be run in or out of isolation; whoever marked it was allowed to. */
  marked(process: Process, means: 'off' | 'on', rule: string, at: Moment): void {
    if (means === 'off' && this.#isForced(process)) {
      this.refused++;
      return;
    }
    this.#change(process, undefined, EVENT_OF[means], rule, at, true, () => this.#wish(process, undefined, means));
  }

  /** A process left an mm that others still use. */
  left(mm: Mm, at: Moment): void {
    const [first] = mm.users;
    if (!first) return;
    this.#change(first, undefined, 'sharer-left', `scope=${this.rules.scope}`, at, false, () => undefined);
  }

  /** A set*id call returned. */
  credentials(process: Process, change: CredentialChange, at: Moment): void {
    const { setid } = this.rules;
    const clears = {
      change: change.changed,
      gain: change.gained,
      drop: change.gaveUpRoot,
      call: change.called,
      never: false,
    }[setid];
    if (clears) this.#clear(process, 'setid', `setid=${setid}`, at);
  }

  /** Something that a rule with two choices is about happened to a process. */
  setgroups(process: Process, at: Moment): void {
    if (this.rules.setgroups === 'clear') this.#clear(process, 'setid', 'setgroups=clear', at);
  }

  newUserNamespace(process: Process, at: Moment): void {
    if (this.rules.userns === 'clear') this.#clear(process, 'userns', 'userns=clear', at);
  }

  seccomp(process: Process, at: Moment): void {
    if (this.rules.seccomp !== 'force' || this.#isForced(process)) return;
    this.#change(process, at.task, 'seal', 'seccomp=force', at, false, () => this.#wish(process, at.task, 'seal'));
  }

  /**
   * A tracer attached to a process.
   *
   * @returns whether the rules would have refused it
   */
  traced(process: Process, at: Moment): boolean {
    if (!this.#wants(process, this.#threads?.leader(process))) return false;
    if (this.rules.ptrace === 'clear') this.#clear(process, 'ptrace', 'ptrace=clear', { ...at, task: undefined });
    return this.rules.ptrace === 'deny';
  }

  #allows(process: Process, means: Means, { root, tracerIsRoot }: Caller): boolean {
    if (means === 'on') return true;
    if (means === 'seal') return this.rules.lock === 'global+seal';
    // A capability of its own may have been handed to anybody.
    const needsRoot = this.rules.cap === 'sys-rawio' || this.rules.cap === 'root';
    if (needsRoot && root === false) return false;
    if (this.rules.ptrace === 'deny' && tracerIsRoot === false) return false;
    return !this.#isForced(process);
  }

  #clear(process: Process, event: TransitionEvent, rule: string, at: Moment, fresh = false): void {
    const { task } = at;
    const threads = task === undefined ? (this.#threads?.of(process) ?? []) : [];
    const wishes = [task, ...threads].map((each) => this.#wishes.of(process, each));
    if (!wishes.some(({ off, next, children }) => off || next === true || children === true)) return;
    this.#change(process, task, event, rule, at, fresh, () => {
      this.#wishes.set(process, task, { off: false, next: undefined, children: undefined });
      if (task === undefined) this.#forgetThreads(process);
    });
  }

  #wish(process: Process, task: Task | undefined, means: Means): void {
    if (means === 'seal') this.#sealed.add(process);
    this.#wishes.set(process, task, { off: means === 'off' });
    if (task === undefined) this.#forgetThreads(process);
  }

  /** What is said of a process holds for all its threads, whatever each asked for. */
  #forgetThreads(process: Process): void {
    for (const each of this.#threads?.of(process) ?? []) this.#wishes.forget(each);
  }

  /**
   * Changes what somebody wants and notes everybody whose state changes with it.
   *
   * @param fresh - nobody has run in the address space yet
   */
  #change(
    process: Process,
    task: Task | undefined,
    event: TransitionEvent,
    rule: string,
    at: Moment,
    fresh: boolean,
    act: () => void,
  ): void {
    // What holds from the start held before anybody was seen in user mode.
    if (event !== 'start') this.around.settle(process.mm, at.timeNs);
    const units = this.#threads?.of(process) ?? [];
    const users = [...process.mm.users];
    const isNew = event === 'fork' || event === 'clone-vm';
    const before =
      units.length > 0
        ? units.map((unit) => this.stateOf(process, unit))
        : users.map((user) => (isNew && user === process ? 'on' : this.stateOf(user)));
    act();
    this.#evaluate(process, at, fresh);
    if (units.length > 0) units.forEach((unit, i) => this.#note(process, at, event, rule, before[i], unit));
    else
      users.forEach((user, i) => {
        const own = user === process || event === 'sharer-left';
        this.#note(
          user,
          at,
          own ? event : 'clone-vm',
          user === process ? rule : `scope=${this.rules.scope}`,
          before[i],
        );
      });
    assert(task === undefined || task.process === process, 'a thread asks for its own process');
  }

  #note(process: Process, at: Moment, event: TransitionEvent, rule: string, from: PtiState, unit?: Task): void {
    const to = this.stateOf(process, unit);
    if (from === to) return;
    this.transitions.push({ timeNs: at.timeNs, process, tid: unit?.tid ?? at.tid, event, rule, from, to });
  }

  /** Brings page tables in line with what is wanted, unless they stay what they are for their life. */
  #evaluate(process: Process, at: Moment, fresh: boolean, forced = false): void {
    if (this.rules.effect === 'exec' && !fresh && !forced) return;
    const { lane } = this;
    const { mm } = process;
    const wasOpen = this.#isOpen(process);
    if (this.#threads)
      for (const thread of this.#threads.of(process)) lane.setOpenTask(thread.slot, this.#wants(process, thread));
    else lane.setOpen(mm.id, mm.users.size > 0 && [...mm.users].every((user) => this.#wants(user)));
    const isOpen = this.#isOpen(process);
    if (wasOpen !== isOpen && !fresh) this.around.changed(lane, mm, wasOpen, process, at);
  }

  #isOpen(process: Process): boolean {
    if (!this.#threads) return this.lane.isOpen(process.mm.id);
    return this.#threads.of(process).some((thread) => this.lane.isOpenTask(thread.slot));
  }

  #isForced(process: Process): boolean {
    return this.#forced || this.#sealed.has(process);
  }

  #wants(process: Process, task?: Task): boolean {
    return !this.#isForced(process) && this.#wishes.of(process, task).off;
  }
}
