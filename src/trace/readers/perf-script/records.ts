/**
 * Lines of records that are no samples, as `perf script --show-task-events`, `--show-switch-events` and `--show-lost-events` print them:
 *
 * ```
 * PERF_RECORD_FORK(2532:2534):(2532:2532)     process:task of the child, then of the parent
 * PERF_RECORD_COMM exec: cg:2533/2533         name:process/task
 * ```
 */
import { ARGS, Kind, type EventBatch } from '../../event.ts';
import type { InternBytes } from '../../text/names.ts';
import { find, findLast, NumberScanner, skipSpaces, startsWith, wordOf } from '../../text/scan.ts';
import type { Columns } from './columns.ts';

export const RECORD = wordOf('PERF_RECORD_');

/** Which kinds have tracepoints of their own in the text: then records of the same are notes. */
export type Traced = ReadonlySet<number>;

/** What a record's line is. */
export const Line = {
  /** A row was filled. */
  row: 0,
  /** Nothing the model needs. */
  nothing: 1,
  /** As {@link row}, of a task older than the recording. */
  older: 2,
  lost: 3,
  lostSamples: 4,
  throttled: 5,
  damaged: 6,
} as const;
export type Line = (typeof Line)[keyof typeof Line];

const NAMES = {
  fork: wordOf('PERF_RECORD_FORK('),
  exit: wordOf('PERF_RECORD_EXIT('),
  exec: wordOf('PERF_RECORD_COMM exec: '),
  comm: wordOf('PERF_RECORD_COMM: '),
  switch: wordOf('PERF_RECORD_SWITCH'),
  lost: wordOf('PERF_RECORD_LOST lost '),
  lostSamples: wordOf('PERF_RECORD_LOST_SAMPLES lost '),
  throttle: wordOf('PERF_RECORD_THROTTLE'),
};
const IN = wordOf(' IN');
const PARENT = wordOf('):(');
const [COLON, SLASH] = [wordOf(':'), 47];

export class RecordLines {
  /** Of {@link Line.lost}. */
  count = 0;
  #process = 0;
  #task = 0;
  readonly #number = new NumberScanner();

  constructor(private readonly intern: InternBytes) {}

  /**
   * Fills kind, ids and names of a row from what stands behind the time; time, CPU and the ids of the line's columns are there already.
   *
   * @param columns - of the line
   */
  read(data: Uint8Array, to: number, columns: Columns, traced: Traced, batch: EventBatch, row: number): Line {
    const from = columns.rest;
    const is = (name: Uint8Array): boolean => startsWith(data, from, to, name);
    // What perf makes up for tasks older than the recording has time 0.
    const older = columns.seconds === 0 && columns.nanoseconds === 0;
    if (is(NAMES.comm)) {
      if (!older && traced.has(Kind.rename)) return Line.nothing;
      batch.kind[row] = Kind.rename;
      return this.#named(data, from + NAMES.comm.length, to, batch, row, older);
    }
    if (is(NAMES.lostSamples)) return this.#lost(data, from + NAMES.lostSamples.length, to, Line.lostSamples);
    if (older) return Line.nothing;
    if (is(NAMES.exec)) {
      batch.kind[row] = traced.has(Kind.exec) ? Kind.notedExec : Kind.exec;
      return this.#named(data, from + NAMES.exec.length, to, batch, row, false);
    }
    if (is(NAMES.fork)) {
      batch.kind[row] = traced.has(Kind.fork) || traced.has(Kind.newTask) ? Kind.notedFork : Kind.fork;
      return this.#born(data, from + NAMES.fork.length, to, batch, row);
    }
    if (is(NAMES.exit)) {
      batch.kind[row] = traced.has(Kind.exit) ? Kind.notedExit : Kind.exit;
      return this.#ended(data, from + NAMES.exit.length, to, batch, row);
    }
    if (is(NAMES.switch)) {
      batch.kind[row] = Kind.switchIn;
      const half = find(data, from + NAMES.switch.length, Math.min(to, from + NAMES.switch.length + 16), IN);
      return half < 0 ? Line.nothing : Line.row;
    }
    if (is(NAMES.lost)) return this.#lost(data, from + NAMES.lost.length, to, Line.lost);
    return is(NAMES.throttle) ? Line.throttled : Line.nothing;
  }

  #lost(data: Uint8Array, from: number, to: number, line: Line): Line {
    this.count = this.#number.decimal(data, from, to);
    return this.#number.ok && this.count >= 0 ? line : Line.damaged;
  }

  /** `name:process/task`; the name may hold anything. */
  #named(data: Uint8Array, from: number, to: number, batch: EventBatch, row: number, older: boolean): Line {
    const colon = findLast(data, from, to, COLON);
    if (colon < 0 || !this.#pair(data, colon + 1, to, SLASH)) return Line.damaged;
    batch.pid[row] = this.#process;
    batch.tid[row] = this.#task;
    batch.nr[row] = older ? 0 : this.#task;
    batch.text[row] = this.intern(data, from, colon);
    if (older) batch.cpu[row] = -1;
    return older ? Line.older : Line.row;
  }

  #born(data: Uint8Array, from: number, to: number, batch: EventBatch, row: number): Line {
    if (!this.#pair(data, from, to, COLON[0]) || this.#process < 0) return Line.damaged;
    batch.args[row * ARGS] = BigInt(this.#process);
    batch.nr[row] = this.#task;
    const parent = this.#number.at;
    if (!startsWith(data, parent, to, PARENT)) return Line.damaged;
    if (!this.#pair(data, parent + PARENT.length, to, COLON[0])) return Line.damaged;
    batch.pid[row] = this.#process;
    batch.tid[row] = this.#task;
    return Line.row;
  }

  #ended(data: Uint8Array, from: number, to: number, batch: EventBatch, row: number): Line {
    if (!this.#pair(data, from, to, COLON[0])) return Line.damaged;
    batch.pid[row] = this.#process;
    batch.tid[row] = this.#task;
    return Line.row;
  }

  /** `process:task`, or with another sign between. */
  #pair(data: Uint8Array, from: number, to: number, sign: number): boolean {
    const number = this.#number;
    this.#process = number.decimal(data, skipSpaces(data, from, to), to);
    if (!number.ok || data[number.at] !== sign) return false;
    this.#task = number.decimal(data, number.at + 1, to);
    return number.ok;
  }
}
