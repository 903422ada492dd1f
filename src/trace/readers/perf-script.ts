/**
 * The text of `perf script`:
 *
 * ```
 *             bash  2533/2533  [000]   985.091851123: raw_syscalls:sys_exit: NR 21 = 0
 *             bash  2533/2533  [000]   985.091901456: PERF_RECORD_FORK(2540:2540):(2533:2533)
 * ```
 *
 * The columns before the event depend on `-F`; they are told by what they look like ({@link Columns}).
 */
import type { Bytes } from '../../io/bytes.ts';
import { peek } from '../../io/peek.ts';
import { inputError, printable } from '../../errors.ts';
import { Kind } from '../event.ts';
import { createStringTable } from '../strings.ts';
import { createNameFinder, type FindByName } from '../text/known-names.ts';
import { forEachLine } from '../text/lines.ts';
import { createByteInterner } from '../text/names.ts';
import { createPayloads, type Payload } from '../text/payloads.ts';
import type { TextRows } from '../text/rows.ts';
import { skipSpaces, startsWith } from '../text/scan.ts';
import { textTrace, type TextState } from '../text/trace.ts';
import type { OpenOptions, Trace, TraceReader } from '../trace.ts';
import { Columns } from './perf-script/columns.ts';
import { eventEnd, eventStart, payloadOf } from './perf-script/event-name.ts';
import {
  demandReadable,
  HEAD_BYTES,
  kindsOf,
  looksLikePerfScript,
  recordsFlushes,
  surveyHead,
  type Head,
} from './perf-script/head.ts';
import { Line, RECORD, RecordLines } from './perf-script/records.ts';

const [TAB, HASH] = [9, 35];
const LIFECYCLE: readonly number[] = [Kind.fork, Kind.newTask, Kind.exec, Kind.exit, Kind.rename];

export const perfScript: TraceReader = {
  id: 'perf-script',
  label: 'text of perf script',
  priority: 50,
  recordWith:
    'perf record as for perf.data, then: perf script -i perf.data --header --ns -F comm,pid,tid,cpu,time,event,trace --show-task-events --show-switch-events --show-lost-events',
  seeks: false,
  sniff: looksLikePerfScript,
  async open(bytes, options) {
    const { head, bytes: whole } = await peek(bytes, HEAD_BYTES);
    demandReadable(head, bytes.name);
    const survey = surveyHead(head, createPayloads(createByteInterner(createStringTable())));
    if (survey.differences)
      throw inputError(
        'text of perf script whose times are differences (--deltatime), or that was put together from several',
        printable(bytes.name),
        'print it without --deltatime, one recording at a time',
      );
    return open(whole, survey, options);
  },
};

const open = (bytes: Bytes, head: Head, { strict }: OpenOptions): Trace =>
  textTrace({
    format: perfScript.id,
    label: 'text of perf script',
    recordWith: perfScript.recordWith,
    bytes,
    strict,
    recordsFlushes: recordsFlushes(head),
    host: head.host,
    commandPid: head.commandPid,
    recorderName: head.recorderName,
    async read(state) {
      const parser = new Parser(state, head);
      const cut = await forEachLine(
        bytes,
        (data, from, to, place) => parser.line(data, from, to, place),
        (place) => state.health.count('damaged-record', { byte: place }),
      );
      parser.end();
      return cut;
    },
  });

class Parser {
  readonly #rows: TextRows;
  readonly #columns = new Columns();
  readonly #find: FindByName<Payload>;
  readonly #records: RecordLines;
  /** Kinds that have a tracepoint in this text. */
  readonly #traced = new Set<number>();
  /** Whether the header lists all events. */
  readonly #complete: boolean;
  /** What lines of lost events and lost samples add up to: two accounts of one loss. */
  readonly #lost = { events: 0, samples: 0, place: 0 };

  constructor(
    private readonly state: TextState,
    head: Head,
  ) {
    this.#rows = state.rows;
    const intern = createByteInterner(state.strings);
    const payloads = createPayloads(intern);
    this.#find = createNameFinder((name) => payloadOf(name, payloads));
    this.#records = new RecordLines(intern);
    this.#complete = head.complete;
    for (const kind of kindsOf(head.events)) this.#trace(kind);
    if (head.firstSample) this.#rows.startAt(head.firstSample.seconds, head.firstSample.nanoseconds);
    // Events that the header lists can be shown, even if none came.
    if (head.complete) for (const { signal } of head.events) if (signal) state.signals.add(signal);
  }

  line(data: Uint8Array, from: number, to: number, place: number): void {
    if (to === from || this.#known(data, from, to, place)) return;
    // Headers; frames of the call stack of the event before.
    if (data[from] === HASH || data[from] === TAB) return;
    this.state.health.count('damaged-record', { byte: place });
  }

  /** The larger of the two accounts of what was lost holds. */
  end(): void {
    const { events, samples, place } = this.#lost;
    if (samples > events) this.state.health.count('lost', { byte: place }, samples - events);
  }

  /** False where the line is neither an event nor a record. */
  #known(data: Uint8Array, from: number, to: number, place: number): boolean {
    const columns = this.#columns;
    if (!columns.read(data, from, to)) return false;
    if (startsWith(data, columns.rest, to, RECORD)) return this.#record(data, to, place);
    const name = eventStart(data, columns.rest, to);
    const end = eventEnd(data, name, to);
    return end >= 0 && this.#event(data, name, end, to, place);
  }

  #event(data: Uint8Array, name: number, end: number, to: number, place: number): boolean {
    const rows = this.#rows;
    rows.samples++;
    const payload = this.#find(data, name, end);
    if (!payload) {
      this.state.health.count('unknown-event', { byte: place });
      return true;
    }
    const row = this.#row(place);
    const { batch } = rows;
    const { tid } = this.#columns;
    batch.kind[row] = payload.kind;
    if (!payload.parse(data, skipSpaces(data, end + 1, to), to, batch, row)) {
      rows.drop(row);
      return false;
    }
    // The process is that of the columns' task: an event of another task, or of another pid namespace's ids, does not show its own.
    if (batch.tid[row] !== tid) batch.pid[row] = -1;
    if (payload.signal) this.state.signals.add(payload.signal);
    if (!this.#traced.has(payload.kind)) this.#trace(payload.kind);
    rows.keep(row);
    return true;
  }

  /** Without a list of events one that tells of tasks is taken to come with the others: the first exit may be far away. */
  #trace(kind: number): void {
    this.#traced.add(kind);
    if (!this.#complete && LIFECYCLE.includes(kind)) for (const each of LIFECYCLE) this.#traced.add(each);
  }

  #record(data: Uint8Array, to: number, place: number): boolean {
    const rows = this.#rows;
    const row = this.#row(place);
    const line = this.#records.read(data, to, this.#columns, this.#traced, rows.batch, row);
    if (line === Line.row) {
      if (rows.batch.kind[row] === Kind.fork) this.state.signals.add('lifecycle');
      rows.keep(row);
      return true;
    }
    if (line === Line.older) {
      rows.batch.time[row] = rows.latest;
      return true;
    }
    const time = rows.batch.time[row];
    rows.drop(row);
    const { count } = this.#records;
    if (line === Line.lost) {
      this.#lost.events += count;
      rows.lost(count, this.#columns.cpu, time, place);
    } else if (line === Line.lostSamples) {
      this.#lost.samples += count;
      this.#lost.place = place;
    } else if (line === Line.throttled) this.state.health.count('throttled', { byte: place });
    return line !== Line.damaged;
  }

  /** A row with the columns of the line. */
  #row(place: number): number {
    const rows = this.#rows;
    const row = rows.add();
    const { batch } = rows;
    const { tid, pid, cpu, seconds, nanoseconds } = this.#columns;
    batch.time[row] = seconds === 0 && nanoseconds === 0 ? rows.latest : rows.since(seconds, nanoseconds);
    batch.cpu[row] = cpu;
    batch.tid[row] = tid;
    batch.pid[row] = pid;
    batch.place[row] = place;
    return row;
  }
}
