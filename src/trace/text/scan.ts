/** Reading numbers and finding words in bytes, without strings. Positions are indices into the data; -1 = not there. */

const SPACE = 32;
const ZERO = 48;
const NINE = 57;

export const isDigit = (byte: number): boolean => byte >= ZERO && byte <= NINE;

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

  /** A decimal number with a sign, exact up to 2^53. */
  decimal(data: Uint8Array, from: number, to: number): number {
    let at = from;
    const negative = data[at] === 45;
    if (negative) at++;
    let value = 0;
    const first = at;
    while (at < to && isDigit(data[at])) value = value * 10 + (data[at++] - ZERO);
    this.ok = at > first;
    this.at = at;
    return negative ? -value : value;
  }

  /** A hexadecimal u64, with or without 0x, into {@link low} and {@link high}. */
  hex(data: Uint8Array, from: number, to: number): void {
    let at = from;
    if (data[at] === ZERO && (data[at + 1] === 120 || data[at + 1] === 88)) at += 2;
    const first = at;
    let low = 0;
    let high = 0;
    for (; at < to; at++) {
      const digit = hexDigit(data[at]);
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

export function hexDigit(byte: number): number {
  if (byte >= ZERO && byte <= NINE) return byte - ZERO;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
