/**
 * The opt-out of one lane: who wants it, and which address spaces have it. A process wants; an mm has it while every process
 * that uses it wants it, so a vfork child that opts in vetoes for as long as it shares its parent's mm.
 */
import type { CredentialChange } from './credentials.ts';
import type { Lane } from '../lane.ts';
import type { OptOutRules } from '../policies/index.ts';
import type { Mm, Process } from '../tasks.ts';

/** The state of a process, in the words of the simulated `/proc/<pid>/status` line. */
export type PtiState = 'off (boot)' | 'on' | 'on (shared mm)' | 'off (opted out)';

export type TransitionEvent = 'start' | 'opt-out' | 'opt-in' | 'fork' | 'clone-vm' | 'exec' | 'setid' | 'sharer-left';

/** One change of state of one process. */
export interface Transition {
  readonly timeNs: number;
  readonly process: Process;
  readonly tid: number;
  readonly event: TransitionEvent;
  /** The named choice that decided. */
  readonly rule: string;
  readonly from: PtiState;
  readonly to: PtiState;
}

/** When and by which thread something happened. */
export interface Moment {
  readonly timeNs: number;
  readonly tid: number;
}

export class OptOut {
  readonly transitions: Transition[] = [];
  /** By process index. */
  #wants = new Uint8Array(64);

  /** @param onChange - told before the state of an mm may change */
  constructor(
    readonly lane: Lane,
    readonly rules: OptOutRules,
    private readonly onChange: (mm: Mm, timeNs: number) => void,
  ) {}

  stateOf(process: Process): PtiState {
    if (!this.#wantsOff(process)) return 'on';
    return this.lane.isOpen(process.mm.id) ? 'off (opted out)' : 'on (shared mm)';
  }

  /** A wrapper's call, or the state at the start of the trace. */
  set(process: Process, off: boolean, event: TransitionEvent, rule: string, at: Moment): void {
    this.#change(process, event, rule, at, () => this.#want(process, off));
  }

  /** A new process: it inherits what its parent wants. */
  born(process: Process, parent: Process | undefined, at: Moment): void {
    if (!parent) {
      if (this.rules.start === 'off') this.set(process, true, 'start', 'start=off', at);
      return;
    }
    const event = process.mm.users.size > 1 ? 'clone-vm' : 'fork';
    const inherits = this.#wantsOff(parent);
    this.#change(process, event, `inherit=${this.rules.inherit}`, at, () => this.#want(process, inherits));
  }

  /** A new program: what the process wants stays, and its new mm is its own, whoever vetoed it before. */
  execed(process: Process, before: PtiState, at: Moment): void {
    this.#evaluate(process.mm);
    const to = this.stateOf(process);
    if (to === before) return;
    const rule = `scope=${this.rules.scope}`;
    this.transitions.push({ timeNs: at.timeNs, process, tid: at.tid, event: 'exec', rule, from: before, to });
  }

  /** A process left an mm that others still use. */
  left(mm: Mm, at: Moment): void {
    const [first] = mm.users;
    if (first) this.#change(first, 'sharer-left', `scope=${this.rules.scope}`, at, () => undefined);
  }

  /** A set*id call returned. */
  credentials(process: Process, change: CredentialChange, at: Moment): void {
    const clears = { change: change.changed, gain: change.gained, call: change.called, never: false }[this.rules.setid];
    if (clears && this.#wantsOff(process)) this.set(process, false, 'setid', `setid=${this.rules.setid}`, at);
  }

  /** Changes what a process wants and notes every process of its mm whose state changes with it. */
  #change(process: Process, event: TransitionEvent, rule: string, at: Moment, act: () => void): void {
    // What holds from the start held before anybody was seen in user mode.
    if (event !== 'start') this.onChange(process.mm, at.timeNs);
    const users = [...process.mm.users];
    const before = users.map((user) => this.stateOf(user));
    act();
    this.#evaluate(process.mm);
    users.forEach((user, i) => {
      const [from, to] = [before[i], this.stateOf(user)];
      if (from === to) return;
      const own = user === process;
      this.transitions.push({
        timeNs: at.timeNs,
        process: user,
        tid: at.tid,
        event: own || event === 'sharer-left' ? event : 'clone-vm',
        rule: own ? rule : `scope=${this.rules.scope}`,
        from,
        to,
      });
    });
  }

  #evaluate(mm: Mm): void {
    let open = mm.users.size > 0;
    for (const user of mm.users) open &&= this.#wantsOff(user);
    this.lane.setOpen(mm.id, open);
  }

  #wantsOff(process: Process): boolean {
    return this.#wants[process.index] === 1;
  }

  #want(process: Process, off: boolean): void {
    if (process.index >= this.#wants.length) {
      const wider = new Uint8Array(Math.max(this.#wants.length * 2, process.index + 1));
      wider.set(this.#wants);
      this.#wants = wider;
    }
    this.#wants[process.index] = off ? 1 : 0;
  }
}
