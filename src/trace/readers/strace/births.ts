/** Who made whom. A child's first line may come before the end of the call that made it: then it waits for that end. */
import { ARGS, Kind, type EventBatch } from '../../event.ts';
import type { Health } from '../../health.ts';
import type { Rows } from './rows.ts';
import type { StraceTask, StraceTasks } from './tasks.ts';

/** Rows reserved for a child whose parent is not known yet. */
interface Waiting {
  readonly child: StraceTask;
  /** Byte of its first line. */
  readonly place: number;
  readonly birth: ReservedRow;
  /** Its return from the call that made it. */
  firstReturn: ReservedRow | undefined;
}
interface ReservedRow {
  readonly batch: EventBatch;
  readonly row: number;
}

export class Births {
  readonly #waiting = new Map<number, Waiting>();

  constructor(
    private readonly tasks: StraceTasks,
    private readonly rows: Rows,
    private readonly health: Health,
  ) {}

  /** A task that no line told of, while others are inside calls that make one. `row` is for its birth, if it is one of theirs. */
  await(child: StraceTask, row: number): void {
    const { batch } = this.rows;
    batch.nr[row] = child.tid;
    this.rows.reserve(row);
    const earlier = this.#waiting.get(child.tid);
    if (earlier) this.#drop(earlier);
    child.returnsFrom = 0;
    this.#waiting.set(child.tid, { child, place: batch.place[row], birth: { batch, row }, firstReturn: undefined });
    this.rows.hold();
  }

  /** A task has its first call, so it returned from the one that made it, which no line tells. `row` is for that. */
  firstReturn(task: StraceTask, row: number): void {
    const waiting = this.#waitingOf(task);
    const { batch } = this.rows;
    if (waiting) {
      this.rows.reserve(row);
      waiting.firstReturn = { batch, row };
    } else batch.nr[row] = task.returnsFrom;
    task.returnsFrom = -1;
  }

  /** The call of `parent` made a task with this id. False where no line has told of that one, so its birth is still to be told. */
  found(parent: StraceTask, tid: number): boolean {
    const waiting = this.#waiting.get(tid);
    if (!waiting) {
      const child = this.tasks.told(tid);
      const inferred = child?.makerInferred === true;
      if (inferred) child.makerInferred = false;
      return inferred;
    }
    // A task that is older than the call is another with the same id.
    if (waiting.place <= parent.enteredAt) return false;
    this.#fill(waiting, parent);
    return true;
  }

  /** Calls that make tasks ended: who was there before the begin of the oldest that is left has no parent on these lines. */
  settle(): void {
    if (this.#waiting.size === 0) return;
    const [oldest] = this.tasks.creators;
    // Both are in the order of their lines.
    for (const waiting of this.#waiting.values()) {
      if (oldest && oldest.enteredAt < waiting.place) break;
      this.#drop(waiting);
    }
  }

  /** No line will tell, or not soon enough: the oldest call that may have made a task is taken for the one that did. */
  giveUpWaiting(): void {
    if (this.#waiting.size === 0) return;
    const creators = [...this.tasks.creators].filter(({ child }) => child === 0);
    let next = 0;
    for (const waiting of this.#waiting.values()) {
      if (next === creators.length || creators[next].enteredAt >= waiting.place) {
        this.#drop(waiting);
        continue;
      }
      const parent = creators[next++];
      this.health.count('inferred-parent', { ns: waiting.birth.batch.time[waiting.birth.row], byte: waiting.place });
      parent.child = waiting.child.tid;
      waiting.child.makerInferred = true;
      this.#fill(waiting, parent);
    }
  }

  #fill(waiting: Waiting, parent: StraceTask): void {
    const { birth, firstReturn, child } = waiting;
    birth.batch.kind[birth.row] = Kind.newTask;
    birth.batch.tid[birth.row] = parent.tid;
    birth.batch.argWords[birth.row * ARGS * 2] = parent.flags;
    const nr = parent.call?.nr ?? -1;
    if (firstReturn) {
      firstReturn.batch.kind[firstReturn.row] = Kind.sysExit;
      firstReturn.batch.nr[firstReturn.row] = nr;
    } else if (child.returnsFrom >= 0) child.returnsFrom = nr;
    this.#done(child.tid);
  }

  /** It is older than the recording: its rows stay out. */
  #drop({ child }: Waiting): void {
    child.returnsFrom = -1;
    this.#done(child.tid);
  }

  #waitingOf(task: StraceTask): Waiting | undefined {
    const waiting = this.#waiting.get(task.tid);
    return waiting?.child === task ? waiting : undefined;
  }

  #done(tid: number): void {
    this.#waiting.delete(tid);
    this.rows.release();
  }
}
