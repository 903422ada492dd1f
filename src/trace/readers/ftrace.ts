/**
 * ftrace text, as the kernel prints it in `trace` and `trace_pipe`, trace-cmd as its report, and systrace into a page:
 *
 * ```
 *              bash-417     [001] d..2.  1592.112604: sched_switch: prev_comm=bash prev_pid=417 …
 *              name-tid     cpu   flags  time         event         payload
 * ```
 */
import type { Bytes } from '../../io/bytes.ts';
import { peek } from '../../io/peek.ts';
import { createNameFinder, type FindByName } from '../text/known-names.ts';
import { forEachLine } from '../text/lines.ts';
import { createByteInterner } from '../text/names.ts';
import { createPayloads, type Payload } from '../text/payloads.ts';
import type { TextRows } from '../text/rows.ts';
import { find, NumberScanner, skipSpaces, startsWith, wordOf } from '../text/scan.ts';
import { textTrace, type TextState } from '../text/trace.ts';
import type { Trace, TraceReader } from '../trace.ts';
import { Columns, isFrame } from './ftrace/columns.ts';
import { countsTime, demandReadable, isSystrace, kernelOf, latin1Of, looksLikeFtrace } from './ftrace/forms.ts';
import { SystracePage } from './ftrace/systrace.ts';

const [SPACE, HASH, COLON, ROUND_OPEN, LESS] = [32, 35, 58, 40, 60];
const CPU = wordOf('CPU:');
const LOST = wordOf(' [LOST ');
const DROPPED = wordOf(' EVENTS DROPPED]');
const DROPPED_UNCOUNTED = wordOf(' [EVENTS DROPPED]');
const ENTRIES = wordOf('entries-in-buffer/entries-written: ');
const STACKS = ['<stack trace>', '<user stack trace>'].map(wordOf);
/** What trace-cmd says of its file, and of CPUs without events. */
const NOTES = ['cpus=', 'CPU ', 'version = ', 'trace-cmd: '].map(wordOf);

export const ftrace: TraceReader = {
  id: 'ftrace',
  label: 'ftrace text (trace, trace_pipe, trace-cmd report, systrace)',
  priority: 40,
  recordWith:
    'a tracefs instance: enable events raw_syscalls, sched, exceptions, irq_vectors, irq and tlb and the option record-tgid, run the command, then save trace and (for --tgids) saved_tgids',
  seeks: false,
  sniff: looksLikeFtrace,
  async open(bytes, { strict }) {
    const { head, bytes: whole } = await peek(bytes, HEAD_BYTES);
    demandReadable(head, bytes.name);
    return open(whole, head, strict);
  },
};

/** Enough for hundreds of lines: where no flush is logged in them, none is taken to be. */
const HEAD_BYTES = 64 * 1024;

function open(bytes: Bytes, head: Uint8Array, strict: boolean): Trace {
  const kernel = kernelOf(head);
  const counts = countsTime(head);
  const page = isSystrace(latin1Of(head));
  return textTrace({
    format: ftrace.id,
    label: 'ftrace text',
    recordWith: ftrace.recordWith,
    bytes,
    strict,
    recordsFlushes: find(head, 0, head.length, wordOf(' tlb_flush: ')) >= 0,
    host: kernel === undefined ? {} : { kernel },
    read(state) {
      const parser = new Parser(state, counts);
      if (!page) return forEachLine(bytes, parser.line, parser.long);
      const text = new SystracePage(parser.line);
      return forEachLine(
        bytes,
        (data, from, to, place) => text.line(data, from, to, place),
        (place) => {
          if (text.inside) parser.long(place);
        },
      );
    },
  });
}

class Parser {
  readonly #rows: TextRows;
  readonly #columns: Columns;
  readonly #number = new NumberScanner();
  readonly #find: FindByName<Payload>;

  constructor(
    private readonly state: TextState,
    private readonly counts: boolean,
  ) {
    this.#rows = state.rows;
    this.#columns = new Columns(counts);
    const payloads = createPayloads(createByteInterner(state.strings));
    this.#find = createNameFinder((name) => payloads.get(name));
  }

  readonly line = (data: Uint8Array, from: number, to: number, place: number): void => {
    if (to === from) return;
    if (data[from] === HASH) {
      this.#header(data, from, to, place);
      return;
    }
    if (this.#event(data, from, to, place) || isFrame(data, from, to) || this.#lost(data, from, to, place)) return;
    for (const note of NOTES) if (startsWith(data, from, to, note)) return;
    this.state.health.count('damaged-record', { byte: place });
  };

  readonly long = (place: number): void => this.state.health.count('damaged-record', { byte: place });

  /** False where the line is no event. */
  #event(data: Uint8Array, from: number, to: number, place: number): boolean {
    const columns = this.#columns;
    if (!columns.read(data, from, to)) return false;
    const name = columns.rest;
    let nameEnd = name;
    while (nameEnd < to && data[nameEnd] !== COLON && data[nameEnd] !== SPACE && data[nameEnd] !== ROUND_OPEN)
      nameEnd++;
    const rows = this.#rows;
    if (nameEnd >= to || data[nameEnd] !== COLON) return this.#otherEvent(data, name, nameEnd, to, place);
    rows.samples++;
    const payload = this.#find(data, name, nameEnd);
    if (!payload) {
      this.state.health.count('unknown-event', { byte: place });
      return true;
    }
    const row = rows.add();
    const { batch } = rows;
    batch.time[row] = this.counts ? 0 : rows.since(columns.seconds, columns.nanoseconds);
    batch.cpu[row] = columns.cpu;
    batch.tid[row] = columns.tid;
    batch.pid[row] = columns.tgid;
    batch.kind[row] = payload.kind;
    batch.place[row] = place;
    batch.flags[row] = columns.flags;
    batch.depth[row] = columns.depth;
    if (!payload.parse(data, skipSpaces(data, nameEnd + 1, to), to, batch, row)) {
      rows.drop(row);
      rows.samples--;
      return false;
    }
    if (payload.signal) this.state.signals.add(payload.signal);
    if (this.counts) this.state.health.count('no-times', { byte: place });
    rows.keep(row);
    return true;
  }

  /** Events that print no colon behind their name: `sys_openat(…)`, `sys_openat -> 0x3` (events of syscalls), `func <-caller`, stacks. */
  #otherEvent(data: Uint8Array, name: number, nameEnd: number, to: number, place: number): boolean {
    if (data[name] === LESS) {
      for (const stack of STACKS) if (startsWith(data, name, to, stack)) return true;
      return false;
    }
    if (nameEnd === name || nameEnd >= to) return false;
    const isCall = data[nameEnd] === ROUND_OPEN;
    if (!isCall && !(data[nameEnd] === SPACE && (data[nameEnd + 1] === LESS || data[nameEnd + 2] === 62))) return false;
    this.#rows.samples++;
    this.state.health.count('unknown-event', { byte: place });
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

  /** `CPU:1 [LOST 5051 EVENTS]`, of trace-cmd `CPU:1 [5051 EVENTS DROPPED]`; either without a number. */
  #lost(data: Uint8Array, from: number, to: number, place: number): boolean {
    if (!startsWith(data, from, to, CPU)) return false;
    const number = this.#number;
    const cpu = number.decimal(data, from + CPU.length, to);
    const at = number.at;
    if (!number.ok || cpu < 0 || cpu > 0x7fff) return false;
    let count = 1;
    if (startsWith(data, at, to, LOST)) {
      const told = number.decimal(data, at + LOST.length, to);
      if (number.ok) count = told;
    } else if (!startsWith(data, at, to, DROPPED_UNCOUNTED)) {
      count = number.decimal(data, at + 2, to);
      if (!number.ok || !startsWith(data, number.at, to, DROPPED)) return false;
    }
    if (count < 0) return false;
    this.#rows.lost(count, cpu, this.#rows.latest, place);
    return true;
  }
}
