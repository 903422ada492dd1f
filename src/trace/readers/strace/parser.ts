/** Lines of strace to events. What each line may be: strace(1), and the shapes in `docs/formats.md`. */
import type { Signal } from '../../coverage.ts';
import { ARGS, Kind, type EventSink } from '../../event.ts';
import type { Health } from '../../health.ts';
import type { StringTable } from '../../strings.ts';
import { isNameByte } from '../../text/name-scanner.ts';
import { findLast, isDigit, NumberScanner, startsWith, wordOf } from '../../text/scan.ts';
import { ArgumentScanner } from './arguments.ts';
import { Births } from './births.ts';
import { CallScanner, UNKNOWN, type Call } from './calls.ts';
import { StraceClock } from './clock.ts';
import { Ending, End } from './ending.ts';
import { Prefix, Stamp } from './prefix.ts';
import { Rows } from './rows.ts';
import { StraceTasks, type StraceTask } from './tasks.ts';

const [ROUND_OPEN, PLUS, DASH, LESS] = [40, 43, 45, 60];
const RESUMED = wordOf('<... ');
const RESUMED_END = wordOf(' resumed>');
const UNFINISHED = wordOf('<unfinished ...>');
const ENDED = ['+++ exited with ', '+++ killed by '].map(wordOf);
const SUPERSEDED = wordOf('+++ superseded by execve in pid ');
const SIGNAL = ['--- SIG', '--- stopped by ', '--- unknown signal'].map(wordOf);
/** What strace itself says, also in the middle of another line. */
const NOTE = wordOf('strace: Process ');
const ATTACHED = wordOf(' attached');
const NOTES = ['strace: ', 'Process ', '> ', '[ Process PID='].map(wordOf);
const SUMMARY = wordOf('% time ');
const PR_SET_NAME = wordOf('PR_SET_NAME,');
/** Bytes of a task's name. */
const NAME_BYTES = 15;

const isOneOf = (data: Uint8Array, at: number, to: number, words: readonly Uint8Array[]): boolean =>
  words.some((word) => startsWith(data, at, to, word));

export class Parser {
  /** Lines that told an event. */
  samples = 0;
  readonly clock: StraceClock;
  readonly #tasks: StraceTasks;
  readonly #rows: Rows;
  readonly #births: Births;
  readonly #prefix = new Prefix();
  readonly #ending = new Ending();
  readonly #scan = new ArgumentScanner();
  readonly #number = new NumberScanner();
  readonly #calls = new CallScanner();
  /** Who is in a call whose line was cut by a note of strace or by output of the program. */
  #open: StraceTask | undefined;
  #calledAny = false;
  /** Everything from here on is the table of `-c`. */
  #inSummary = false;

  /** @param firstTid - see {@link StraceTasks} */
  constructor(
    firstTid: number,
    private readonly strings: StringTable,
    private readonly health: Health,
    private readonly signals: Set<Signal>,
    sink: EventSink,
  ) {
    this.clock = new StraceClock(health);
    this.#tasks = new StraceTasks(firstTid);
    this.#rows = new Rows(sink, () => this.#births.giveUpWaiting());
    this.#births = new Births(this.#tasks, this.#rows, health);
  }

  line(data: Uint8Array, from: number, to: number, place: number): void {
    if (to === from) return;
    const prefix = this.#prefix;
    prefix.read(data, from, to);
    const at = prefix.body;
    if (this.#inSummary || (at < to && !this.#event(data, at, to, place)))
      this.health.count(this.#isNote(data, at, to) ? 'unknown-record' : 'damaged-record', { byte: place });
  }

  finish(): void {
    if (this.#calledAny) this.signals.add('syscalls');
    this.#births.giveUpWaiting();
    this.#rows.finish();
    if (!this.clock.stamped && this.samples > 0) this.health.count('no-times', {}, this.samples);
  }

  /** False where the line tells no event. */
  #event(data: Uint8Array, at: number, to: number, place: number): boolean {
    if (isNameByte(data[at])) {
      const call = this.#calls.read(data, at, to);
      return data[this.#calls.at] === ROUND_OPEN && this.#call(call, data, this.#calls.at + 1, to, place);
    }
    if (data[at] === LESS && startsWith(data, at, to, RESUMED)) return this.#resumed(data, at, to, place);
    if (data[at] === PLUS) return this.#ended(data, at, to, place);
    if (data[at] === DASH && isOneOf(data, at, to, SIGNAL)) {
      this.#task(this.clock.at(this.#prefix, place), place, false);
      this.samples++;
      return true;
    }
    return this.#goesOn(data, at, to, place);
  }

  /** `name(…`: the begin of a call, and mostly its end. */
  #call(call: Call, data: Uint8Array, from: number, lineEnd: number, place: number): boolean {
    const ending = this.#ending;
    let to = lineEnd;
    ending.read(data, from, to);
    let child = 0;
    if (ending.kind === End.none) {
      // What a program prints may look like a call.
      if (call === UNKNOWN) return false;
      const note = attachNote(data, from, to);
      if (note >= 0) {
        child = this.#number.decimal(data, note + NOTE.length, to);
        to = note;
      }
      ending.argumentsEnd = to;
    }
    if (call === UNKNOWN) this.health.count('unknown-call', { byte: place });
    const time = this.clock.at(this.#prefix, place);
    const task = this.#task(time, place, false);
    this.samples++;
    this.#calledAny = true;
    if (task.returnsFrom >= 0) this.#births.firstReturn(task, this.#put(Kind.sysExit, task.tid, time, place));
    this.#enter(task, call, data, from, ending.argumentsEnd, time, place);
    this.#open = ending.kind === End.none ? task : undefined;
    if (ending.kind === End.result) return this.#leave(task, data, time, place);
    if (call.effect === 'birth') {
      this.#tasks.creators.add(task);
      // With others inside such a call the note may be of theirs.
      if (child > 0 && this.#tasks.creators.size === 1) this.#born(task, child, time, place);
    } else if (call.effect === 'exec') this.#tasks.execs.add(task);
    return true;
  }

  /** `<... name resumed>…`: the end of a call. */
  #resumed(data: Uint8Array, at: number, to: number, place: number): boolean {
    const name = at + RESUMED.length;
    const call = this.#calls.read(data, name, to);
    const nameEnd = this.#calls.at;
    if (nameEnd === name || !startsWith(data, nameEnd, to, RESUMED_END)) return false;
    this.#open = undefined;
    const ending = this.#ending;
    ending.read(data, nameEnd + RESUMED_END.length, to);
    const time = this.clock.at(this.#prefix, place);
    const task = this.#callerOf(call, this.#task(time, place, true));
    this.samples++;
    // Broken off again: its end is still to come.
    if (ending.kind !== End.result) return true;
    return this.#leave(task, data, time, place);
  }

  /** The task whose call ends on a line of `task`: the same, inside that call, or the thread that takes over its id by an exec. */
  #callerOf(call: Call, task: StraceTask): StraceTask {
    if (task.call === call) return task;
    const [executing] = this.#tasks.execs;
    if (call.effect === 'exec' && this.#tasks.execs.size === 1) {
      this.#move(executing, task.tid);
      if (executing.call === call) return executing;
    }
    // It began before the recording, or its begin was lost.
    this.#forgetCall(task);
    task.call = call;
    task.enteredNs = -1;
    task.text = 0;
    task.execFrom = task.tid;
    return task;
  }

  #move(task: StraceTask, tid: number): void {
    this.#tasks.move(task, tid);
    this.#births.settle();
  }

  /** `+++ … +++`: a task ended. */
  #ended(data: Uint8Array, at: number, to: number, place: number): boolean {
    const superseded = startsWith(data, at, to, SUPERSEDED);
    if (!superseded && !isOneOf(data, at, to, ENDED)) return false;
    this.#open = undefined;
    const time = this.clock.at(this.#prefix, place);
    const task = this.#task(time, place, false);
    this.samples++;
    this.signals.add('lifecycle');
    this.#put(Kind.exit, task.tid, time, place);
    this.#tasks.end(task);
    this.#births.settle();
    if (!superseded) return true;
    const thread = this.#number.decimal(data, at + SUPERSEDED.length, to);
    const other = this.#number.ok ? this.#tasks.told(thread) : undefined;
    if (other) this.#move(other, task.tid);
    return true;
  }

  /** The rest of a line that was cut in the middle: by a note of strace, or by what the program printed. */
  #goesOn(data: Uint8Array, at: number, to: number, place: number): boolean {
    const task = this.#open;
    if (!task || this.#prefix.tid !== 0 || this.#prefix.stamp !== Stamp.none) return false;
    // Another task's line comes next.
    if (startsWith(data, at, to, UNFINISHED)) {
      this.#open = undefined;
      return true;
    }
    this.#ending.read(data, at - 1, to);
    if (this.#ending.kind !== End.result) return false;
    this.#open = undefined;
    return this.#leave(task, data, task.enteredNs, place);
  }

  #enter(task: StraceTask, call: Call, data: Uint8Array, from: number, to: number, time: number, place: number): void {
    if (task.call) this.#forgetCall(task);
    const row = this.#put(Kind.sysEnter, task.tid, time, place);
    const { batch } = this.#rows;
    batch.nr[row] = call.nr;
    task.call = call;
    task.enteredNs = batch.time[row];
    task.enteredAt = place;
    if (call.args === 'none' && call.effect === 'none') return;
    task.flags = call.flags;
    task.child = 0;
    task.text = 0;
    task.execFrom = task.tid;
    if (call.args === 'list') this.#scan.list(data, from, to, batch, row);
    else if (call.args === 'clone-flags') {
      task.flags = this.#scan.cloneFlags(data, from, to);
      // clone3 takes them from a structure.
      if (call.nr === CLONE) batch.argWords[row * ARGS * 2] = task.flags;
    } else if (call.args === 'file') task.text = this.strings.intern(this.#scan.text(data, from, to));
    if (call.effect === 'name' && startsWith(data, from, to, PR_SET_NAME))
      task.text = this.strings.intern(cut(this.#scan.text(data, from, to)));
  }

  /** A call ended, as {@link Ending} has it. False where what stands there is no result. */
  #leave(task: StraceTask, data: Uint8Array, lineNs: number, place: number): boolean {
    const { value, to, durationNs } = this.#ending;
    const call = task.call ?? UNKNOWN;
    const result = this.#scan.result(data, value, to);
    const { low, high } = this.#scan;
    if (result !== true) {
      // It does not return: the task ends in it.
      if (result === false) this.#forgetCall(task);
      return result === undefined;
    }
    const time = this.clock.end(task.enteredNs, durationNs, lineNs);
    const succeeded = high < 0x8000_0000;
    if (call.effect !== 'none') this.#effect(task, call, succeeded, data, low, time, place);
    const row = this.#put(Kind.sysExit, task.tid, time, place);
    const { batch } = this.#rows;
    batch.nr[row] = call.nr;
    batch.resultWords[2 * row] = low;
    batch.resultWords[2 * row + 1] = high;
    task.call = undefined;
    return true;
  }

  /** What a call that returned did besides. */
  #effect(
    task: StraceTask,
    call: Call,
    succeeded: boolean,
    data: Uint8Array,
    low: number,
    time: number,
    place: number,
  ): void {
    if (call.effect === 'birth') {
      const { value, to } = this.#ending;
      const child = succeeded && low > 0 ? this.#scan.taskResult(data, value, to) : 0;
      if (child > 0 && child !== task.child) this.#born(task, child, time, place);
      this.#tasks.creators.delete(task);
      this.#births.settle();
      return;
    }
    if (call.effect === 'exec') this.#tasks.execs.delete(task);
    if (!succeeded || low !== 0 || (call.effect === 'name' && task.text === 0)) return;
    if (call.effect === 'name') {
      this.#rename(task, task.text, time, place);
      return;
    }
    this.signals.add('lifecycle');
    const file = this.strings.text(task.text);
    this.#rename(task, this.strings.intern(cut(file.slice(file.lastIndexOf('/') + 1))), time, place);
    const row = this.#put(Kind.exec, task.tid, time, place);
    this.#rows.batch.nr[row] = task.execFrom === 0 ? task.tid : task.execFrom;
    this.#rows.batch.text[row] = task.text;
  }

  #rename(task: StraceTask, name: number, time: number, place: number): void {
    const row = this.#put(Kind.rename, task.tid, time, place);
    this.#rows.batch.text[row] = name;
  }

  #born(task: StraceTask, child: number, time: number, place: number): void {
    this.signals.add('lifecycle');
    task.child = child;
    if (this.#births.found(task, child)) return;
    const row = this.#put(Kind.newTask, task.tid, time, place);
    this.#rows.batch.nr[row] = child;
    this.#rows.batch.argWords[row * ARGS * 2] = task.flags;
    this.#tasks.born(child, task.call?.nr ?? -1);
  }

  /** The task of the line. One that no line told of may be a child whose parent's call has not ended yet. */
  #task(time: number, place: number, goesOn: boolean): StraceTask {
    const { tid } = this.#prefix;
    if (tid === 0) return this.#tasks.unnamed();
    const known = this.#tasks.find(tid);
    if (known) return known;
    const task = this.#tasks.add(tid, goesOn);
    if (!goesOn && task.tid === tid && this.#tasks.creators.size > 0)
      this.#births.await(task, this.#put(Kind.newTask, tid, time, place));
    return task;
  }

  #forgetCall(task: StraceTask): void {
    if (!task.call) return;
    this.#tasks.creators.delete(task);
    this.#tasks.execs.delete(task);
    task.call = undefined;
    this.#births.settle();
  }

  #put(kind: number, tid: number, time: number, place: number): number {
    const row = this.#rows.next();
    const { batch } = this.#rows;
    const { clock } = this;
    if (time > clock.latest) clock.latest = time;
    batch.time[row] = clock.latest;
    batch.tid[row] = tid;
    batch.kind[row] = kind;
    batch.place[row] = place;
    return row;
  }

  /** What strace says about itself, of its stack traces and of its summary. */
  #isNote(data: Uint8Array, at: number, to: number): boolean {
    if (startsWith(data, at, to, SUMMARY)) this.#inSummary = true;
    return this.#inSummary || isOneOf(data, at, to, NOTES);
  }
}

/** Number of `clone`. */
const CLONE = 56;

/** Where `strace: Process 417 attached` stands at the end of a line; -1 where it does not. */
function attachNote(data: Uint8Array, from: number, to: number): number {
  const digitsEnd = to - ATTACHED.length;
  if (!startsWith(data, Math.max(from, digitsEnd), to, ATTACHED)) return -1;
  let at = digitsEnd;
  while (at > from && isDigit(data[at - 1])) at--;
  const note = findLast(data, from, at, NOTE);
  return note >= 0 && note + NOTE.length === at && at < digitsEnd ? note : -1;
}

/** A task's name holds 15 bytes. */
function cut(name: string): string {
  let bytes = 0;
  let end = 0;
  for (const letter of name) {
    const code = letter.codePointAt(0)!;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4;
    if (bytes > NAME_BYTES) break;
    end += letter.length;
  }
  return name.slice(0, end);
}
