/** The rows of a CSV as one run of events, nearly in time order. */
import { printable } from '../../../errors.ts';
import type { Bytes } from '../../../io/bytes.ts';
import type { Signal } from '../../coverage.ts';
import { ARGS, clearRows, isNote, Kind, type EventBatch, type EventSink } from '../../event.ts';
import { mergeRuns, type RunSource } from '../../ordering.ts';
import { createByteInterner } from '../../text/names.ts';
import { NumberScanner, startsWith, wordOf } from '../../text/scan.ts';
import type { TextState } from '../../text/trace.ts';
import { createColumns, type RowState } from './columns.ts';
import { headerOf } from './header.ts';
import { Filled, RowFiller } from './rows.ts';
import { RecordSplitter } from './splitter.ts';

/**
 * How far behind a later row one may stand, in ns. Recorders empty one CPU's buffer after another: perf's own records were up to 9.7 ms
 * behind an earlier-written one, in a recording of 5.2 million events on two CPUs.
 */
const LATENESS_NS = 10_000_000;

const NEWLINE = 10;
const LOST = wordOf('Lost ');
const EVENTS = wordOf(' events');

const SIGNALS: ReadonlyMap<number, Signal> = new Map<number, Signal>([
  [Kind.sysEnter, 'syscalls'],
  [Kind.faultUser, 'userFaults'],
  [Kind.irqVector, 'interrupts'],
  [Kind.deviceIrq, 'interrupts'],
  [Kind.nmi, 'nmis'],
  [Kind.switch, 'contextSwitches'],
  [Kind.fork, 'lifecycle'],
  [Kind.tlbFlush, 'tlbFlushes'],
  [Kind.waking, 'wakeups'],
]);

/** Whether a row is an event that was traced, and no note of the recorder; names of tasks older than the recording have no CPU. */
export const isSample = (kind: number, hasCpu: boolean, cpu: number): boolean =>
  !isNote(kind) && kind !== Kind.lost && kind !== Kind.switchIn && !(kind === Kind.rename && hasCpu && cpu < 0);

/** Reads all rows in time order into the sink; resolves with the place of a last row that is not whole. */
export async function readRows(bytes: Bytes, state: TextState, sink: EventSink): Promise<number | undefined> {
  const run = new CsvRun(bytes, state);
  await mergeRuns([run], sink, state.health);
  return run.cut;
}

class CsvRun implements RunSource {
  readonly order = 0;
  readonly lateness = LATENESS_NS;
  cut: number | undefined;
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #records: RecordSplitter;
  readonly #cells: RowState = { seconds: 0, nanoseconds: 0, kind: -1 };
  #filler: RowFiller | undefined;
  readonly #number = new NumberScanner();
  #hasCpu = false;
  #ended = false;

  constructor(
    private readonly bytes: Bytes,
    private readonly state: TextState,
  ) {
    this.#chunks = bytes.chunks()[Symbol.asyncIterator]();
    this.#records = new RecordSplitter((place) => state.health.count('damaged-record', { byte: place }));
  }

  fill(batch: EventBatch): void | Promise<void> {
    clearRows(batch, batch.length);
    return this.#goOn(batch);
  }

  #goOn(batch: EventBatch): void | Promise<void> {
    const records = this.#records;
    while (batch.length < batch.time.length) {
      if (records.next()) this.#take(batch, false);
      else if (this.#ended) {
        if (!records.last()) return;
        this.#take(batch, true);
      } else return this.#feed().then(() => this.#goOn(batch));
    }
  }

  async #feed(): Promise<void> {
    const step = await this.#chunks.next();
    if (step.done === true) this.#ended = true;
    else this.#records.feed(step.value);
  }

  /** @param last - the record has no line end: it may be cut */
  #take(batch: EventBatch, last: boolean): void {
    const records = this.#records;
    const { place } = records;
    if (!this.#filler) {
      this.#begin();
      return;
    }
    if (records.to === records.from) return;
    const row = batch.length;
    batch.cpu[row] = -1;
    batch.tid[row] = -1;
    batch.pid[row] = -1;
    const filled = this.#filler.fill(records, batch, row);
    if (filled === Filled.row) this.#keep(batch, row, place);
    else {
      clearRows(batch, row, row + 1);
      if (this.#lost(place)) return;
      const lines = records.data.subarray(records.from, records.to).includes(NEWLINE);
      if (last && !lines && (filled === Filled.otherLength || records.unclosed)) this.cut = place;
      else this.state.health.count('damaged-record', { byte: place });
      if (records.quoted) records.splitAgain();
    }
  }

  /** `Lost 4 events`, as bpftrace says between the rows that it prints. */
  #lost(place: number): boolean {
    const { data, from, to } = this.#records;
    if (!startsWith(data, from, to, LOST)) return false;
    const count = this.#number.decimal(data, from + LOST.length, to);
    if (!this.#number.ok || count < 0 || !startsWith(data, this.#number.at, to, EVENTS)) return false;
    this.state.health.count('lost', { byte: place }, count);
    return true;
  }

  #begin(): void {
    const { data, from, to } = this.#records;
    const columns = createColumns(this.#cells, createByteInterner(this.state.strings));
    const header = headerOf(data.slice(from, to), columns, printable(this.bytes.name));
    this.#filler = new RowFiller(header.columns, this.#cells);
    this.#hasCpu = header.columns.some((column) => column?.name === 'cpu');
    if (header.unknown > 0) this.state.health.count('unknown-column', { byte: 0 }, header.unknown);
  }

  #keep(batch: EventBatch, row: number, place: number): void {
    const { rows, signals, health } = this.state;
    const { seconds, nanoseconds, kind } = this.#cells;
    if (kind < 0) {
      rows.samples++;
      health.count('unknown-event', { byte: place });
      clearRows(batch, row, row + 1);
      return;
    }
    if (isSample(kind, this.#hasCpu, batch.cpu[row])) rows.samples++;
    if (kind === Kind.lost) health.count('lost', { byte: place }, Number(batch.args[row * ARGS]));
    const signal = SIGNALS.get(kind);
    if (signal) signals.add(signal);
    batch.time[row] = rows.since(seconds, nanoseconds);
    batch.place[row] = place;
    rows.kept++;
    batch.length++;
  }
}
