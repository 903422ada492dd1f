/**
 * Merging runs that are each nearly in time order (one a CPU, usually) into one ordered stream, in place: a run hands out
 * batches, the merge passes stretches of them on, and nothing is copied.
 */
import { BATCH_CAPACITY, copyRow, copyRows, createBatch, type EventBatch, type EventSink } from './event.ts';
import type { Health } from './health.ts';

/** One run of events. */
export interface RunSource {
  /** Decides between runs at equal times: the lower comes first. */
  readonly order: number;
  /** How far back an event of this run may reach behind an earlier one, in ns; 0 = in order. */
  readonly lateness: number;
  /** Fills `batch` from row `batch.length` on and adds to `length`; leaves it alone at the end of the run. */
  fill(batch: EventBatch): void | Promise<void>;
}

/** Rows of all runs together: about 25 MB, twice that where runs are out of order. Of hundreds of CPUs each has fewer. */
const MOST_ROWS = 64 * BATCH_CAPACITY;
const LEAST_ROWS = 64;

interface Cursor {
  readonly source: RunSource;
  readonly capacity: number;
  batch: EventBatch;
  at: number;
  /** Rows that may be passed on; those behind may still be preceded by others. */
  ready: number;
  spare: EventBatch | undefined;
  ended: boolean;
}

/**
 * Pushes the events of all runs into `sink` in the order of (time, run, position). An event that comes later than its run's
 * `lateness` allows is counted and passed on where it stands.
 */
export async function mergeRuns(runs: readonly RunSource[], sink: EventSink, health: Health): Promise<void> {
  const heap: Cursor[] = [];
  const capacity = Math.min(BATCH_CAPACITY, Math.max(LEAST_ROWS, Math.floor(MOST_ROWS / runs.length)));
  for (const source of runs) {
    const batch = createBatch(capacity);
    const cursor: Cursor = { source, capacity, batch, at: 0, ready: 0, spare: undefined, ended: false };
    await refillUntilReady(cursor);
    if (cursor.at < cursor.ready) push(heap, cursor);
  }
  let latest = -Infinity;
  while (heap.length > 0) {
    const cursor = heap[0];
    const { batch } = cursor;
    const from = cursor.at;
    const to = stretchEnd(cursor, secondOf(heap));
    for (let row = from; row < to; row++) {
      const time = batch.time[row];
      if (time < latest) health.count('late-event', { ns: time, byte: batch.place[row] });
      else latest = time;
    }
    sink(batch, from, to);
    cursor.at = to;
    if (to === cursor.ready) {
      const filling = refillUntilReady(cursor);
      if (filling) await filling;
    }
    if (cursor.at === cursor.ready) pop(heap);
    else siftDown(heap, 0);
  }
}

const before = (a: Cursor, b: Cursor): boolean => {
  const ta = a.batch.time[a.at];
  const tb = b.batch.time[b.at];
  return ta < tb || (ta === tb && a.source.order < b.source.order);
};

/** The rows of `cursor` that come before the head of `next`. */
function stretchEnd(cursor: Cursor, next: Cursor | undefined): number {
  if (!next) return cursor.ready;
  const limit = next.batch.time[next.at];
  const tieIsMine = cursor.source.order < next.source.order;
  const { time } = cursor.batch;
  let row = cursor.at + 1;
  while (row < cursor.ready && (time[row] < limit || (tieIsMine && time[row] === limit))) row++;
  return row;
}

/** Goes on until something may be passed on or the run is over: a short batch may lie wholly within its lateness. */
function refillUntilReady(cursor: Cursor): void | Promise<void> {
  for (;;) {
    const filling = refill(cursor);
    if (filling) return filling.then(() => (isStuck(cursor) ? refillUntilReady(cursor) : undefined));
    if (!isStuck(cursor)) return undefined;
  }
}

const isStuck = (cursor: Cursor): boolean => cursor.ready === 0 && !cursor.ended;

function refill(cursor: Cursor): void | Promise<void> {
  const held = cursor.batch.length - cursor.ready;
  if (held === 0) cursor.batch.length = 0;
  else carry(cursor, held);
  cursor.at = 0;
  cursor.ready = 0;
  if (cursor.ended) {
    cursor.ready = cursor.batch.length;
    return undefined;
  }
  const before = cursor.batch.length;
  const filling = cursor.source.fill(cursor.batch);
  const settle = (): void => {
    if (cursor.batch.length === before) cursor.ended = true;
    settleOrder(cursor);
  };
  return filling ? filling.then(settle) : settle();
}

/** Moves the rows that are not ready yet to the front of the spare batch. */
function carry(cursor: Cursor, held: number): void {
  const into = cursor.spare ?? createBatch(cursor.capacity);
  copyRows(cursor.batch, cursor.ready, cursor.ready + held, into, 0);
  into.length = held;
  cursor.spare = cursor.batch;
  cursor.batch = into;
}

/** Sorts the batch of a run that is not in order, and holds back what a later batch may still precede. */
function settleOrder(cursor: Cursor): void {
  const { batch, source } = cursor;
  if (source.lateness === 0 || batch.length === 0) {
    cursor.ready = batch.length;
    return;
  }
  const sorted = sortRows(batch, cursor.spare ?? createBatch(cursor.capacity));
  if (sorted !== batch) {
    cursor.spare = batch;
    cursor.batch = sorted;
  }
  if (cursor.ended) {
    cursor.ready = sorted.length;
    return;
  }
  const safe = sorted.time[sorted.length - 1] - source.lateness;
  let ready = sorted.length;
  while (ready > 0 && sorted.time[ready - 1] >= safe) ready--;
  // A batch that lies wholly within the lateness must still move on: half of it, and what then comes late is counted.
  const full = sorted.length === sorted.time.length;
  cursor.ready = ready > 0 || !full ? Math.max(ready, 0) : sorted.length >> 1;
}

/** Stable by time; the same batch where it was in order. */
function sortRows(batch: EventBatch, into: EventBatch): EventBatch {
  let inOrder = true;
  for (let row = 1; row < batch.length && inOrder; row++) inOrder = batch.time[row] >= batch.time[row - 1];
  if (inOrder) return batch;
  const rows = Array.from({ length: batch.length }, (_, i) => i);
  rows.sort((a, b) => batch.time[a] - batch.time[b] || a - b);
  rows.forEach((row, i) => copyRow(batch, row, into, i));
  into.length = batch.length;
  return into;
}

const secondOf = (heap: readonly Cursor[]): Cursor | undefined =>
  heap.length < 3 ? heap[1] : before(heap[1], heap[2]) ? heap[1] : heap[2];

function push(heap: Cursor[], cursor: Cursor): void {
  heap.push(cursor);
  for (let at = heap.length - 1; at > 0;) {
    const parent = (at - 1) >> 1;
    if (!before(heap[at], heap[parent])) break;
    [heap[at], heap[parent]] = [heap[parent], heap[at]];
    at = parent;
  }
}

function pop(heap: Cursor[]): void {
  const last = heap.pop()!;
  if (heap.length === 0) return;
  heap[0] = last;
  siftDown(heap, 0);
}

function siftDown(heap: Cursor[], from: number): void {
  for (let at = from; ;) {
    const left = 2 * at + 1;
    let least = left < heap.length && before(heap[left], heap[at]) ? left : at;
    if (left + 1 < heap.length && before(heap[left + 1], heap[least])) least = left + 1;
    if (least === at) return;
    const cursor = heap[at];
    heap[at] = heap[least];
    heap[least] = cursor;
    at = least;
  }
}
