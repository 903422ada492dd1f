/** How a line of a call ends: `) = 3`, `) = -1 ENOENT (No such file or directory)`, `) = ?`, or `) ...` where another line broke it off. */
import { isDigit, NumberScanner, startsWith, wordOf } from '../../text/scan.ts';
import { createErrors } from '../strace/constants.ts';

const [SPACE, OPEN, CLOSE, DASH, EQUALS, QUESTION, UPPER_E] = [32, 40, 41, 45, 61, 63, 69];
const DOTS = wordOf(' ...');

export const Result = {
  /** The line is none of a call. */
  none: 0,
  value: 1,
  unfinished: 2,
  /** `= ?`: the task ends in it. */
  never: 3,
} as const;

export class ResultReader {
  /** Where the arguments end. */
  argumentsEnd = 0;
  /** Of a value: its low and its high word. */
  low = 0;
  high = 0;
  /** The value is a decimal number, alone or with a name in brackets behind it. */
  isId = false;
  readonly #number = new NumberScanner();
  readonly #errors = createErrors();

  /** @param from - behind the bracket that opens the arguments */
  read(data: Uint8Array, from: number, to: number): number {
    if (to - from >= DOTS.length && startsWith(data, to - DOTS.length, to, DOTS)) {
      let close = to - DOTS.length;
      while (close > from && data[close - 1] === SPACE) close--;
      if (data[close - 1] !== CLOSE) return Result.none;
      this.argumentsEnd = close - 1;
      return Result.unfinished;
    }
    const value = this.#equals(data, from, to);
    return value < 0 ? Result.none : this.#value(data, value, to);
  }

  /** Behind `) = `, the last on the line: texts among the arguments may hold as much. */
  #equals(data: Uint8Array, from: number, to: number): number {
    for (let at = to - 1; at > from; at--) {
      if (data[at] !== EQUALS || (at + 1 < to && data[at + 1] !== SPACE) || data[at - 1] !== SPACE) continue;
      let close = at - 1;
      while (close > from && data[close] === SPACE) close--;
      if (data[close] !== CLOSE) continue;
      this.argumentsEnd = close;
      return at + 2;
    }
    return -1;
  }

  #value(data: Uint8Array, from: number, to: number): number {
    const number = this.#number;
    this.low = this.high = 0;
    this.isId = false;
    // perf prints no id of a task that it does not know.
    if (from >= to) return Result.value;
    if (data[from] === QUESTION) return Result.never;
    if (data[from] === DASH && data[from + 1] === 49 && data[from + 3] === UPPER_E) {
      this.#errors.read(data, from + 3, to);
      this.low = -(this.#errors.value || 1) >>> 0;
      this.high = 0xffff_ffff;
      return Result.value;
    }
    if (data[from] === 48 && from + 1 < to && data[from + 1] === 120) number.hex(data, from, to);
    else if (isDigit(data[from]) || data[from] === DASH) {
      number.wide(data, from, to);
      this.isId = number.at === to || (data[number.at] === SPACE && data[number.at + 1] === OPEN);
      // Flags by their names (`fcntl(cmd: GETFL) = APPEND|WRONLY`): it returned, and what is of no use.
    } else return Result.value;
    if (!number.ok) return Result.none;
    this.low = number.low >>> 0;
    this.high = number.high >>> 0;
    return Result.value;
  }
}
