/**
 * Intervals. A *variable* is one doubt with one name: a price, a footprint, an inferred count, the baseline. A result is evaluated
 * at a row of *settings*: all variables at mid, then each alone at its low and at its high. What a result moves by is its
 * half-width on that side; half-widths of different variables add in squares. Differences and ratios are formed at each setting,
 * so a doubt that both sides share cancels.
 */
import type { Estimate } from '../units.ts';

/** One doubt. It has the same value in all lanes, processes and components. */
export interface Variable {
  readonly name: string;
  readonly low: number;
  readonly mid: number;
  readonly high: number;
}

/** A value at every setting: `[mid, low of variable 0, high of variable 0, low of variable 1, ...]`. */
export type Moved = Float64Array<ArrayBuffer>;

export interface Settings {
  readonly variables: readonly Variable[];
  /** How many there are: 1 + 2 for each variable. */
  readonly count: number;
  /** The value of a variable at each setting. Throws for a name that is not among the variables. */
  values(name: string): Moved;
}

/** @param variables - each name once */
export function settingsOf(variables: readonly Variable[]): Settings {
  const count = 1 + 2 * variables.length;
  const indices = new Map(variables.map(({ name }, i) => [name, i]));
  if (indices.size !== variables.length) throw new Error('a variable is named twice');
  return {
    variables,
    count,
    values(name) {
      const index = indices.get(name);
      if (index === undefined) throw new Error(`no variable ${name}`);
      const { low, mid, high } = variables[index];
      const values = new Float64Array(count).fill(mid);
      values[1 + 2 * index] = low;
      values[2 + 2 * index] = high;
      return values;
    },
  };
}

/** A result from others, formed at every setting. */
export function combine(of: (...values: number[]) => number, ...moved: readonly Moved[]): Moved {
  return moved[0].map((_, setting) => of(...moved.map((each) => each[setting])));
}

/** The 90 % interval of a value that was evaluated at every setting. */
export function estimateOf(moved: Moved): Estimate {
  const mid = moved[0];
  let below = 0;
  let above = 0;
  for (let setting = 1; setting < moved.length; setting += 2) {
    const first = moved[setting] - mid;
    const second = moved[setting + 1] - mid;
    below += Math.min(first, second, 0) ** 2;
    above += Math.max(first, second, 0) ** 2;
  }
  return { low: mid - Math.sqrt(below), mid, high: mid + Math.sqrt(above) };
}

/** The variables that a value depends on, widest first, each with the width it would have alone. */
export function widthsOf(moved: Moved, { variables }: Settings): readonly { name: string; width: number }[] {
  return variables
    .map(({ name }, i) => {
      const [first, second] = [moved[1 + 2 * i] - moved[0], moved[2 + 2 * i] - moved[0]];
      return { name, width: Math.max(first, second, 0) - Math.min(first, second, 0) };
    })
    .filter(({ width }) => width > 0)
    .sort((a, b) => b.width - a.width || (a.name < b.name ? -1 : 1));
}
