/** Rows that a reader of text fills one after another: batches, the origin of time, and what comes late. */
import { ARGS, clearRows, createBatch, Kind, type EventBatch, type EventSink } from '../event.ts';
import type { Health } from '../health.ts';

const NS = 1_000_000_000;
export class TextRows {
  readonly batch: EventBatch = createBatch();
  /** Samples in the text, those of events the model has no use for included. */
  samples = 0;
  /** Rows that were kept. */
  kept = 0;
  #origin: { readonly seconds: number; readonly nanoseconds: number } | undefined;
  #latest = -Infinity;
  #sink: EventSink = () => undefined;

  constructor(private readonly health: Health) {
    clearRows(this.batch, 0);
  }

  /** Where full batches go; told before the first row. */
  begin(sink: EventSink): void {
    this.#sink = sink;
  }

  get originNs(): bigint | undefined {
    return this.#origin && BigInt(this.#origin.seconds) * BigInt(NS) + BigInt(this.#origin.nanoseconds);
  }

  /** Says what the clock shows at time 0; else that is the first time asked for. */
  startAt(seconds: number, nanoseconds: number): void {
    this.#origin ??= { seconds, nanoseconds };
  }

  /** Nanoseconds since the origin: both parts relative first, so exact for any clock. */
  since(seconds: number, nanoseconds: number): number {
    const origin = (this.#origin ??= { seconds, nanoseconds });
    return (seconds - origin.seconds) * NS + (nanoseconds - origin.nanoseconds);
  }

  /** The latest time so far, 0 before the first. */
  get latest(): number {
    return this.#latest === -Infinity ? 0 : this.#latest;
  }

  /** A new row, its columns empty. */
  add(): number {
    if (this.batch.length === this.batch.time.length) {
      this.finish();
      clearRows(this.batch, 0);
    }
    return this.batch.length++;
  }

  /** Gives up the last row. */
  drop(row: number): void {
    this.batch.length = row;
    clearRows(this.batch, row, row + 1);
  }

  /** The last row is complete. */
  keep(row: number): void {
    this.kept++;
    const time = this.batch.time[row];
    if (time < this.#latest) this.health.count('late-event', { ns: time, byte: this.batch.place[row] });
    else this.#latest = time;
  }

  /** A row that says how many events were lost here. */
  lost(count: number, cpu: number, time: number, place: number): void {
    this.health.count('lost', { byte: place }, count);
    const row = this.add();
    this.batch.time[row] = time;
    this.batch.cpu[row] = cpu;
    this.batch.tid[row] = -1;
    this.batch.pid[row] = -1;
    this.batch.kind[row] = Kind.lost;
    this.batch.args[row * ARGS] = BigInt(count);
    this.batch.place[row] = place;
  }

  /** Hands on the rows of the batch. */
  finish(): void {
    if (this.batch.length > 0) this.#sink(this.batch, 0, this.batch.length);
    this.batch.length = 0;
  }
}
