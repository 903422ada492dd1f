/** Rows of a ranking: as many as can be read, and the rest as one. */
import type { Estimate } from '../../units.ts';

/** Bars that a reader can take in. */
export const MOST_ROWS = 20;

/**
 * Sums of estimates. Their doubt is taken to be the same one, so that ends add up: the widest they can be together.
 */
export function sumOf(estimates: readonly Estimate[]): Estimate {
  const sum = { low: 0, mid: 0, high: 0 };
  for (const { low, mid, high } of estimates) {
    sum.low += low;
    sum.mid += mid;
    sum.high += high;
  }
  return sum;
}

/** Sums what is known; undefined where nothing is. */
export function sumOfKnown(estimates: readonly (Estimate | undefined)[]): Estimate | undefined {
  const known = estimates.filter((estimate) => estimate !== undefined);
  return known.length === 0 ? undefined : sumOf(known);
}

/** Bars shorter than this part of the longest cannot be seen. */
const LEAST_PART = 0.002;

/**
 * The first rows, and those that are to be drawn as one: what is a rest already, what is beyond {@link MOST_ROWS}, and what would
 * be too short to be seen. One row alone stays what it is.
 *
 * @param sizeOf - how long the row's longest bar is
 */
export function headAndRest<T>(
  rows: readonly T[],
  isRest: (row: T) => boolean,
  sizeOf: (row: T) => number,
): { readonly head: readonly T[]; readonly rest: readonly T[] } {
  const least = LEAST_PART * rows.reduce((most, row) => Math.max(most, sizeOf(row)), 0);
  const named = rows.filter((row) => !isRest(row));
  const rests = rows.filter(isRest);
  const seen = named.filter((row) => sizeOf(row) >= least);
  const head = named.length - seen.length + rests.length > 1 || rests.length > 0 ? seen : named;
  const others = named.filter((row) => !head.includes(row));
  const places = MOST_ROWS - (others.length + rests.length > 0 ? 1 : 0);
  if (head.length <= places) return { head, rest: [...others, ...rests] };
  const drawn = head.slice(0, MOST_ROWS - 1);
  return { head: drawn, rest: [...named.filter((row) => !drawn.includes(row)), ...rests] };
}

const ROUND = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

/** From the least end, 0 at most, to a round number above the greatest. */
export function domainOf(estimates: readonly Estimate[]): [from: number, to: number] {
  const from = estimates.reduce((least, { low, mid }) => Math.min(least, low, mid), 0);
  const to = estimates.reduce((most, { mid, high }) => Math.max(most, mid, high), 0);
  if (to === 0) return from === 0 ? [0, 1] : [from, 0];
  const size = 10 ** Math.floor(Math.log10(to));
  const round = ROUND.find((each) => each * size >= to) ?? 10;
  return [from, round * size];
}
