/** Two sets of values side by side. */
import { byName, type Section } from './baseline.ts';

/** One value that is not what it was; or, without `value`, a section or a whole baseline that is only on one side. */
export interface Difference {
  readonly recording: string;
  /** The section: a setup and a lane, a setup and two lanes, or `recording`; undefined for a whole baseline. */
  readonly lane: string | undefined;
  /** Which number: an operation, a component, a percentage. */
  readonly value: string | undefined;
  /** Undefined where there was or is none. */
  readonly old: string | undefined;
  readonly new: string | undefined;
}

export interface Comparison {
  /** Values that stand on either side. */
  readonly compared: number;
  readonly differences: readonly Difference[];
}

/** @returns differences in order of their sections and names */
export function compareSections(recording: string, before: readonly Section[], after: readonly Section[]): Comparison {
  const [old, now] = [before, after].map((sections) => new Map(sections.map(({ title, values }) => [title, values])));
  let compared = 0;
  const differences: Difference[] = [];
  for (const lane of namesOf(old, now)) {
    const [was, is] = [old.get(lane), now.get(lane)];
    if (!was || !is) {
      compared += (was ?? is)!.size;
      differences.push({ recording, lane, value: undefined, old: was && PRESENT, new: is && PRESENT });
      continue;
    }
    for (const value of namesOf(was, is)) {
      compared++;
      if (was.get(value) !== is.get(value))
        differences.push({ recording, lane, value, old: was.get(value), new: is.get(value) });
    }
  }
  return { compared, differences };
}

/** Stands for what is there as a whole. */
export const PRESENT = 'present';

const namesOf = (a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): readonly string[] =>
  [...new Set([...a.keys(), ...b.keys()])].sort(byName);
