/**
 * What stands before the event in a line of `perf script`, whatever fields `-F` chose:
 *
 * ```
 *             perf 22668/22668 [000] K      2399.227074440:          1      sched:sched_switch: prev_comm=…
 *  name (16 wide)  tgid/tid    cpu   misc   time             period
 * ```
 */
import { isBlank, isDigit, NumberScanner, skipSpaces } from '../../text/scan.ts';

const [DASH, SLASH, COLON, OPEN, CLOSE] = [45, 47, 58, 91, 93];
/** perf pads the name to this width, and a blank follows. */
const NAME_WIDTH = 16;
/** ... and the first id to this one; newer versions to 7. */
const ID_WIDTH = 5;
/** Where call stacks are printed names are not padded; the ids begin here at the latest. What stands further right imitates a line. */
const LAST_START = NAME_WIDTH + 1;
const MOST_ID = 0x7fff_ffff;
const MOST_CPU = 0x7fff;
/** Letters of `-F +misc`. */
const MISC: ReadonlySet<number> = new Set(new TextEncoder().encode('KUHGgMESp'));

export class Columns {
  tid = 0;
  /** -1 where the text does not have it; the same of {@link cpu}. */
  pid = -1;
  cpu = -1;
  seconds = 0;
  nanoseconds = 0;
  /** First byte of what follows the time. */
  rest = 0;
  #idEnd = 0;
  readonly #number = new NumberScanner();

  /** False where bytes `from` to `to` do not begin like an event. */
  read(data: Uint8Array, from: number, to: number): boolean {
    // A name may look like the columns behind it: where it is padded, its width tells where they begin.
    const ids = from + NAME_WIDTH + 1;
    if (data[ids - 1] === 32 && this.#from(data, ids, to) && this.#idEnd >= ids + ID_WIDTH) return true;
    const last = Math.min(to - 1, from + LAST_START);
    for (let at = from; at <= last; at++)
      if (
        (isDigit(data[at]) || data[at] === DASH) &&
        (at === from || isBlank(data[at - 1])) &&
        this.#from(data, at, to)
      )
        return true;
    return false;
  }

  #from(data: Uint8Array, start: number, to: number): boolean {
    const number = this.#number;
    this.tid = number.decimal(data, skipSpaces(data, start, to), to);
    if (!number.ok || this.tid > MOST_ID) return false;
    this.#idEnd = number.at;
    this.pid = -1;
    if (data[number.at] === SLASH) {
      this.pid = this.tid;
      this.tid = number.decimal(data, number.at + 1, to);
      if (!number.ok || this.tid > MOST_ID) return false;
    }
    if (!isBlank(data[number.at])) return false;
    let at = this.#cpu(data, skipSpaces(data, number.at, to), to);
    if (at < 0) return false;
    if (MISC.has(data[at])) {
      while (at < to && MISC.has(data[at])) at++;
      if (!isBlank(data[at])) return false;
      at = skipSpaces(data, at, to);
    }
    const point = number.time(data, at, to);
    // Six digits, or nine with --ns.
    if (!point || data[number.at] !== COLON || !(data[number.at - 7] === 46 || data[number.at - 10] === 46))
      return false;
    this.seconds = number.seconds;
    this.nanoseconds = number.nanoseconds;
    this.rest = skipSpaces(data, number.at + 1, to);
    return true;
  }

  /** Reads the CPU, `[003]` or (with -L) `3`, if there is one; the place behind it, -1 where it is none. */
  #cpu(data: Uint8Array, at: number, to: number): number {
    const number = this.#number;
    const bracket = data[at] === OPEN;
    this.cpu = number.decimal(data, bracket ? at + 1 : at, to);
    if (!bracket && (!number.ok || !isBlank(data[number.at]))) {
      this.cpu = -1;
      return at;
    }
    if (!number.ok || this.cpu < 0 || this.cpu > MOST_CPU) return -1;
    if (!bracket) return skipSpaces(data, number.at, to);
    return data[number.at] === CLOSE ? skipSpaces(data, number.at + 1, to) : -1;
  }
}
