/**
 * Rows of a text whose lines stand in the order of ends, not of begins: a line of a call holds both. A bounded queue puts them in order; what comes
 * later than it can hold is counted as late.
 */
import { clearRow, copyRow, createBatch, type EventBatch } from '../event.ts';
import type { TextRows } from './rows.ts';

/** About 2 MB. */
const CAPACITY = 16_384;
/** Most rows belong near the end: so many are tried one by one. */
const NEAR = 8;

export class SortedRows {
  readonly batch: EventBatch = createBatch(CAPACITY);
  readonly #free = Int32Array.from({ length: CAPACITY }, (_, i) => CAPACITY - 1 - i);
  #freeCount = CAPACITY;
  /** Rows of {@link batch} that are kept, by time, then in the order in which they were kept: from {@link #head} to {@link #tail}. */
  readonly #queue = new Int32Array(2 * CAPACITY);
  #head = 0;
  #tail = 0;

  constructor(private readonly rows: TextRows) {}

  /** A new row of {@link batch}, its optional columns empty, without CPU and process; to be kept, or given back by {@link drop}. */
  add(): number {
    if (this.#freeCount === 0) this.#passOn();
    const row = this.#free[--this.#freeCount];
    clearRow(this.batch, row);
    this.batch.cpu[row] = -1;
    this.batch.pid[row] = -1;
    return row;
  }

  drop(row: number): void {
    this.#free[this.#freeCount++] = row;
  }

  /** The row is complete. */
  keep(row: number): void {
    if (this.#tail === this.#queue.length) {
      this.#queue.copyWithin(0, this.#head, this.#tail);
      this.#tail -= this.#head;
      this.#head = 0;
    }
    const at = this.#placeOf(this.batch.time[row]);
    // The shorter side makes room.
    if (this.#head > 0 && at - this.#head < this.#tail - at) {
      this.#queue.copyWithin(this.#head - 1, this.#head, at);
      this.#head--;
      this.#queue[at - 1] = row;
    } else {
      if (at < this.#tail) this.#queue.copyWithin(at + 1, at, this.#tail);
      this.#queue[at] = row;
      this.#tail++;
    }
  }

  /** Hands on all that is held. */
  finish(): void {
    while (this.#head < this.#tail) this.#passOn();
  }

  /** Behind all rows that are not later. */
  #placeOf(time: number): number {
    const times = this.batch.time;
    const queue = this.#queue;
    let high = this.#tail;
    for (let tries = 0; tries < NEAR; tries++) {
      if (high === this.#head || times[queue[high - 1]] <= time) return high;
      high--;
    }
    let low = this.#head;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[queue[middle]] <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #passOn(): void {
    const least = this.#queue[this.#head++];
    const row = this.rows.add();
    copyRow(this.batch, least, this.rows.batch, row);
    this.rows.keep(row);
    this.#free[this.#freeCount++] = least;
  }
}
