/**
 * What stands before the call on a line of strace: task, time, and what `-r`, `-n` and `-i` add, each of them or none, in this order:
 *
 * ```
 * [pid  417] 1795422439.899067 (+     0.000123) [  59] [00007f9d50005353] execve(…
 * 417<sh>    01:22:14.984780 …
 * ```
 */
import { isDigit, skipSpaces, startsWith, wordOf } from '../../text/scan.ts';

/** How a line tells its time. */
export const Stamp = {
  none: 0,
  /** Seconds since 1970. */
  epoch: 1,
  /** Seconds since midnight. */
  day: 2,
  /** Seconds since the line before. */
  relative: 3,
} as const;

/** Ids are below this: PID_MAX_LIMIT of linux/threads.h. A larger number in their place is a time. */
const MOST_TID = 4_194_304;
/** A number of seconds below this is a difference, not a date after 1973. */
const LEAST_EPOCH = 1e8;

const PID = wordOf('[pid ');
const [SPACE, PLUS, DOT, ZERO, COLON, LESS, GREATER, OPEN, CLOSE, QUESTION] = [32, 43, 46, 48, 58, 60, 62, 91, 93, 63];
const [ROUND_OPEN, ROUND_CLOSE] = [40, 41];
const POWERS = [1e9, 1e8, 1e7, 1e6, 1e5, 1e4, 1e3, 100, 10, 1];

/** One line's prefix; the fields hold until the next {@link read}. */
export class Prefix {
  /** Id of the task; 0 where the line does not tell it. */
  tid = 0;
  stamp: number = Stamp.none;
  seconds = 0;
  nanoseconds = 0;
  /** The time is one of whole seconds. */
  isWhole = false;
  /** Where the call, or whatever it is, begins. */
  body = 0;
  #value = 0;

  /** A prefix that is none of strace is an empty one. */
  read(data: Uint8Array, from: number, to: number): void {
    this.tid = 0;
    this.stamp = Stamp.none;
    let at = this.#task(data, skipSpaces(data, from, to), to);
    at = this.#time(data, skipSpaces(data, at, to), to);
    if (data[at] === ROUND_OPEN && data[at + 1] === PLUS) {
      while (at < to && data[at] !== ROUND_CLOSE) at++;
      at = skipSpaces(data, at + 1, to);
    }
    // The number of the call and the instruction pointer.
    at = this.#bracket(data, this.#bracket(data, at, to), to);
    this.body = at < to ? at : to;
  }

  #task(data: Uint8Array, from: number, to: number): number {
    let at = from;
    const bracketed = data[from] === OPEN && startsWith(data, from, to, PID);
    if (bracketed) at = skipSpaces(data, from + PID.length, to);
    let end = this.#decimal(data, at, to);
    const value = this.#value;
    if (end === at || value === 0 || value > MOST_TID) return from;
    // Its name, in which strace escapes "<" and ">".
    if (data[end] === LESS) {
      while (end < to && data[end] !== GREATER) end++;
      end++;
    }
    if (data[end] !== (bracketed ? CLOSE : SPACE)) return from;
    this.tid = value;
    return end + 1;
  }

  #time(data: Uint8Array, from: number, to: number): number {
    let end = this.#decimal(data, from, to);
    if (end === from) return from;
    let seconds = this.#value;
    let stamp: number = seconds < LEAST_EPOCH ? Stamp.relative : Stamp.epoch;
    if (data[end] === COLON) {
      for (let part = 0; part < 2; part++) {
        const next = this.#decimal(data, end + 1, to);
        if (data[end] !== COLON || next !== end + 3) return from;
        seconds = seconds * 60 + this.#value;
        end = next;
      }
      stamp = Stamp.day;
    } else if (data[end] !== DOT && (data[end] !== SPACE || seconds <= MOST_TID)) return from;
    let nanoseconds = 0;
    this.isWhole = data[end] !== DOT;
    if (!this.isWhole) {
      const first = end + 1;
      end = this.#decimal(data, first, Math.min(to, first + 9));
      nanoseconds = this.#value * POWERS[end - first];
      while (end < to && isDigit(data[end])) end++;
    }
    if (data[end] !== SPACE) return from;
    this.stamp = stamp;
    this.seconds = seconds;
    this.nanoseconds = nanoseconds;
    return skipSpaces(data, end, to);
  }

  /** Behind `[  59] ` or `[00007f9d50005353] ` or `[????????????????] `; where it was, if that is not there. */
  #bracket(data: Uint8Array, from: number, to: number): number {
    if (data[from] !== OPEN) return from;
    let at = skipSpaces(data, from + 1, to);
    const first = at;
    while (at < to && (isDigit(data[at]) || (data[at] >= 97 && data[at] <= 102) || data[at] === QUESTION)) at++;
    return at > first && data[at] === CLOSE && data[at + 1] === SPACE ? skipSpaces(data, at + 2, to) : from;
  }

  /** Reads digits into `#value`; where they end. */
  #decimal(data: Uint8Array, from: number, to: number): number {
    let at = from;
    let value = 0;
    while (at < to && isDigit(data[at])) value = value * 10 + (data[at++] - ZERO);
    this.#value = value;
    return at;
  }
}
