/**
 * What stands before the payload of an event, whatever options the kernel or trace-cmd printed it with:
 *
 * ```
 *              bash-417     (    417) [001] d..2.  1592.112604: sched_switch: …
 *              bash-417     [001]  1592.112604: sched_switch:         …            options/irq-info off; trace-cmd report
 *      bash-417       1d..2.  1592.112604: sched_switch:         …                 trace-cmd report -l
 *      bash-417       1d..2. 1344us+: sched_switch: …                              options/latency-format
 *  name-tid     tgid   cpu  flags  time         event
 * ```
 */
import { DEPTH_UNKNOWN } from '../../event.ts';
import { hexDigit, isBlank, isDigit, NumberScanner, skipSpaces, startsWith, wordOf } from '../../text/scan.ts';

const [SPACE, DASH, OPEN, CLOSE, COLON, DOT, ROUND_OPEN, ROUND_CLOSE, LETTER_U, LETTER_S] = [
  32, 45, 91, 93, 58, 46, 40, 41, 117, 115,
];
/** Names are padded to this width, so a task's dash stands here unless its name is longer; shorter in the latency format. */
const NAME_WIDTH = 16;
const LATENCY_NAME_WIDTH = 8;
/** What stands further right than a name of 15 bytes behind blanks, and the name of a file (`trace-cmd report -i A -i B`), imitates a line. */
const LAST_DASH = 128;
const MOST_ID = 0x7fff_ffff;
const MOST_CPU = 0x7fff;
const MOST_FLAGS = 8;

/** Flag letters as the bits of enum trace_flag_type, by column and byte. Lazy rescheduling (`l`, `L`, `b`, `B` …) has a bit of its own, which nothing asks for. */
const FLAG_BITS: readonly Uint8Array[] = [
  letters({ d: 0x01, D: 0x01 | 0x80, b: 0x80 }),
  letters({ N: 0x04 | 0x20, n: 0x04, p: 0x20, B: 0x04 | 0x20, b: 0x04, g: 0x20 | 0x04, L: 0, l: 0 }),
  letters({ h: 0x08, s: 0x10, H: 0x08 | 0x10, z: 0x40, Z: 0x40 | 0x08 }),
];

function letters(bits: Readonly<Record<string, number>>): Uint8Array {
  const table = new Uint8Array(256);
  for (const [letter, value] of Object.entries(bits)) table[letter.charCodeAt(0)] = value;
  return table;
}

export class Columns {
  tid = 0;
  /** -1 where the text does not tell it. */
  tgid = -1;
  cpu = 0;
  flags = 0;
  depth = DEPTH_UNKNOWN;
  seconds = 0;
  nanoseconds = 0;
  /** First byte of what follows the time. */
  rest = 0;
  readonly #number = new NumberScanner();

  /** @param counts - whether the clock counts something else than seconds: then times are not read */
  constructor(private readonly counts: boolean) {}

  /** False where bytes `from` to `to` do not begin like an event. */
  read(data: Uint8Array, from: number, to: number): boolean {
    if (data[from + NAME_WIDTH] === DASH && this.#from(data, from + NAME_WIDTH + 1, to)) return true;
    if (data[from + LATENCY_NAME_WIDTH] === DASH && this.#from(data, from + LATENCY_NAME_WIDTH + 1, to)) return true;
    const last = Math.min(to, from + LAST_DASH);
    for (let at = from; at < last; at++) if (data[at] === DASH && this.#from(data, at + 1, to)) return true;
    return false;
  }

  #from(data: Uint8Array, start: number, to: number): boolean {
    const number = this.#number;
    if (start >= to || !isDigit(data[start])) return false;
    this.tid = number.decimal(data, start, to);
    if (!number.ok || this.tid > MOST_ID) return false;
    let at = skipSpaces(data, number.at, to);
    if (at === number.at) return false;
    this.tgid = -1;
    if (data[at] === ROUND_OPEN) {
      const inside = skipSpaces(data, at + 1, to);
      if (isDigit(data[inside])) this.tgid = number.decimal(data, inside, to);
      while (at < to && data[at] !== ROUND_CLOSE) at++;
      at = skipSpaces(data, at + 1, to);
    }
    const bracket = data[at] === OPEN;
    if (bracket) at++;
    if (at >= to || !isDigit(data[at])) return false;
    this.cpu = number.decimal(data, at, to);
    at = number.at;
    if (!number.ok || this.cpu > MOST_CPU) return false;
    if (bracket) {
      if (data[at] !== CLOSE) return false;
      at = skipSpaces(data, at + 1, to);
    }
    return this.#time(data, this.#flags(data, at, to), to);
  }

  /** The flags, if there are any; where what follows them begins. */
  #flags(data: Uint8Array, from: number, to: number): number {
    this.flags = 0;
    this.depth = DEPTH_UNKNOWN;
    if (from >= to || isDigit(data[from])) return from;
    let end = from;
    while (end < to && data[end] !== SPACE) end++;
    if (end - from > MOST_FLAGS || end - from < 4) return to;
    this.flags = FLAG_BITS[0][data[from]] | FLAG_BITS[1][data[from + 1]] | FLAG_BITS[2][data[from + 2]];
    // Real-time kernels print more columns, in another order.
    if (end - from > 5) {
      this.flags = FLAG_BITS[0][data[from]];
      return skipSpaces(data, end, to);
    }
    const depth = data[from + 3];
    this.depth = depth === DOT ? 0 : Math.max(0, hexDigit(depth));
    return skipSpaces(data, end, to);
  }

  #time(data: Uint8Array, from: number, to: number): boolean {
    const number = this.#number;
    if (from >= to || !isDigit(data[from])) return false;
    if (this.counts) {
      number.decimal(data, from, to);
      this.seconds = this.nanoseconds = 0;
    } else if (number.time(data, from, to)) {
      this.seconds = number.seconds;
      this.nanoseconds = number.nanoseconds;
    } else if (data[number.at] === LETTER_U) return this.#latency(data, to);
    else return false;
    if (number.at >= to || data[number.at] !== COLON) return false;
    this.rest = skipSpaces(data, number.at + 1, to);
    return true;
  }

  /** `69045us+: `, in microseconds; the sign tells how long it took to the next event. */
  #latency(data: Uint8Array, to: number): boolean {
    const us = this.#number.seconds;
    const at = this.#number.at;
    if (data[at + 1] !== LETTER_S || at + 3 >= to || data[at + 3] !== COLON || us > Number.MAX_SAFE_INTEGER)
      return false;
    this.seconds = Math.floor(us / 1e6);
    this.nanoseconds = (us - this.seconds * 1e6) * 1000;
    this.rest = skipSpaces(data, at + 4, to);
    return true;
  }
}

const ARROW = wordOf('=> ');

/** Whether the line is ` => symbol`, a frame of the stack of the event before. */
export const isFrame = (data: Uint8Array, from: number, to: number): boolean =>
  to - from > 3 && startsWith(data, isBlank(data[from]) ? from + 1 : from, to, ARROW);
