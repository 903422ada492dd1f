/** Who is who on the lines of strace: tasks by the id on the line, what call each is in, and who made whom. */
import type { Call } from './calls.ts';

export interface StraceTask {
  /** As events tell it; {@link UNNAMED} where no line does. */
  tid: number;
  /** The call it is in; undefined outside of one. */
  call: Call | undefined;
  enteredNs: number;
  /** Byte of the line on which it entered: lines are in order. */
  enteredAt: number;
  /** Of an exec the file, of a new name the name, as ids of texts. */
  text: number;
  /** Of a call that makes a task: its clone flags, and the child where a line told it before the call's end. */
  flags: number;
  child: number;
  /** Number of the call that made it, until it returns from it for the first time; -1 where it need not. */
  returnsFrom: number;
  /** The id it had when it called exec. */
  execFrom: number;
  /** Its maker was inferred: the line that may tell the true one comes too late. */
  makerInferred: boolean;
}

/** Id of the task of lines without one. */
export const UNNAMED = -1;

export class StraceTasks {
  readonly #byTid = new Map<number, StraceTask>();
  readonly #live = new Set<StraceTask>();
  /** Those inside a call that makes a task, in the order of their begins. */
  readonly creators = new Set<StraceTask>();
  /** Those inside an exec whose end stands on another line. */
  readonly execs = new Set<StraceTask>();
  /** The task of lines without an id. */
  #unnamed: StraceTask | undefined;
  /** Whether an id may still turn out to be that of the task without one. */
  #mayBeUnnamed = true;
  #named = false;
  #last: StraceTask | undefined;
  #lastTid = 0;

  /** @param firstTid - the id of the task of lines without one, or {@link UNNAMED} */
  constructor(private readonly firstTid: number) {}

  /** The task of a line without an id: strace leaves it out while it traces only one. */
  unnamed(): StraceTask {
    if (this.#named && this.#live.size === 1) for (const only of this.#live) return only;
    if (this.#unnamed) return this.#unnamed;
    this.#unnamed = this.#add(this.firstTid);
    return this.#unnamed;
  }

  /** The task with an id, told by another line than its own; undefined where no line told of it. */
  told(tid: number): StraceTask | undefined {
    return this.#byTid.get(tid);
  }

  /** The task with the id of a line; undefined where no line told of it. */
  find(tid: number): StraceTask | undefined {
    if (this.#last && this.#lastTid === tid) return this.#last;
    const task = this.#byTid.get(tid);
    if (!task) return undefined;
    this.#named = true;
    if (task === this.#unnamed) this.#mayBeUnnamed = false;
    this.#last = task;
    this.#lastTid = tid;
    return task;
  }

  /**
   * A task whose id no line had before.
   *
   * @param goesOn - the line is the end of a call, so the task is older than the line
   */
  add(tid: number, goesOn: boolean): StraceTask {
    this.#named = true;
    const unnamed = this.#unnamed;
    if (unnamed && this.#mayBeUnnamed && this.#live.has(unnamed) && (goesOn || this.creators.size === 0)) {
      this.#mayBeUnnamed = false;
      this.#byTid.set(tid, unnamed);
      return unnamed;
    }
    return this.#add(tid);
  }

  born(tid: number, returnsFrom: number): void {
    const old = this.#byTid.get(tid);
    if (old) this.end(old);
    this.#add(tid).returnsFrom = returnsFrom;
  }

  /** A task ended: its id may come again. */
  end(task: StraceTask): void {
    this.#live.delete(task);
    this.creators.delete(task);
    this.execs.delete(task);
    if (this.#byTid.get(task.tid) === task) this.#byTid.delete(task.tid);
    if (this.#last === task) this.#last = undefined;
  }

  /** A thread that is not the leader execs: it goes on under the leader's id. */
  move(task: StraceTask, tid: number): void {
    const leader = this.#byTid.get(tid);
    if (leader === task) return;
    if (leader) this.end(leader);
    if (this.#byTid.get(task.tid) === task) this.#byTid.delete(task.tid);
    this.#last = undefined;
    task.tid = tid;
    this.#byTid.set(tid, task);
  }

  #add(tid: number): StraceTask {
    const task: StraceTask = {
      tid,
      call: undefined,
      enteredNs: 0,
      enteredAt: 0,
      text: 0,
      flags: 0,
      child: 0,
      returnsFrom: -1,
      execFrom: 0,
      makerInferred: false,
    };
    if (tid !== UNNAMED) this.#byTid.set(tid, task);
    this.#live.add(task);
    return task;
  }
}
