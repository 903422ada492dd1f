/**
 * The events on their way out. A child's first line may stand before the line that says who made it, so rows can be reserved for a
 * birth and filled in later; meanwhile what follows is held back, up to a limit.
 */
import { clearRows, createBatch, type EventBatch, type EventSink } from '../../event.ts';

/** Kind of a row that was reserved and not filled in: it is never passed on. */
const RESERVED = 255;
/** Batches held back at most: 65 536 events, about 7 MB. */
const MOST_HELD = 16;

export class Rows {
  /** No CPU and no process is told, in any row. */
  batch: EventBatch = createRows();
  readonly #held: EventBatch[] = [];
  readonly #spare: EventBatch[] = [];
  #waiting = 0;

  /** @param onFull - must settle all that is reserved: no more can be held back */
  constructor(
    private readonly sink: EventSink,
    private readonly onFull: () => void,
  ) {}

  /** A new row of {@link batch}, its optional columns empty. */
  next(): number {
    if (this.batch.length === this.batch.time.length) this.#turn();
    return this.batch.length++;
  }

  /** Marks a row as one to fill in later, or never. */
  reserve(row: number): void {
    this.batch.kind[row] = RESERVED;
  }

  /** Something reserved waits to be filled in. */
  hold(): void {
    this.#waiting++;
  }

  /** It was, or never will be. */
  release(): void {
    if (--this.#waiting === 0) this.#passHeld();
  }

  finish(): void {
    this.#passHeld();
    this.#pass(this.batch);
  }

  #turn(): void {
    if (this.#waiting === 0) {
      this.#pass(this.batch);
      return;
    }
    this.#held.push(this.batch);
    this.batch = this.#spare.pop() ?? createRows();
    if (this.#held.length >= MOST_HELD) this.onFull();
  }

  #passHeld(): void {
    for (const batch of this.#held) {
      this.#pass(batch);
      this.#spare.push(batch);
    }
    this.#held.length = 0;
  }

  /** Passes on all but reserved rows, and empties the batch. */
  #pass(batch: EventBatch): void {
    const { kind, length } = batch;
    let from = 0;
    for (let at = kind.indexOf(RESERVED); at >= 0 && at < length; at = kind.indexOf(RESERVED, from)) {
      if (at > from) this.sink(batch, from, at);
      from = at + 1;
    }
    if (length > from) this.sink(batch, from, length);
    batch.length = 0;
    kind.fill(0);
    clearRows(batch, 0);
  }
}

function createRows(): EventBatch {
  const batch = createBatch();
  batch.cpu.fill(-1);
  batch.pid.fill(-1);
  clearRows(batch, 0);
  return batch;
}
