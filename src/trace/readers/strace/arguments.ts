/** Arguments and results as strace prints them, into the columns of a batch: numbers and symbols that have a value; the rest is 0. */
import { ARGS, type EventBatch } from '../../event.ts';
import { find, NumberScanner, skipSpaces, startsWith, wordOf } from '../../text/scan.ts';
import { createErrors, createSymbols, type SymbolScanner } from './constants.ts';
import { closingQuote } from './ending.ts';

const [QUOTE, DASH, LESS, EQUALS, GREATER, QUESTION, UPPER_E, BACKSLASH, PIPE, COMMA, ZERO] = [
  34, 45, 60, 61, 62, 63, 69, 92, 124, 44, 48,
];
const FLAGS = wordOf('flags=');
const RESTART = wordOf('? ERESTART');
const IN_RECORDER_NAMESPACE = wordOf(' /* ');
/** Bytes of a text that are kept: PATH_MAX, each as an octal escape. */
const MOST_TEXT = 4 * 4096;
const WORD_32 = 2 ** 32;

export class ArgumentScanner {
  /** The last value: its low and its high word. */
  low = 0;
  high = 0;
  readonly #number = new NumberScanner();
  readonly #symbols: SymbolScanner = createSymbols();
  readonly #errors: SymbolScanner = createErrors();
  readonly #utf8 = new TextDecoder();

  /** Reads a list of arguments, bytes `from` to `to`, into a row. */
  list(data: Uint8Array, from: number, to: number, batch: EventBatch, row: number): void {
    let at = from;
    for (let i = 0; i < ARGS && at < to; i++) {
      const behind = this.#value(data, skipSpaces(data, at, to), to);
      batch.argWords[(row * ARGS + i) * 2] = this.low;
      batch.argWords[(row * ARGS + i) * 2 + 1] = this.high;
      at = nextArgument(data, behind, to);
    }
  }

  /** Clone flags, which `clone` and `clone3` print as `flags=…` somewhere; their low 32 bits. */
  cloneFlags(data: Uint8Array, from: number, to: number): number {
    const at = find(data, from, to, FLAGS);
    if (at < 0) return 0;
    this.#value(data, at + FLAGS.length, to);
    return this.low;
  }

  /** The first text in quotes, decoded; empty where there is none. */
  text(data: Uint8Array, from: number, to: number): string {
    let at = from;
    while (at < to && data[at] !== QUOTE) at++;
    if (at >= to) return '';
    return this.#utf8.decode(unescaped(data, at + 1, Math.min(closingQuote(data, at, to), at + 1 + MOST_TEXT)));
  }

  /**
   * A result, into {@link low} and {@link high}.
   *
   * @returns undefined where the call did not return (`= ?`), false where this is no result
   */
  result(data: Uint8Array, from: number, to: number): boolean | undefined {
    if (data[from] === QUESTION) {
      if (!startsWith(data, from, to, RESTART)) return undefined;
      return this.#error(data, from + 2, to);
    }
    if (data[from] === DASH && data[from + 1] === 49 && data[from + 3] === UPPER_E)
      return this.#error(data, from + 3, to);
    if (!this.#plain(data, from, to)) return false;
    return true;
  }

  /** As {@link result}, where it is the id of a task: strace may add what that is in its own namespace. */
  taskResult(data: Uint8Array, from: number, to: number): number {
    this.#plain(data, from, to);
    const own = this.low;
    const at = this.#number.at;
    if (!startsWith(data, at, to, IN_RECORDER_NAMESPACE)) return own;
    const told = this.#number.decimal(data, at + IN_RECORDER_NAMESPACE.length, to);
    return this.#number.ok ? told : own;
  }

  /** `-1 ENOENT (…)`: the text behind the name is in any language. */
  #error(data: Uint8Array, from: number, to: number): true {
    this.#errors.read(data, from, to);
    this.#put(-(this.#errors.value || 1));
    return true;
  }

  /** A value: numbers and symbols with `|` between. What is none of them is 0. Returns where it ends. */
  #value(data: Uint8Array, from: number, to: number): number {
    let low = 0;
    let high = 0;
    let at = from;
    for (let begin = from; begin < to; begin = at + 1) {
      const end = this.#term(data, begin, to);
      if (end < 0) break;
      low |= this.low;
      high |= this.high;
      at = end;
      if (data[at] !== PIPE) break;
    }
    this.low = low >>> 0;
    this.high = high >>> 0;
    return at;
  }

  /** One number or symbol; where it ends, -1 where there is none. */
  #term(data: Uint8Array, from: number, to: number): number {
    if (this.#plain(data, from, to)) {
      const at = this.#number.at;
      if (data[at] !== LESS || data[at + 1] !== LESS) return at;
      // `21<<MAP_HUGE_SHIFT`
      const number = this.low;
      const end = this.#symbol(data, at + 2, to);
      this.#put(number * 2 ** Math.min(this.low, 63));
      return end;
    }
    const end = this.#symbol(data, from, to);
    if (end === from) return -1;
    return data[end] === EQUALS ? this.#term(data, end + 1, to) : end;
  }

  #symbol(data: Uint8Array, from: number, to: number): number {
    this.#symbols.read(data, from, to);
    this.#put(this.#symbols.value);
    return this.#symbols.at;
  }

  /** A number alone, decimal or hexadecimal. */
  #plain(data: Uint8Array, from: number, to: number): boolean {
    const number = this.#number;
    if (data[from] === ZERO && data[from + 1] === 120) {
      number.hex(data, from, to);
      this.low = number.low;
      this.high = number.high;
      return number.ok;
    }
    const value = number.decimal(data, from, to);
    if (!number.ok) return false;
    if (Number.isSafeInteger(value)) this.#put(value);
    else this.#large(data, from, Math.min(number.at, from + 24));
    return true;
  }

  #large(data: Uint8Array, from: number, to: number): void {
    const value = BigInt(String.fromCharCode(...data.subarray(from, to)));
    this.low = Number(BigInt.asUintN(32, value));
    this.high = Number(BigInt.asUintN(32, value >> 32n));
  }

  #put(value: number): void {
    this.low = value >>> 0;
    this.high = value >= 0 && value < WORD_32 ? 0 : Math.floor(value / WORD_32) >>> 0;
  }
}

/** Behind the comma that ends the argument, or the end. Lists, structures and texts may hold commas. */
function nextArgument(data: Uint8Array, from: number, to: number): number {
  let depth = 0;
  for (let at = from; at < to; at++) {
    const byte = data[at];
    if (byte === COMMA && depth === 0) return at + 1;
    if (byte === QUOTE) at = closingQuote(data, at, to);
    else if (byte === 40 || byte === 91 || byte === 123) depth++;
    else if (byte === 41 || byte === 93 || byte === 125) depth--;
    else if (byte === LESS && data[at + 1] !== LESS && data[at - 1] !== LESS)
      while (at < to && data[at] !== GREATER) at++;
  }
  return to;
}

const ESCAPES: ReadonlyMap<number, number> = new Map([
  [97, 7], // \a
  [98, 8], // \b
  [102, 12], // \f
  [110, 10], // \n
  [114, 13], // \r
  [116, 9], // \t
  [118, 11], // \v
]);

/** The bytes of a text with escapes as C has them: `\n`, `\33`, `\x1b`, `\"`. */
function unescaped(data: Uint8Array, from: number, to: number): Uint8Array {
  const bytes = new Uint8Array(Math.max(0, to - from));
  let length = 0;
  for (let at = from; at < to; at++) {
    if (data[at] !== BACKSLASH || at + 1 >= to) {
      bytes[length++] = data[at];
      continue;
    }
    const next = data[++at];
    let end = at;
    if (next === 120) end = at + 3;
    else while (end < at + 3 && data[end] >= ZERO && data[end] <= 55) end++;
    const digits = String.fromCharCode(...data.subarray(next === 120 ? at + 1 : at, Math.min(end, to)));
    const code = digits === '' ? NaN : parseInt(digits, next === 120 ? 16 : 8);
    bytes[length++] = Number.isNaN(code) ? (ESCAPES.get(next) ?? next) : code;
    if (!Number.isNaN(code)) at = Math.min(end, to) - 1;
  }
  return bytes.subarray(0, length);
}
