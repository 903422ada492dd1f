/**
 * What stands on a line of `perf trace` before what happened, and what kind of thing that is:
 *
 * ```
 *      0.035 ( 0.004 ms): ls/1234 openat(dfd: CWD, filename: 0x9b2a) = 3
 *  time (ms)  duration    name/task  call(arguments)               result
 * ```
 */
import { isNameByte } from '../../text/name-scanner.ts';
import { isBlank, isDigit, NumberScanner, skipSpaces, startsWith, wordOf } from '../../text/scan.ts';

const [SPACE, OPEN, CLOSE, SLASH, COLON, QUESTION, DOT, BRACKET] = [32, 40, 41, 47, 58, 63, 46, 91];
/** perf prints no more of a name; what stands further right imitates a line. */
const MOST_NAME = 15;
const MOST_ID = 0x7fff_ffff;
const CONTINUED = wordOf('... [continued]: ');
const MS = wordOf(' ms): ');
const FAULTS = ['minfault [', 'majfault ['].map(wordOf);
/** A time before the session's first: perf prints the difference as it would an unsigned one. */
const WRAP_MS = 2 ** 64 / 1e6;

export const Body = {
  /** `name(arguments) = result`, or with `...` behind. */
  call: 0,
  /** ` ... [continued]: name()) = result` */
  continued: 1,
  /** `minfault [symbol+0x1] => place (dk)` */
  fault: 2,
  /** `system:event(fields)` */
  tracepoint: 3,
} as const;

/** One line; the fields hold until the next {@link read}. */
export class TraceLine {
  /** Of the time, in whole seconds and the rest; {@link timed} false where perf does not know it (`?`). */
  seconds = 0;
  nanoseconds = 0;
  timed = false;
  /** -1 where there is none. */
  durationNs = -1;
  /** -1 where the line names no task: perf traces one only. */
  tid = -1;
  /** The task's name, bytes `nameFrom` to `nameTo`; none where they are equal. */
  nameFrom = 0;
  nameTo = 0;
  body: number = Body.call;
  /** Of a call its name, of a fault the bracket behind `minfault `, of a tracepoint its system. */
  at = 0;
  readonly #number = new NumberScanner();

  /** False where bytes `from` to `to` do not begin like an event. */
  read(data: Uint8Array, from: number, to: number): boolean {
    let at = skipSpaces(data, from, to);
    if (!this.#time(data, at, to)) return false;
    at = skipSpaces(data, this.#number.at, to);
    if (data[at] !== OPEN || !this.#duration(data, at + 1, to)) return false;
    return this.#task(data, this.#number.at, to);
  }

  /** Milliseconds with three digits behind the point, or `?`. */
  #time(data: Uint8Array, from: number, to: number): boolean {
    const number = this.#number;
    if (data[from] === QUESTION) {
      number.at = from + 1;
      this.timed = false;
      return isBlank(data[number.at]);
    }
    let ms = number.decimal(data, from, to);
    const point = number.at;
    if (!number.ok || data[point] !== DOT) return false;
    const micro = number.decimal(data, point + 1, to);
    if (!number.ok || number.at !== point + 4 || !isDigit(data[point + 1])) return false;
    if (ms > WRAP_MS) return false;
    if (ms >= WRAP_MS / 2) ms -= Math.floor(WRAP_MS);
    this.timed = true;
    this.seconds = Math.floor(ms / 1000);
    this.nanoseconds = (ms - this.seconds * 1000) * 1e6 + micro * 1e3;
    return true;
  }

  /** `( 0.004 ms): `, or blanks instead of a number. */
  #duration(data: Uint8Array, from: number, to: number): boolean {
    const number = this.#number;
    let at = skipSpaces(data, from, to);
    this.durationNs = -1;
    if (data[at] === CLOSE && data[at + 1] === COLON) {
      number.at = at + 2;
      return at > from;
    }
    const ms = number.decimal(data, at, to);
    at = number.at;
    if (!number.ok || ms < 0 || data[at] !== DOT) return false;
    const micro = number.decimal(data, at + 1, to);
    if (!number.ok || number.at !== at + 4 || !startsWith(data, number.at, to, MS)) return false;
    this.durationNs = Math.min(ms, WRAP_MS) * 1e6 + micro * 1e3;
    number.at += MS.length;
    return true;
  }

  /** A name may hold anything, what looks like an id too: the last id within its length that a body follows is the task's. */
  #task(data: Uint8Array, behind: number, to: number): boolean {
    const from = data[behind] === SPACE ? behind + 1 : behind;
    this.tid = -1;
    this.nameFrom = this.nameTo = from;
    for (let slash = Math.min(from + MOST_NAME, to - 1); slash >= from; slash--) {
      if (data[slash] !== SLASH || !this.#id(data, slash + 1, to)) continue;
      this.nameTo = slash;
      return true;
    }
    return this.#id(data, from, to) || this.#body(data, from, to);
  }

  #id(data: Uint8Array, from: number, to: number): boolean {
    const number = this.#number;
    const id = number.decimal(data, from, to);
    if (!number.ok || id < 0 || id > MOST_ID || data[number.at] !== SPACE) return false;
    if (!this.#body(data, number.at + 1, to)) return false;
    this.tid = id;
    return true;
  }

  #body(data: Uint8Array, from: number, to: number): boolean {
    // One blank more stands before the dots.
    const at = data[from] === SPACE ? from + 1 : from;
    if (startsWith(data, at, to, CONTINUED)) return this.#is(Body.continued, at + CONTINUED.length);
    for (const fault of FAULTS) if (startsWith(data, from, to, fault)) return this.#is(Body.fault, from + fault.length);
    let end = from;
    while (end < to && isNameByte(data[end])) end++;
    if (end === from || data[end] === BRACKET) return false;
    if (data[end] === OPEN) return this.#is(Body.call, from);
    return data[end] === COLON && isNameByte(data[end + 1]) && this.#is(Body.tracepoint, from);
  }

  #is(body: number, at: number): true {
    this.body = body;
    this.at = at;
    return true;
  }
}
