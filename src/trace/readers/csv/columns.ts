/** The columns of a CSV: what each cell becomes. They are those of the canonical trace. */
import { ARGS, EVENT_KINDS, type EventBatch, type EventKind } from '../../event.ts';
import type { InternBytes } from '../../text/names.ts';
import { createNameFinder } from '../../text/known-names.ts';
import { isBlank, NumberScanner } from '../../text/scan.ts';

/** Fills a row from a cell that is not empty, bytes `from` to `to`; false where it cannot be what the column holds. */
export type Put = (data: Uint8Array, from: number, to: number, batch: EventBatch, row: number) => boolean;

export interface Column {
  readonly name: string;
  readonly required: boolean;
  /** Which number it holds, for {@link storeNumber}; undefined where it holds a text. */
  readonly number: number | undefined;
  readonly put: Put;
}

export const REQUIRED: readonly string[] = ['timeNs', 'tid', 'kind'];

/** What cells of one row say that a batch has no place for. */
export interface RowState {
  /** Of `timeNs`: exact for all that a u64 holds. */
  seconds: number;
  nanoseconds: number;
  /** -1 where it is none of ours. */
  kind: number;
}

const Numbers = { timeNs: 0, cpu: 1, tid: 2, pid: 3, nr: 4, depth: 5, flags: 6, result: 7, a0: 8 } as const;

const NS = 1_000_000_000;
const TWO_32 = 2 ** 32;
/** Digits of the nanoseconds in a second. */
const NS_DIGITS = 9;
/** Whole seconds that a u64 of nanoseconds holds. */
const MOST_SECONDS = 18_446_744_073;
const DASH = 45;
const MOST_INT32 = 0x7fff_ffff;

/** Stores a whole number of at most 53 bits; false where the column cannot hold it. */
export function storeNumber(column: number, value: number, batch: EventBatch, row: number, state: RowState): boolean {
  switch (column) {
    case Numbers.timeNs:
      state.seconds = Math.floor(value / NS);
      state.nanoseconds = value - state.seconds * NS;
      return true;
    case Numbers.cpu:
      batch.cpu[row] = value;
      return value >= -1 && value <= 0x7fff;
    case Numbers.tid:
      batch.tid[row] = value;
      return isInt32(value);
    case Numbers.pid:
      batch.pid[row] = value;
      return isInt32(value);
    case Numbers.nr:
      batch.nr[row] = value;
      return isInt32(value);
    case Numbers.depth:
      batch.depth[row] = value;
      return value >= 0 && value <= 255;
    case Numbers.flags:
      batch.flags[row] = value;
      return value >= 0 && value <= 255;
    default:
      storeWords(column, value | 0, Math.floor(value / TWO_32), batch, row);
      return true;
  }
}

const isInt32 = (value: number): boolean => value >= -MOST_INT32 - 1 && value <= MOST_INT32;

function storeWords(column: number, low: number, high: number, batch: EventBatch, row: number): void {
  if (column === Numbers.result) {
    batch.resultWords[2 * row] = low;
    batch.resultWords[2 * row + 1] = high;
    return;
  }
  const word = (row * ARGS + column - Numbers.a0) * 2;
  batch.argWords[word] = low;
  batch.argWords[word + 1] = high;
}

/** All columns by name. */
export function createColumns(state: RowState, intern: InternBytes): ReadonlyMap<string, Column> {
  const number = new NumberScanner();

  /** Hexadecimal numbers, those of more than 53 bits, and blanks around them. */
  const putNumber =
    (column: number): Put =>
    (data, start, end, batch, row) => {
      const { from, to } = trimmed(data, start, end);
      const hex = isHex(data, from, to);
      if (column === Numbers.timeNs && !hex) return putTime(data, from, to);
      if (hex) number.hex(data, from, to);
      else number.wide(data, from, to);
      if (!number.ok || number.at !== to) return false;
      const { low, high } = number;
      if (column === Numbers.timeNs) return storeTime((BigInt(high) << 32n) | BigInt(low));
      if (column >= Numbers.result) {
        storeWords(column, low | 0, high | 0, batch, row);
        return true;
      }
      // Sign and all: what is more than 53 bits fits no such column.
      const value = (hex ? high : high | 0) * TWO_32 + low;
      return Number.isSafeInteger(value) && storeNumber(column, value, batch, row, state);
    };

  const storeTime = (ns: bigint): boolean => {
    state.seconds = Number(ns / BigInt(NS));
    state.nanoseconds = Number(ns % BigInt(NS));
    return true;
  };

  /** Seconds and the rest apart: a clock that counts from 1970 has more than 53 bits of nanoseconds. */
  const putTime = (data: Uint8Array, from: number, to: number): boolean => {
    const split = Math.max(from, to - NS_DIGITS);
    state.seconds = split > from ? number.decimal(data, from, split) : 0;
    if (split > from && (!number.ok || number.at !== split || data[from] === DASH)) return false;
    state.nanoseconds = number.decimal(data, split, to);
    return number.ok && number.at === to && state.nanoseconds >= 0 && state.seconds <= MOST_SECONDS;
  };

  const kinds = createNameFinder((name) => {
    const kind = EVENT_KINDS.indexOf(name.trim() as EventKind);
    return kind < 0 ? undefined : kind;
  });

  const texts: Readonly<Record<string, Put>> = {
    kind: (data, from, to, batch, row) => {
      state.kind = kinds(data, from, to) ?? -1;
      batch.kind[row] = Math.max(0, state.kind);
      return true;
    },
    text: (data, from, to, batch, row) => {
      batch.text[row] = intern(data, from, to);
      return true;
    },
    text2: (data, from, to, batch, row) => {
      batch.text2[row] = intern(data, from, to);
      return true;
    },
  };
  const numbers: Record<string, number> = { ...Numbers };
  for (let i = 1; i < ARGS; i++) numbers[`a${i}`] = Numbers.a0 + i;
  const column = (name: string, put: Put, of?: number): [string, Column] => [
    name,
    { name, required: REQUIRED.includes(name), number: of, put },
  ];
  return new Map([
    ...Object.entries(numbers).map(([name, of]) => column(name, putNumber(of), of)),
    ...Object.entries(texts).map(([name, put]) => column(name, put)),
  ]);
}

const isHex = (data: Uint8Array, from: number, to: number): boolean =>
  to > from + 2 && data[from] === 48 && (data[from + 1] | 32) === 120;

/** Blanks around a number mean nothing. */
function trimmed(data: Uint8Array, start: number, end: number): { readonly from: number; readonly to: number } {
  let [from, to] = [start, end];
  while (from < to && isBlank(data[from])) from++;
  while (to > from && isBlank(data[to - 1])) to--;
  return { from, to };
}
