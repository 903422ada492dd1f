/**
 * Rows of a text whose lines stand in the order of ends, not of begins: a line of a call holds both. A bounded heap puts them in order; what comes
 * later than it can hold is counted as late.
 */
import { clearRows, copyRow, createBatch, type EventBatch } from '../event.ts';
import type { TextRows } from './rows.ts';

/** About 2 MB. */
const CAPACITY = 16_384;

export class SortedRows {
  readonly batch: EventBatch = createBatch(CAPACITY);
  readonly #free = Int32Array.from({ length: CAPACITY }, (_, i) => CAPACITY - 1 - i);
  #freeCount = CAPACITY;
  /** Slots of {@link batch} by time, then by the order in which they were kept. */
  readonly #heap = new Int32Array(CAPACITY);
  readonly #order = new Float64Array(CAPACITY);
  #size = 0;
  #kept = 0;

  constructor(private readonly rows: TextRows) {}

  /** A new row of {@link batch}, its optional columns empty, without CPU and process; to be kept, or given back by {@link drop}. */
  add(): number {
    if (this.#freeCount === 0) this.#passOn();
    const row = this.#free[--this.#freeCount];
    clearRows(this.batch, row, row + 1);
    this.batch.cpu[row] = -1;
    this.batch.pid[row] = -1;
    return row;
  }

  drop(row: number): void {
    this.#free[this.#freeCount++] = row;
  }

  /** The row is complete. */
  keep(row: number): void {
    this.#order[row] = this.#kept++;
    let at = this.#size++;
    const heap = this.#heap;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(row, heap[parent])) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = row;
  }

  /** Hands on all that is held. */
  finish(): void {
    while (this.#size > 0) this.#passOn();
  }

  #before(a: number, b: number): boolean {
    const difference = this.batch.time[a] - this.batch.time[b];
    return difference < 0 || (difference === 0 && this.#order[a] < this.#order[b]);
  }

  #passOn(): void {
    const heap = this.#heap;
    const least = heap[0];
    const moved = heap[--this.#size];
    let at = 0;
    for (let child = 1; child < this.#size; child = 2 * at + 1) {
      if (child + 1 < this.#size && this.#before(heap[child + 1], heap[child])) child++;
      if (!this.#before(heap[child], moved)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = moved;
    const row = this.rows.add();
    copyRow(this.batch, least, this.rows.batch, row);
    this.rows.keep(row);
    this.#free[this.#freeCount++] = least;
  }
}
