/**
 * Who made whom, where no tracepoint tells: a call that made a task returns its id, and the task's own first line is the return of that call, at a
 * time that perf does not know.
 */
import type { TracedCall } from './calls.ts';

/** What is known of a task between its lines. */
export interface TracedTask {
  readonly tid: number;
  /** Id of its name; 0 where no line told it. */
  name: number;
  /** Of its last event: times are rounded, so the end of a call may seem to come after the begin of the next. */
  lastNs: number;
  /** A call that was broken off by another line, if it makes a task or execs. */
  open: OpenCall | undefined;
  /** The call whose return is all that is known of it so far. */
  unborn: { readonly call: TracedCall; readonly result: number; readonly place: number } | undefined;
  /** Its birth was told. */
  born: boolean;
}

export interface OpenCall {
  readonly call: TracedCall;
  readonly ns: number;
  /** Clone flags, or the id of the file's name. */
  readonly value: number;
  /** The task that it made, where a line of that one came first. */
  child: number;
}

/** Tasks that are kept; more is no trace of one machine at one time. */
const MOST_TASKS = 1 << 17;
/** Tasks that are looked through for the maker of another. */
const MOST_MAKERS = 1 << 10;

export class TracedTasks {
  readonly #byTid = new Map<number, TracedTask>();
  /** Inside a call that makes a task, in the order of their begins. */
  readonly #creators = new Set<TracedTask>();
  readonly #unborn = new Set<TracedTask>();
  #last: TracedTask | undefined;

  of(tid: number): TracedTask {
    if (this.#last?.tid === tid) return this.#last;
    const known = this.#byTid.get(tid);
    if (known) return (this.#last = known);
    if (this.#byTid.size >= MOST_TASKS) this.#forget();
    const task: TracedTask = { tid, name: 0, lastNs: -Infinity, open: undefined, unborn: undefined, born: false };
    this.#byTid.set(tid, task);
    return (this.#last = task);
  }

  #forget(): void {
    this.#byTid.clear();
    this.#creators.clear();
    this.#unborn.clear();
  }

  opens(task: TracedTask, open: OpenCall): void {
    this.closes(task);
    task.open = open;
    if (open.call.effect === 'birth' && this.#creators.size < MOST_MAKERS) this.#creators.add(task);
  }

  closes(task: TracedTask): OpenCall | undefined {
    const { open } = task;
    task.open = undefined;
    this.#creators.delete(task);
    return open;
  }

  /** The tasks inside of `call` whose child no line has told of. */
  makersBy(call: TracedCall): readonly TracedTask[] {
    return [...this.#creators].filter(({ open }) => open?.call === call && open.child < 0);
  }

  waits(task: TracedTask, call: TracedCall, result: number, place: number): void {
    task.unborn = { call, result, place };
    this.#unborn.add(task);
  }

  get crowded(): boolean {
    return this.#unborn.size >= MOST_MAKERS;
  }

  settled(task: TracedTask): void {
    task.unborn = undefined;
    this.#unborn.delete(task);
  }

  /** The first task that waits for somebody to have made it by `call`. */
  unbornBy(call: TracedCall): TracedTask | undefined {
    for (const task of this.#unborn) if (task.unborn?.call === call) return task;
    return undefined;
  }

  /** All that still wait. */
  unborn(): readonly TracedTask[] {
    return [...this.#unborn];
  }

  /** Its id may be another's from now on. */
  ends(task: TracedTask): void {
    this.closes(task);
    this.settled(task);
    task.born = false;
  }
}
