/** How a line of strace ends: with a result and perhaps a duration, unfinished, or with nothing of the kind. */
import { isDigit, startsWith, wordOf } from '../../text/scan.ts';

export const End = {
  /** Nothing that belongs to a call: the rest stands on another line, or the line is none of strace. */
  none: 0,
  result: 1,
  /** Another task's line came between. */
  unfinished: 2,
} as const;

const [SPACE, QUOTE, ROUND_OPEN, ROUND_CLOSE, DOT, ZERO, LESS, EQUALS, GREATER, OPEN, BACKSLASH, CLOSE] = [
  32, 34, 40, 41, 46, 48, 60, 61, 62, 91, 92, 93,
];
const [CURLY_OPEN, CURLY_CLOSE] = [123, 125];
const BREAKS = ['<unfinished ...>', '<detached ...>'].map(wordOf);
const MOVED = wordOf('<pid changed to ');
const DOTS = wordOf(' ...>');

const endsWith = (data: Uint8Array, from: number, to: number, word: Uint8Array): boolean =>
  to - from >= word.length && startsWith(data, to - word.length, to, word);

/** One line's end; the fields hold until the next {@link read}. */
export class Ending {
  kind: number = End.none;
  /** Where the arguments end: at the bracket that closes them, or at the word that breaks them off. */
  argumentsEnd = 0;
  /** Of a result: bytes `value` to `to`, without the duration. */
  value = 0;
  to = 0;
  /** What `-T` tells; -1 where it does not. */
  durationNs = -1;

  /** @param from - behind the bracket that opens the arguments, or behind `resumed>` */
  read(data: Uint8Array, from: number, lineEnd: number): void {
    this.kind = End.none;
    this.durationNs = -1;
    let to = lineEnd;
    if (data[to - 1] === GREATER) {
      if (data[to - 2] === DOT) {
        this.#broken(data, from, to);
        if (this.kind !== End.none) return;
      }
      to = this.#duration(data, from, to);
    }
    // A file or a name may stand behind the result (`-y`, `-Y`) and hold anything: then the arguments are gone through from the left.
    const close = data[to - 1] === GREATER ? closingBracket(data, from, to) : -1;
    if (close < 0 || !this.#equals(data, close + 1, to)) this.#fromRight(data, from, to);
    else this.argumentsEnd = close;
    this.to = to;
  }

  #broken(data: Uint8Array, from: number, to: number): void {
    let at = -1;
    for (const word of BREAKS) if (endsWith(data, from, to, word)) at = to - word.length;
    // `<pid changed to 417 ...>`: a thread that is not the leader execs.
    if (at < 0 && endsWith(data, from, to, DOTS)) {
      let digits = to - DOTS.length;
      while (isDigit(data[digits - 1])) digits--;
      if (endsWith(data, from, digits, MOVED)) at = digits - MOVED.length;
    }
    if (at < from) return;
    this.kind = End.unfinished;
    this.argumentsEnd = at;
  }

  /** Takes ` <0.000126>` off the end. */
  #duration(data: Uint8Array, from: number, to: number): number {
    let at = to - 2;
    let value = 0;
    let scale = 1;
    let dot = -1;
    for (; at > from && (isDigit(data[at]) || (data[at] === DOT && dot < 0)); at--) {
      if (data[at] === DOT) {
        dot = scale;
        continue;
      }
      value += (data[at] - ZERO) * scale;
      scale *= 10;
    }
    if (dot < 0 || at === to - 2 || data[at] !== LESS || data[at - 1] !== SPACE) return to;
    this.durationNs = Math.round((value / dot) * 1e9);
    return at - 1;
  }

  /** `) = `, the last on the line: strings among the arguments may hold as much. */
  #fromRight(data: Uint8Array, from: number, to: number): void {
    for (let at = to - 2; at > from; at--) {
      if (data[at] !== EQUALS || data[at + 1] !== SPACE || data[at - 1] !== SPACE) continue;
      let close = at - 1;
      while (close > from && data[close] === SPACE) close--;
      if (data[close] !== ROUND_CLOSE) continue;
      this.kind = End.result;
      this.argumentsEnd = close;
      this.value = at + 2;
      return;
    }
  }

  /** Whether ` = ` stands here. */
  #equals(data: Uint8Array, from: number, to: number): boolean {
    let at = from;
    while (at < to && data[at] === SPACE) at++;
    if (at === from || data[at] !== EQUALS || data[at + 1] !== SPACE) return false;
    this.kind = End.result;
    this.value = at + 2;
    return true;
  }
}

/** The bracket that closes the arguments; -1 where there is none. Strings, comments on ids and nested brackets are passed over. */
export function closingBracket(data: Uint8Array, from: number, to: number): number {
  let depth = 0;
  for (let at = from; at < to; at++) {
    switch (data[at]) {
      case QUOTE:
        at = closingQuote(data, at, to);
        break;
      case LESS:
        // `1<<3` is a shift; `3</a/file>` is a file, in which strace escapes "<" and ">".
        if (data[at + 1] === LESS) at++;
        else while (at < to && data[at] !== GREATER) at++;
        break;
      case ROUND_OPEN:
      case OPEN:
      case CURLY_OPEN:
        depth++;
        break;
      case ROUND_CLOSE:
      case CLOSE:
      case CURLY_CLOSE:
        if (depth === 0) return data[at] === ROUND_CLOSE ? at : -1;
        depth--;
    }
  }
  return -1;
}

/** @param from - the opening quote */
export function closingQuote(data: Uint8Array, from: number, to: number): number {
  let at = from + 1;
  while (at < to && data[at] !== QUOTE) at += data[at] === BACKSLASH ? 2 : 1;
  return at;
}
