/**
 * The ledger: integer counts of operations. Rows are (process, cause) pairs, shared by all lanes; each lane has its own counts
 * over them. Prices turn counts into cycles afterwards, so nothing here knows a price.
 */
import { OPERATION_COUNT } from './operations.ts';
import { TimelineCounts, type TimelineClock } from './timeline.ts';

const FIRST_ROWS = 1024;
const MOST_CAUSES = 2 ** 20;

/** The rows: which pair each stands for. */
export interface LedgerRows {
  readonly size: number;
  /** The row of a pair of ids, made on first use. */
  row(process: number, cause: number): number;
  processOf(row: number): number;
  causeOf(row: number): number;
}

export function createLedgerRows(): LedgerRows {
  // One map keyed by both ids: exact while process < 2^33.
  const rows = new Map<number, number>();
  let processes = new Int32Array(FIRST_ROWS);
  let causes = new Int32Array(FIRST_ROWS);
  let size = 0;
  return {
    get size() {
      return size;
    },
    row(process, cause) {
      const key = process * MOST_CAUSES + cause;
      const known = rows.get(key);
      if (known !== undefined) return known;
      if (size === processes.length) {
        processes = grown(processes, size * 2);
        causes = grown(causes, size * 2);
      }
      processes[size] = process;
      causes[size] = cause;
      rows.set(key, size);
      return size++;
    },
    processOf: (row) => processes[row],
    causeOf: (row) => causes[row],
  };
}

function grown(from: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const to = new Int32Array(length);
  to.set(from);
  return to;
}

/** One lane's counts: `counts[row * OPERATION_COUNT + operation]`; and the same by time, if a clock was set. */
export class LedgerCounts {
  #counts = new Float64Array(FIRST_ROWS * OPERATION_COUNT);
  #timeline: TimelineCounts | undefined;

  /** Counts by time too, from now on. */
  countOn(clock: TimelineClock): TimelineCounts {
    this.#timeline = new TimelineCounts(clock);
    return this.#timeline;
  }

  add(row: number, operation: number, by = 1): void {
    const at = row * OPERATION_COUNT + operation;
    if (at >= this.#counts.length) this.#grow(at);
    this.#counts[at] += by;
    this.#timeline?.add(row, operation, by);
  }

  get(row: number, operation: number): number {
    return this.#counts[row * OPERATION_COUNT + operation] ?? 0;
  }

  #grow(at: number): void {
    const counts = new Float64Array(Math.max(this.#counts.length * 2, at + OPERATION_COUNT));
    counts.set(this.#counts);
    this.#counts = counts;
  }
}
