/** What counts come to on both sides of a comparison, and the difference: B less A, formed at every setting. */
import type { Estimate } from '../units.ts';
import { combine, type Moved } from '../cpu-model/intervals.ts';
import { Op } from '../cpu-model/operations.ts';
import type { CompareSide, PricedSide } from './compare-pricing.ts';
import type { CountGroup } from './counted.ts';
import { estimateOrNull } from './savings.ts';

/** A figure on both sides, and B less A. */
export interface Sides<T> {
  readonly a: T;
  readonly b: T;
  readonly difference: T;
}

/** What some counts come to. Cycles are of the modelled CPU of each side; null where it has no prices. */
export interface Costs {
  /** Entries and returns. */
  readonly crossings: Sides<number>;
  readonly cr3Writes: Sides<number>;
  readonly cycles: Sides<Estimate | null>;
  /** Over the lane without isolation; null where there is none. */
  readonly addedCycles: Sides<Estimate | null>;
  readonly addedSeconds: Sides<Estimate | null>;
  /** Added CPU seconds for one recorded CPU second of the measured set; null where the recording has no switches. */
  readonly addedPerCpuSecond: Sides<Estimate | null>;
}

const CR3_WRITES = [Op.cr3WriteKeep, Op.cr3WriteFlush, Op.cr3WriteNoPcid] as const;
const CROSSINGS = [Op.entries, Op.exits] as const;

/** The groups of one side and what prices them. */
export interface Side extends PricedSide {
  readonly of: CompareSide;
  readonly cpuSeconds: number | undefined;
}

/** A and B. */
export type Pair<T> = readonly [T, T];
export type Groups = readonly (readonly CountGroup[])[];

export const sideOf = (of: CompareSide, priced: PricedSide): Side => ({
  ...priced,
  of,
  cpuSeconds: of.counted.baseline.onCpuSeconds,
});

/** Rows of the measured set, largest difference first; of equal ones in the order of their keys. */
export function rowsBy(
  sides: Pair<Side>,
  groups: Groups,
  keyOf: (group: CountGroup) => string,
): readonly { readonly key: string; readonly costs: Costs }[] {
  const byKey = new Map<string, CountGroup[][]>();
  groups.forEach((some, side) => {
    for (const group of some) {
      let row = byKey.get(keyOf(group));
      if (!row) byKey.set(keyOf(group), (row = [[], []]));
      row[side].push(group);
    }
  });
  return [...byKey]
    .map(([key, some]) => {
      const moved = movedCosts(sides, some);
      return { key, costs: costsOf(sides, some, moved), size: Math.abs(moved.difference?.[0] ?? 0) };
    })
    .sort((x, y) => y.size - x.size || countsOf(y.costs) - countsOf(x.costs) || (x.key < y.key ? -1 : 1))
    .map(({ key, costs }) => ({ key, costs }));
}

/** Where there are no prices, counts decide. */
const countsOf = ({ cr3Writes, crossings }: Costs): number =>
  Math.abs(cr3Writes.difference) + Math.abs(crossings.difference);

export interface MovedCosts {
  readonly cycles: Undefinable;
  readonly added: Undefinable;
  /** CPU seconds that B costs more: added ones where both sides have them, else all. */
  readonly difference: Moved | undefined;
}

type Undefinable = readonly (Moved | undefined)[];

export function movedCosts(sides: Pair<Side>, groups: Groups): MovedCosts {
  const cycles = sides.map((side, i) => side.cycles(groups[i]));
  const added = sides.map((side, i) => side.added(groups[i]));
  const [before, after] = secondsOf(added.includes(undefined) ? cycles : added, sides);
  return { cycles, added, difference: before && after && combine((x, y) => y - x, before, after) };
}

export const secondsOf = (cycles: Undefinable, sides: Pair<Side>): Undefinable =>
  cycles.map((moved, i) => moved && combine((x, y) => x / y, moved, sides[i].clock));

export function costsOf(sides: Pair<Side>, groups: Groups, { cycles, added }: MovedCosts): Costs {
  const seconds = secondsOf(added, sides);
  return {
    crossings: numbers(groups.map((some) => countOf(some, CROSSINGS))),
    cr3Writes: numbers(groups.map((some) => countOf(some, CR3_WRITES))),
    cycles: cycleEstimates(cycles, sides),
    addedCycles: cycleEstimates(added, sides),
    addedSeconds: estimates(seconds),
    addedPerCpuSecond: estimates(
      seconds.map((moved, i) => {
        const { cpuSeconds } = sides[i];
        return moved && cpuSeconds !== undefined ? moved.map((time) => time / cpuSeconds) : undefined;
      }),
    ),
  };
}

/** In the lane that is compared. */
const countOf = (groups: readonly CountGroup[], operations: readonly number[]): number =>
  groups.reduce((sum, { counts: [own] }) => operations.reduce((all, op) => all + own[op], sum), 0);

export const numbers = ([a, b]: readonly number[]): Sides<number> => ({ a, b, difference: b - a });

export const known = ([a, b]: readonly (number | undefined)[]): Sides<number | null> => ({
  a: a ?? null,
  b: b ?? null,
  difference: a === undefined || b === undefined ? null : b - a,
});

export const estimates = ([a, b]: Undefinable): Sides<Estimate | null> => ({
  a: estimateOrNull(a),
  b: estimateOrNull(b),
  difference: estimateOrNull(a && b && combine((x, y) => y - x, a, b)),
});

/** Cycles of different CPUs, or at different clocks, have no difference. */
export const cycleEstimates = (cycles: Undefinable, sides: Pair<Side>): Sides<Estimate | null> =>
  sameClock(sides) ? estimates(cycles) : { ...estimates(cycles), difference: null };

export const sameClock = (sides: Pair<Side>): boolean => {
  const [a, b] = sides.map(({ of }) => of.chosen.lane.facts);
  return a.cpu === b.cpu && a.ghz === b.ghz;
};
