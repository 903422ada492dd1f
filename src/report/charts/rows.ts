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

/** The first rows, and those that are to be drawn as one: never one alone. */
export function headAndRest<T>(
  rows: readonly T[],
  isRest: (row: T) => boolean,
): { head: readonly T[]; rest: readonly T[] } {
  const named = rows.filter((row) => !isRest(row));
  const rest = rows.filter(isRest);
  if (named.length + (rest.length > 0 ? 1 : 0) <= MOST_ROWS) return { head: named, rest };
  return { head: named.slice(0, MOST_ROWS - 1), rest: [...named.slice(MOST_ROWS - 1), ...rest] };
}
