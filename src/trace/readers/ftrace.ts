/**
 * ftrace text, as the kernel prints it in `trace` and `trace_pipe`:
 *
 * ```
 *              bash-417     [001] d..2.  1592.112604: sched_switch: prev_comm=bash prev_pid=417 …
 *              name-tid     cpu   flags  time         event         payload
 * ```
 *
 * Four or five flags, with or without a tgid column.
 */
import type { Bytes } from '../../io/bytes.ts';
import { peek } from '../../io/peek.ts';
import { DEPTH_UNKNOWN, type EventBatch } from '../event.ts';
import { createNameFinder, type FindByName } from '../text/known-names.ts';
import { forEachLine } from '../text/lines.ts';
import { createByteInterner } from '../text/names.ts';
import { createPayloads, type Payload } from '../text/payloads.ts';
import type { TextRows } from '../text/rows.ts';
import { find, hexDigit, isDigit, NumberScanner, skipSpaces, startsWith, wordOf } from '../text/scan.ts';
import { textTrace, type TextState } from '../text/trace.ts';
import type { Trace, TraceReader } from '../trace.ts';

const HEADER = '# tracer: ';
const [SPACE, HASH, DASH, OPEN, CLOSE, COLON, DOT] = [32, 35, 45, 91, 93, 58, 46];
/** Names are padded to this width, so a task's dash stands here unless its name is longer. */
const NAME_WIDTH = 16;
const CPU = wordOf('CPU:');
const LOST = wordOf(' [LOST ');
const ENTRIES = wordOf('entries-in-buffer/entries-written: ');

/** Flag letters as the bits of enum trace_flag_type. */
const FLAG_BITS: ReadonlyMap<string, number> = new Map([
  ['0d', 0x01],
  ['0D', 0x01 | 0x80],
  ['0b', 0x80],
  ['1N', 0x04 | 0x20],
  ['1n', 0x04],
  ['1p', 0x20],
  ['2h', 0x08],
  ['2s', 0x10],
  ['2H', 0x08 | 0x10],
  ['2z', 0x40],
  ['2Z', 0x40 | 0x08],
]);

export const ftrace: TraceReader = {
  id: 'ftrace',
  label: 'ftrace text (trace, trace_pipe)',
  priority: 40,
  recordWith:
    'in a tracefs instance: enable events raw_syscalls, sched, exceptions, irq_vectors, irq and tlb and the option record-tgid, run the command, then save trace and (for --tgids) saved_tgids',
  seeks: false,
  sniff: (head) => looksLikeFtrace(new TextDecoder('latin1').decode(head)),
  async open(bytes, { strict }) {
    const { head, bytes: whole } = await peek(bytes, HEAD_BYTES);
    return open(whole, find(head, 0, head.length, wordOf(' tlb_flush: ')) >= 0, strict);
  },
};

const LINE = /^.{1,40}-\d+ +(?:\( *[-\d]+\) )?\[\d{3,}\] [.a-zA-Z0-9#]{4,5} +\d+\.\d+: \w+: /m;

const looksLikeFtrace = (head: string): boolean => head.startsWith(HEADER) || LINE.test(head.slice(0, 8192));

/** Enough for hundreds of lines: where no flush is logged in them, none is taken to be. */
const HEAD_BYTES = 64 * 1024;

const open = (bytes: Bytes, recordsFlushes: boolean, strict: boolean): Trace =>
  textTrace({
    format: ftrace.id,
    label: 'ftrace text',
    recordWith: ftrace.recordWith,
    bytes,
    strict,
    recordsFlushes,
    read(state) {
      const parser = new Parser(state);
      return forEachLine(
        bytes,
        (data, from, to, place) => parser.line(data, from, to, place),
        (place) => state.health.count('damaged-record', { byte: place }),
      );
    },
  });

class Parser {
  readonly #rows: TextRows;
  readonly #number = new NumberScanner();
  readonly #find: FindByName<Payload>;

  constructor(private readonly state: TextState) {
    this.#rows = state.rows;
    const payloads = createPayloads(createByteInterner(state.strings));
    this.#find = createNameFinder((name) => payloads.get(name));
  }

  line(data: Uint8Array, from: number, to: number, place: number): void {
    if (to === from) return;
    if (data[from] === HASH) {
      this.#header(data, from, to, place);
      return;
    }
    if (!this.#event(data, from, to, place) && !this.#lost(data, from, to, place))
      this.state.health.count('damaged-record', { byte: place });
  }

  /** False where the line is no event. */
  #event(data: Uint8Array, from: number, to: number, place: number): boolean {
    const number = this.#number;
    const dash = taskDash(data, from, to);
    if (dash < 0) return false;
    const tid = number.decimal(data, dash + 1, to);
    let at = skipSpaces(data, number.at, to);
    let tgid = -1;
    if (data[at] === 40) {
      const inside = skipSpaces(data, at + 1, to);
      if (isDigit(data[inside])) tgid = number.decimal(data, inside, to);
      while (at < to && data[at] !== 41) at++;
      at = skipSpaces(data, at + 1, to);
    }
    if (data[at] !== OPEN) return false;
    const cpu = number.decimal(data, at + 1, to);
    const flags = skipSpaces(data, number.at + 1, to);
    let flagsEnd = flags;
    while (flagsEnd < to && data[flagsEnd] !== SPACE) flagsEnd++;
    const time = skipSpaces(data, flagsEnd, to);
    if (!number.time(data, time, to) || data[number.at] !== COLON) return false;
    const name = skipSpaces(data, number.at + 1, to);
    let nameEnd = name;
    while (nameEnd < to && data[nameEnd] !== COLON && data[nameEnd] !== SPACE) nameEnd++;
    if (data[nameEnd] !== COLON) return false;

    const rows = this.#rows;
    rows.samples++;
    const payload = this.#find(data, name, nameEnd);
    if (!payload) {
      this.state.health.count('unknown-event', { byte: place });
      return true;
    }
    const row = rows.add();
    const { batch } = rows;
    batch.time[row] = rows.since(number.seconds, number.nanoseconds);
    batch.cpu[row] = cpu;
    batch.tid[row] = tid;
    batch.pid[row] = tgid;
    batch.kind[row] = payload.kind;
    batch.place[row] = place;
    setFlags(data, flags, flagsEnd, batch, row);
    if (!payload.parse(data, skipSpaces(data, nameEnd + 1, to), to, batch, row)) {
      rows.drop(row);
      return false;
    }
    if (payload.signal) this.state.signals.add(payload.signal);
    rows.keep(row);
    return true;
  }

  /** `# entries-in-buffer/entries-written: 4163/5000   #P:2`: what was written and is not there was overwritten. */
  #header(data: Uint8Array, from: number, to: number, place: number): void {
    const at = find(data, from, to, ENTRIES);
    if (at < 0) return;
    const kept = this.#number.decimal(data, at + ENTRIES.length, to);
    const written = this.#number.decimal(data, this.#number.at + 1, to);
    if (this.#number.ok && written > kept) this.state.health.count('lost', { byte: place }, written - kept);
  }

  /** `CPU:1 [LOST 5051 EVENTS]`, or without a number. */
  #lost(data: Uint8Array, from: number, to: number, place: number): boolean {
    const lost = find(data, from, Math.min(to, from + 64), LOST);
    if (lost < 0 || !startsWith(data, from, to, CPU)) return false;
    const count = this.#number.decimal(data, lost + LOST.length, to);
    const known = this.#number.ok ? count : 1;
    this.#rows.lost(known, this.#number.decimal(data, from + CPU.length, to), this.#rows.latest, place);
    return true;
  }
}

/** The dash between a task's name and its id: names hold dashes too, so what follows must be ` [cpu]`, with a tgid or without. */
function taskDash(data: Uint8Array, from: number, to: number): number {
  if (data[from + NAME_WIDTH] === DASH && isTaskColumn(data, from + NAME_WIDTH, to)) return from + NAME_WIDTH;
  for (let at = from; at < to; at++) if (data[at] === DASH && isTaskColumn(data, at, to)) return at;
  return -1;
}

function isTaskColumn(data: Uint8Array, dash: number, to: number): boolean {
  let at = dash + 1;
  while (at < to && isDigit(data[at])) at++;
  if (at === dash + 1) return false;
  at = skipSpaces(data, at, to);
  if (data[at] === 40) {
    while (at < to && data[at] !== 41) at++;
    at = skipSpaces(data, at + 1, to);
  }
  if (data[at] !== OPEN) return false;
  const first = ++at;
  while (at < to && isDigit(data[at])) at++;
  return at > first && data[at] === CLOSE;
}

function setFlags(data: Uint8Array, from: number, to: number, batch: EventBatch, row: number): void {
  let bits = 0;
  for (let i = 0; i < 3 && from + i < to; i++) bits |= FLAG_BITS.get(`${i}${String.fromCharCode(data[from + i])}`) ?? 0;
  batch.flags[row] = bits;
  const depth = data[from + 3];
  batch.depth[row] = to - from < 4 ? DEPTH_UNKNOWN : depth === DOT ? 0 : Math.max(0, hexDigit(depth));
}
