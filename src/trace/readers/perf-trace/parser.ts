/** From lines of perf trace to rows. A line of a call stands where the call ended, so begins are put in order by {@link SortedRows}. */
import { ARGS, Kind } from '../../event.ts';
import { createByteInterner, type InternBytes } from '../../text/names.ts';
import { createNameFinder, type FindByName } from '../../text/known-names.ts';
import { createPayloads, type Payload } from '../../text/payloads.ts';
import type { TextRows } from '../../text/rows.ts';
import { NumberScanner, startsWith, wordOf } from '../../text/scan.ts';
import { SortedRows } from '../../text/sorted-rows.ts';
import type { TextState } from '../../text/trace.ts';
import { payloadOf } from '../perf-script/event-name.ts';
import { CallNames, FieldReader, quoted, UNKNOWN_CALL, type TracedCall } from './calls.ts';
import type { Head } from './head.ts';
import { Body, TraceLine } from './line.ts';
import { Result, ResultReader } from './result.ts';
import { TracedTasks, type TracedTask } from './tasks.ts';
import { createTracepoints, type Tracepoint } from './tracepoints.ts';

const [SPACE, OPEN, CLOSE, COLON, LETTER_K, LETTER_G] = [32, 40, 41, 58, 107, 103];
const LOST = wordOf('LOST ');
const LOST_EVENTS = wordOf(' events!');
const FILENAME = wordOf('filename');
const TARGET = wordOf('] => 0x');
/** Call stacks are further right than any line's time. */
const STACK_INDENT = 30;
/** How far the end of a call may seem to lie behind the begin of the next: both are rounded to a microsecond, and so is the duration. */
const ROUNDING_NS = 2_000;
const LIVES: ReadonlySet<number> = new Set([Kind.fork, Kind.newTask, Kind.exec, Kind.exit]);

export class Parser {
  readonly #rows: TextRows;
  readonly #sorted: SortedRows;
  readonly #line = new TraceLine();
  readonly #calls = new CallNames();
  readonly #fields = new FieldReader();
  readonly #result = new ResultReader();
  readonly #number = new NumberScanner();
  readonly #tasks = new TracedTasks();
  readonly #intern: InternBytes;
  readonly #payloads: FindByName<Payload>;
  readonly #tracepoints: FindByName<Tracepoint>;
  /** Whether tracepoints tell of user faults, and of births, execs and ends of tasks: then lines of faults and calls do not. */
  readonly #tellsFaults: boolean;
  readonly #tellsLives: boolean;
  /** The latest moment at which a line was printed, as far as they tell. */
  #now = 0;
  #summary = false;

  constructor(
    private readonly state: TextState,
    private readonly head: Head,
  ) {
    this.#rows = state.rows;
    this.#sorted = new SortedRows(state.rows);
    this.#intern = createByteInterner(state.strings);
    const payloads = createPayloads(this.#intern);
    this.#payloads = createNameFinder((name) => payloadOf(name, payloads));
    const tracepoints = createTracepoints(this.#intern);
    this.#tracepoints = createNameFinder((name) => tracepoints.get(name));
    this.#tellsFaults = head.tracepoints.has('exceptions:page_fault_user');
    // One that tells of tasks is taken to come with the others: the first exit may be far away.
    this.#tellsLives = [...head.tracepoints].some((name) => LIVES.has(tracepoints.get(name)?.kind ?? -1));
    if (head.first) this.#rows.startAt(head.first.seconds, head.first.nanoseconds);
  }

  line(data: Uint8Array, from: number, to: number, place: number): void {
    if (to === from) return;
    const line = this.#line;
    if (line.read(data, from, to) && this.#event(data, to, place)) return;
    if (this.#lost(data, from, to, place) || isStack(data, from, to)) return;
    // `-S` prints a table behind the events.
    this.#summary ||= startsWith(data, from, to, SUMMARY);
    this.state.health.count(this.#summary ? 'unknown-record' : 'damaged-record', { byte: place });
  }

  end(): void {
    for (const task of this.#tasks.unborn()) this.#firstReturn(task, this.#now);
    this.#sorted.finish();
  }

  #event(data: Uint8Array, to: number, place: number): boolean {
    const { body, timed, seconds, nanoseconds } = this.#line;
    const time = timed ? this.#rows.since(seconds, nanoseconds) : this.#now;
    if (body === Body.tracepoint) return this.#tracepoint(data, to, time, place);
    if (body === Body.fault) return this.#fault(data, to, time, place);
    return this.#call(data, to, time, place);
  }

  /** The task of the line; what it is called by now is told where that is new. */
  #task(data: Uint8Array, time: number, place: number): TracedTask {
    const { tid, nameFrom, nameTo } = this.#line;
    const task = this.#tasks.of(tid < 0 ? this.head.firstTid : tid);
    if (task.unborn) this.#firstReturn(task, time);
    // `:417` is a task of which perf knows no name.
    if (nameTo > nameFrom && data[nameFrom] !== COLON) {
      const name = this.#intern(data, nameFrom, nameTo);
      if (name !== task.name) this.#renamed(task, name, time, place);
    }
    return task;
  }

  #renamed(task: TracedTask, name: number, time: number, place: number): void {
    task.name = name;
    const row = this.#put(Kind.rename, task, time, place);
    this.#sorted.batch.text[row] = name;
    this.#sorted.keep(row);
  }

  #call(data: Uint8Array, to: number, time: number, place: number): boolean {
    const { body, at, durationNs, timed } = this.#line;
    const isEnd = body === Body.continued;
    const call = this.#calls.read(data, at, to);
    const open = this.#calls.at;
    if (data[open] !== OPEN) return false;
    const result = this.#result.read(data, open + 1, to);
    if (result === Result.none || (isEnd && result === Result.unfinished)) return false;
    if (call === UNKNOWN_CALL) this.state.health.count('unknown-call', { byte: place });
    this.state.signals.add('syscalls');
    const task = this.#taskOf(isEnd, call, data, time, place);
    if (!isEnd) this.#enter(task, call, data, open + 1, time, place);
    if (result === Result.unfinished) {
      this.#now = Math.max(this.#now, time);
      return true;
    }
    if (result === Result.never) {
      this.#tasks.closes(task);
      if (call.effect === 'exit') this.#exit(task, time, place);
      return true;
    }
    const end = timed ? time + Math.max(0, durationNs) : Math.max(time, task.lastNs);
    this.#leave(task, call, end, place, isEnd && !timed);
    if (timed) this.#now = Math.max(this.#now, end);
    return true;
  }

  /** Of the end of a call the name is that of the end: an exec changes it. */
  #taskOf(isEnd: boolean, call: TracedCall, data: Uint8Array, time: number, place: number): TracedTask {
    const { tid, timed, durationNs } = this.#line;
    const known = this.#tasks.of(tid < 0 ? this.head.firstTid : tid);
    const isFirst = isEnd && !timed && call.effect === 'birth' && known.lastNs === -Infinity;
    if (isFirst && !this.#tellsLives && tid >= 0 && !this.#tasks.crowded) return known;
    return this.#task(data, isEnd && timed ? time + Math.max(0, durationNs) : time, place);
  }

  #enter(task: TracedTask, call: TracedCall, data: Uint8Array, from: number, time: number, place: number): void {
    this.#rows.samples++;
    const row = this.#put(Kind.sysEnter, task, time, place);
    const { batch } = this.#sorted;
    const end = this.#result.argumentsEnd;
    batch.nr[row] = call.nr;
    if (call.parameters.length > 0) this.#fields.arguments(call, data, from, end, batch, row);
    const flags = (batch.argWords[row * ARGS * 2] | call.flags) >>> 0;
    this.#sorted.keep(row);
    this.#tasks.closes(task);
    if (call.effect === 'none' || call.effect === 'exit') return;
    const value =
      call.effect === 'birth'
        ? flags
        : this.#intern(data, ...quoted(data, this.#fields.find(FILENAME, data, from, end), end));
    this.#tasks.opens(task, { call, ns: batch.time[row], value, child: -1 });
    const waiting = call.effect === 'birth' ? this.#tasks.unbornBy(call) : undefined;
    // Its child may be the task that returned from such a call before this line was printed.
    if (waiting && waiting !== task) this.#born(task, waiting.tid, place, true);
  }

  #leave(task: TracedTask, call: TracedCall, time: number, place: number, untimed: boolean): void {
    const { low, high, isId } = this.#result;
    const succeeded = high < 0x8000_0000;
    if (call.effect === 'birth' && untimed && low === 0 && high === 0 && task.lastNs === -Infinity) {
      this.#returnsFirst(task, call, time, place);
      return;
    }
    const open = this.#tasks.closes(task);
    if (open?.call.effect === 'birth' && succeeded && low > 0 && isId) {
      task.open = open;
      this.#born(task, low, place, false);
      task.open = undefined;
    }
    if (call.effect === 'exec' && succeeded && low === 0 && !this.#tellsLives) {
      this.state.signals.add('lifecycle');
      const row = this.#put(Kind.exec, task, time, place);
      this.#sorted.batch.nr[row] = task.tid;
      this.#sorted.batch.text[row] = open !== undefined && open.value !== 0 ? open.value : task.name;
      this.#sorted.keep(row);
    }
    this.#exitRow(task, call.nr, low, high, time, place);
  }

  #exitRow(task: TracedTask, nr: number, low: number, high: number, time: number, place: number): void {
    this.#rows.samples++;
    const row = this.#put(Kind.sysExit, task, time, place);
    const { batch } = this.#sorted;
    batch.nr[row] = nr;
    batch.resultWords[2 * row] = low;
    batch.resultWords[2 * row + 1] = high;
    this.#sorted.keep(row);
  }

  /** A new task returns from the call that made it, which its maker began on a line before, or on one that is still to come. */
  #returnsFirst(task: TracedTask, call: TracedCall, time: number, place: number): void {
    this.#tasks.waits(task, call, 0, place);
    if (this.#tellsLives || this.#tasks.crowded) {
      this.#firstReturn(task, time);
      return;
    }
    const makers = this.#tasks.makersBy(call);
    if (makers.length === 0) return;
    if (makers.length > 1) this.state.health.count('inferred-parent', { ns: time, byte: place });
    this.#born(makers[0], task.tid, place, true);
  }

  /** The first return of a task, now that nobody will tell who made it, or somebody did. */
  #firstReturn(task: TracedTask, time: number): void {
    const { unborn } = task;
    if (!unborn) return;
    this.#tasks.settled(task);
    this.#exitRow(task, unborn.call.nr, unborn.result, 0, time, unborn.place);
  }

  /** @param returned - the line that tells is the child's, not the result of its maker's call */
  #born(maker: TracedTask, tid: number, place: number, returned: boolean): void {
    const { open } = maker;
    if (!open || this.#tellsLives) return;
    const child = this.#tasks.of(tid);
    const known = !returned && (open.child === tid || child.born);
    if (returned) maker.open = { ...open, child: tid };
    if (!known) {
      this.state.signals.add('lifecycle');
      child.born = true;
      const { batch } = this.#sorted;
      if (open.call.tellsFlags) {
        const row = this.#put(Kind.newTask, maker, open.ns, place);
        batch.nr[row] = tid;
        batch.argWords[row * ARGS * 2] = open.value;
        this.#sorted.keep(row);
      } else this.state.health.count('untold-clone-flags', { byte: place });
      // As the kernel tells of each birth, whatever its flags.
      const row = this.#put(Kind.fork, maker, open.ns, place);
      batch.nr[row] = tid;
      this.#sorted.keep(row);
    }
    if (child.unborn) this.#firstReturn(child, Math.max(open.ns, returned ? this.#now : open.ns));
  }

  #exit(task: TracedTask, time: number, place: number): void {
    if (this.#tellsLives) return;
    this.state.signals.add('lifecycle');
    const row = this.#put(Kind.exit, task, time, place);
    this.#sorted.batch.text[row] = task.name;
    this.#sorted.keep(row);
    this.#tasks.ends(task);
  }

  /** `[symbol+0x1] => 0x7ffc (dk)`: the last letter is the mode in which it was taken. */
  #fault(data: Uint8Array, to: number, time: number, place: number): boolean {
    if (data[to - 1] !== CLOSE || data[to - 4] !== OPEN || data[to - 5] !== SPACE) return false;
    this.#rows.samples++;
    this.#now = Math.max(this.#now, time);
    if (this.#tellsFaults) {
      this.state.health.count('unknown-event', { byte: place });
      return true;
    }
    const task = this.#task(data, time, place);
    const mode = data[to - 2];
    const isKernel = mode === LETTER_K || mode === LETTER_G;
    if (!isKernel) this.state.signals.add('userFaults');
    const row = this.#put(isKernel ? Kind.faultKernel : Kind.faultUser, task, time, place);
    const { argWords } = this.#sorted.batch;
    for (let at = this.#line.at; at < to; at++) {
      if (!startsWith(data, at, to, TARGET)) continue;
      this.#number.hex(data, at + TARGET.length, to);
      argWords[row * ARGS * 2] = this.#number.low;
      argWords[row * ARGS * 2 + 1] = this.#number.high;
      break;
    }
    this.#sorted.keep(row);
    return true;
  }

  /** `sched:sched_process_fork(child_pid: 417)`; with --libtraceevent_print what the kernel prints, in older versions behind a colon. */
  #tracepoint(data: Uint8Array, to: number, time: number, place: number): boolean {
    const { at } = this.#line;
    let end = at;
    for (let colons = 0; end < to && data[end] !== OPEN && data[end] !== SPACE; end++)
      if (data[end] === COLON && ++colons === 2) break;
    if (end >= to || data[end] === SPACE || data[to - 1] !== CLOSE) return false;
    this.#rows.samples++;
    this.#now = Math.max(this.#now, time);
    const found = this.#tracepoints(data, at, end);
    const isCall = found?.kind === Kind.sysEnter || found?.kind === Kind.sysExit;
    // Calls that stand as lines of their own are not told twice.
    if (!found || (isCall && this.head.hasCalls)) {
      this.state.health.count('unknown-event', { byte: place });
      return true;
    }
    const task = this.#task(data, time, place);
    const row = this.#put(found.kind, task, time, place);
    if (!this.#parse(found, this.#payloads(data, at, end), data, end + 1, to - 1, row)) {
      this.#sorted.drop(row);
      this.#rows.samples--;
      return false;
    }
    if (found.signal) this.state.signals.add(found.signal);
    this.#sorted.keep(row);
    if (found.kind === Kind.exit) this.#tasks.ends(task);
    return true;
  }

  #parse(
    found: Tracepoint,
    payload: Payload | undefined,
    data: Uint8Array,
    from: number,
    to: number,
    row: number,
  ): boolean {
    const { batch } = this.#sorted;
    if (payload && isKernelForm(data, from, to) && payload.parse(data, from, to, batch, row)) return true;
    return found.parse(data, from, to, batch, row);
  }

  /** A row of a task, not before its last one if rounding alone may say so. */
  #put(kind: number, task: TracedTask, time: number, place: number): number {
    const row = this.#sorted.add();
    const { batch } = this.#sorted;
    const at = time < task.lastNs && task.lastNs - time <= ROUNDING_NS ? task.lastNs : time;
    task.lastNs = at;
    batch.time[row] = at;
    batch.tid[row] = task.tid;
    batch.kind[row] = kind;
    batch.place[row] = place;
    return row;
  }

  /** `LOST 172 events!` */
  #lost(data: Uint8Array, from: number, to: number, place: number): boolean {
    if (!startsWith(data, from, to, LOST)) return false;
    const count = this.#number.decimal(data, from + LOST.length, to);
    if (!this.#number.ok || count < 0 || !startsWith(data, this.#number.at, to, LOST_EVENTS)) return false;
    this.state.health.count('lost', { byte: place }, count);
    const row = this.#sorted.add();
    const { batch } = this.#sorted;
    batch.time[row] = this.#now;
    batch.tid[row] = -1;
    batch.kind[row] = Kind.lost;
    batch.argWords[row * ARGS * 2] = count >>> 0;
    batch.argWords[row * ARGS * 2 + 1] = Math.floor(count / 2 ** 32) >>> 0;
    batch.place[row] = place;
    this.#sorted.keep(row);
    return true;
  }
}

const SUMMARY = wordOf(' Summary of events:');

/** `key=value` or `NR 1`, not `key: value`. */
function isKernelForm(data: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    if (data[at] === COLON) return false;
    if (data[at] === 61 || data[at] === SPACE) return true;
  }
  return false;
}

function isStack(data: Uint8Array, from: number, to: number): boolean {
  if (to - from <= STACK_INDENT || data[to - 1] !== CLOSE) return false;
  for (let at = from; at < from + STACK_INDENT; at++) if (data[at] !== SPACE) return false;
  return true;
}
