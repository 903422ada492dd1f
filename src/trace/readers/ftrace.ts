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
import { inputError, printable } from '../../errors.ts';
import { coverageOf, type Signal } from '../coverage.ts';
import { clearRows, createBatch, DEPTH_UNKNOWN, Kind, type EventBatch, type EventSink } from '../event.ts';
import { createHealth, type Health } from '../health.ts';
import { createStringTable, type StringTable } from '../strings.ts';
import { forEachLine } from '../text/lines.ts';
import { createByteInterner } from '../text/names.ts';
import { createPayloads, type Payload } from '../text/payloads.ts';
import { find, hexDigit, isDigit, NumberScanner, skipSpaces, wordOf } from '../text/scan.ts';
import type { Trace, TraceReader } from '../trace.ts';

const HEADER = '# tracer: ';
const [SPACE, HASH, DASH, OPEN, CLOSE, COLON, DOT] = [32, 35, 45, 91, 93, 58, 46];
/** Names are padded to this width, so a task's dash stands here unless its name is longer. */
const NAME_WIDTH = 16;
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

function open(bytes: Bytes, recordsFlushes: boolean, strict: boolean): Trace {
  const health = createHealth();
  const strings = createStringTable();
  const signals = new Set<Signal>();
  const state = { originNs: undefined as bigint | undefined, samples: 0 };
  const noteCut = (byte: number): void => {
    // A source that broke off says so itself.
    if (bytes.tear) return;
    if (strict)
      throw inputError(
        'the text breaks off inside a line',
        `${printable(bytes.name)} at byte ${byte}`,
        'copy it again, or leave out --strict',
      );
    health.count('truncated', { byte });
  };
  return {
    format: ftrace.id,
    get originNs() {
      return state.originNs ?? 0n;
    },
    host: {},
    recordsFlushes,
    get coverage() {
      if (signals.has('syscalls')) signals.add('credentials');
      return coverageOf(signals);
    },
    health,
    strings,
    commandPid: undefined,
    recorderName: undefined,
    get samples() {
      return state.samples;
    },
    async readEvents(sink) {
      const parser = new Parser(strings, health, signals, state, sink);
      const cut = await forEachLine(
        bytes,
        (data, from, to, place) => parser.line(data, from, to, place),
        (place) => health.count('damaged-record', { byte: place }),
      );
      parser.finish();
      if (cut !== undefined) noteCut(cut);
      if (state.samples === 0)
        throw inputError(
          'ftrace text without an event the model can use',
          printable(bytes.name),
          `record it with ${ftrace.recordWith}`,
        );
    },
  };
}

class Parser {
  readonly #batch: EventBatch = createBatch();
  readonly #number = new NumberScanner();
  readonly #payloads: ReadonlyMap<string, Payload>;
  /** Payloads by the bytes of the event's name: no string is made of it. */
  readonly #byHash = new Map<number, { readonly name: Uint8Array; readonly payload: Payload | undefined }>();
  #latest = -Infinity;

  constructor(
    strings: StringTable,
    private readonly health: Health,
    private readonly signals: Set<Signal>,
    private readonly state: { originNs: bigint | undefined; samples: number },
    private readonly sink: EventSink,
  ) {
    this.#payloads = createPayloads(createByteInterner(strings));
    clearRows(this.#batch, 0);
  }

  line(data: Uint8Array, from: number, to: number, place: number): void {
    if (to === from) return;
    if (data[from] === HASH) {
      this.#header(data, from, to, place);
      return;
    }
    if (!this.#event(data, from, to, place) && !this.#lost(data, from, to, place))
      this.health.count('damaged-record', { byte: place });
  }

  finish(): void {
    if (this.#batch.length > 0) this.sink(this.#batch, 0, this.#batch.length);
    this.#batch.length = 0;
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
    const seconds = number.decimal(data, time, to);
    if (!number.ok || data[number.at] !== DOT) return false;
    const fraction = number.at + 1;
    const nanoseconds = number.decimal(data, fraction, to) * 10 ** (9 - (number.at - fraction));
    if (!number.ok || data[number.at] !== COLON) return false;
    const name = skipSpaces(data, number.at + 1, to);
    let nameEnd = name;
    while (nameEnd < to && data[nameEnd] !== COLON && data[nameEnd] !== SPACE) nameEnd++;
    if (data[nameEnd] !== COLON) return false;

    this.state.samples++;
    const payload = this.#payloadOf(data, name, nameEnd);
    if (!payload) {
      this.health.count('unknown-event', { byte: place });
      return true;
    }
    const row = this.#row();
    const batch = this.#batch;
    batch.time[row] = this.#since(seconds, nanoseconds);
    batch.cpu[row] = cpu;
    batch.tid[row] = tid;
    batch.pid[row] = tgid;
    batch.kind[row] = payload.kind;
    batch.place[row] = place;
    setFlags(data, flags, flagsEnd, batch, row);
    if (!payload.parse(data, skipSpaces(data, nameEnd + 1, to), to, batch, row)) {
      batch.length--;
      clearRows(batch, row);
      return false;
    }
    if (payload.signal) this.signals.add(payload.signal);
    if (batch.time[row] < this.#latest) this.health.count('late-event', { ns: batch.time[row], byte: place });
    else this.#latest = batch.time[row];
    return true;
  }

  /** `# entries-in-buffer/entries-written: 4163/5000   #P:2`: what was written and is not there was overwritten. */
  #header(data: Uint8Array, from: number, to: number, place: number): void {
    const at = find(data, from, to, ENTRIES);
    if (at < 0) return;
    const kept = this.#number.decimal(data, at + ENTRIES.length, to);
    const written = this.#number.decimal(data, this.#number.at + 1, to);
    if (this.#number.ok && written > kept) this.health.count('lost', { byte: place }, written - kept);
  }

  /** `CPU:1 [LOST 5051 EVENTS]`, or without a number. */
  #lost(data: Uint8Array, from: number, to: number, place: number): boolean {
    const lost = find(data, from, Math.min(to, from + 64), LOST);
    if (lost < 0 || find(data, from, from + 4, wordOf('CPU:')) < 0) return false;
    const count = this.#number.decimal(data, lost + LOST.length, to);
    const known = this.#number.ok ? count : 1;
    this.health.count('lost', { byte: place }, known);
    const row = this.#row();
    this.#batch.time[row] = this.#latest === -Infinity ? 0 : this.#latest;
    this.#batch.cpu[row] = this.#number.decimal(data, from + 4, to);
    this.#batch.tid[row] = -1;
    this.#batch.pid[row] = -1;
    this.#batch.kind[row] = Kind.lost;
    this.#batch.args[row * 6] = BigInt(known);
    this.#batch.place[row] = place;
    return true;
  }

  #row(): number {
    if (this.#batch.length === this.#batch.time.length) {
      this.finish();
      clearRows(this.#batch, 0);
    }
    return this.#batch.length++;
  }

  #since(seconds: number, nanoseconds: number): number {
    const origin = (this.state.originNs ??= BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds));
    // Both parts relative first: exact for any clock.
    const originSeconds = Number(origin / 1_000_000_000n);
    return (seconds - originSeconds) * 1e9 + (nanoseconds - Number(origin % 1_000_000_000n));
  }

  #payloadOf(data: Uint8Array, from: number, to: number): Payload | undefined {
    let hash = 0;
    for (let at = from; at < to; at++) hash = (Math.imul(hash, 31) + data[at]) | 0;
    const known = this.#byHash.get(hash);
    if (known && find(data, from, to, known.name) === from && known.name.length === to - from) return known.payload;
    const name = data.slice(from, to);
    const payload = this.#payloads.get(String.fromCharCode(...name.subarray(0, 64)));
    this.#byHash.set(hash, { name, payload });
    return payload;
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
