/** Tables of a page: what charts and lists show as text. */
import { count, scaledRange } from './charts/numbers.ts';
import type { Estimate } from '../units.ts';

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** Untrusted text, or a number in words with the value that it is sorted by. */
export type Cell = string | Figure;

export interface Figure {
  readonly text: string;
  readonly value: number;
}

const UNKNOWN: Figure = { text: 'unknown', value: -Infinity };

export const whole = (value: number): Figure => ({ text: count(value), value });
export const estimate = (value: Estimate | undefined): Figure =>
  value ? { text: scaledRange(value), value: value.mid } : UNKNOWN;
export const figure = (value: Estimate | undefined, words: (value: Estimate) => string): Figure =>
  value ? { text: words(value), value: value.mid } : UNKNOWN;
