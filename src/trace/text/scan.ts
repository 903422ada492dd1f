/** Reading numbers and finding words in bytes, without strings. Positions are indices into the data; -1 = not there. */

const SPACE = 32;
const DASH = 45;
const DOT = 46;
const ZERO = 48;
const NINE = 57;
/** Of 2^64 - 1. */
const MOST_DIGITS = 20;
const TWO_32 = 2 ** 32;
/** As many as nanoseconds in a u64 make, less one: a clock that shows more is damaged. */
const MOST_SECONDS = 18_446_744_072;
const TENS = Array.from({ length: 10 }, (_, i) => 10 ** i);

export const isDigit = (byte: number): boolean => byte >= ZERO && byte <= NINE;

export const isBlank = (byte: number): boolean => byte === SPACE || byte === 9;

export function skipSpaces(data: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && (data[at] === SPACE || data[at] === 9)) at++;
  return at;
}

/** Whether the word stands at this place. */
export function startsWith(data: Uint8Array, at: number, to: number, word: Uint8Array): boolean {
  if (at + word.length > to) return false;
  for (let i = 0; i < word.length; i++) if (data[at + i] !== word[i]) return false;
  return true;
}

export function find(data: Uint8Array, from: number, to: number, word: Uint8Array): number {
  const last = to - word.length;
  for (let at = from; at <= last; at++) if (data[at] === word[0] && startsWith(data, at, to, word)) return at;
  return -1;
}

/** The last place of the word: what stands before a name may imitate it, what stands behind may not. */
export function findLast(data: Uint8Array, from: number, to: number, word: Uint8Array): number {
  for (let at = to - word.length; at >= from; at--)
    if (data[at] === word[0] && startsWith(data, at, to, word)) return at;
  return -1;
}

export const wordOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Reads numbers one after another; {@link at} is behind the last one, {@link ok} false where there was none. */
export class NumberScanner {
  at = 0;
  ok = false;
  /** Of {@link hex}: the value as two words. */
  low = 0;
  high = 0;
  /** Of {@link time}. */
  seconds = 0;
  nanoseconds = 0;

  /** A decimal number with a sign, exact up to 2^53; more than {@link MOST_DIGITS} digits are none. */
  decimal(data: Uint8Array, from: number, to: number): number {
    const first = data[from] === DASH ? from + 1 : from;
    let at = first;
    let value = 0;
    for (; at < to; at++) {
      const digit = data[at] - ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    this.ok = at > first && at - first <= MOST_DIGITS;
    this.at = at;
    return first > from ? -value : value;
  }

  /** A decimal number of 64 bits, with a sign or without, bit for bit into {@link low} and {@link high}. */
  wide(data: Uint8Array, from: number, to: number): void {
    const first = data[from] === DASH ? from + 1 : from;
    let at = first;
    let low = 0;
    let high = 0;
    for (; at < to; at++) {
      const digit = data[at] - ZERO;
      if (digit < 0 || digit > 9) break;
      low = low * 10 + digit;
      const carry = Math.floor(low / TWO_32);
      low -= carry * TWO_32;
      high = high * 10 + carry;
    }
    const most = first > from ? (low === 0 ? 2 ** 31 : 2 ** 31 - 1) : TWO_32 - 1;
    this.ok = at > first && at - first <= MOST_DIGITS && high <= most;
    this.at = at;
    this.low = first > from ? -low >>> 0 : low;
    this.high = first > from ? (low === 0 ? -high : ~high) >>> 0 : high;
  }

  /** A clock as the kernel prints it, `1592.112604`, with up to nine digits behind the point. */
  time(data: Uint8Array, from: number, to: number): boolean {
    this.seconds = this.decimal(data, from, to);
    const first = this.at + 1;
    if (!this.ok || data[this.at] !== DOT || first >= to || !isDigit(data[first])) return (this.ok = false);
    const fraction = this.decimal(data, first, to);
    const digits = this.at - first;
    this.nanoseconds = fraction * TENS[9 - digits];
    return (this.ok = digits <= 9 && this.seconds >= 0 && this.seconds <= MOST_SECONDS);
  }

  /** A hexadecimal u64, with or without 0x, into {@link low} and {@link high}. */
  hex(data: Uint8Array, from: number, to: number): void {
    const first = data[from] === ZERO && from + 1 < to && (data[from + 1] | 32) === 120 ? from + 2 : from;
    let at = first;
    let low = 0;
    let high = 0;
    for (; at < to; at++) {
      const digit = HEX_DIGITS[data[at]];
      if (digit < 0) break;
      high = (high << 4) | (low >>> 28);
      low = (low << 4) | digit;
    }
    this.ok = at > first && at - first <= 16;
    this.at = at;
    this.low = low >>> 0;
    this.high = high >>> 0;
  }
}

/** Value of each byte as a hexadecimal digit, -1 where it is none. */
const HEX_DIGITS = Int8Array.from({ length: 256 }, (_, byte) => hexDigit(byte));

export function hexDigit(byte: number): number {
  if (byte >= ZERO && byte <= NINE) return byte - ZERO;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
