/** What counts cost, wherever they come from: a replay, or the tables that one left. */
import { combine, type Moved, type Settings } from '../cpu-model/intervals.ts';
import {
  addQuantities,
  componentOf,
  priceList,
  QUANTITY_COUNT,
  type Component,
  type PricedMachine,
} from '../cpu-model/prices.ts';
import { isCrossing, PURPOSES, type Purpose } from '../replay/causes.ts';
import type { Doubt } from './doubts.ts';

/** Counts by purpose, each with its own doubt: what prices multiply. */
export type Quantities = Readonly<Record<Purpose, Float64Array>>;

export const newQuantities = (): Quantities =>
  Object.fromEntries(PURPOSES.map((purpose) => [purpose, new Float64Array(QUANTITY_COUNT)])) as Record<
    Purpose,
    Float64Array
  >;

/** Adds counts of operations that were for one purpose. */
export function addCounts(
  to: Quantities,
  purpose: Purpose,
  counts: (operation: number) => number,
  kernelGlobal: boolean,
): void {
  addQuantities(to[purpose], counts, isCrossing(purpose), kernelGlobal);
}

/** What doubts of the recording multiply counts by, by purpose. */
export type Factors = Readonly<Record<Purpose, Moved>>;

export function factorsOf(doubts: readonly Doubt[], settings: Settings): Factors {
  const product = (on: readonly Doubt['on'][]): Moved =>
    doubts
      .filter((doubt) => on.includes(doubt.on))
      .reduce<Moved>(
        (sum, { variable }) => combine((a, b) => a * b, sum, settings.values(variable.name)),
        new Float64Array(settings.count).fill(1),
      );
  return {
    crossing: product(['crossing']),
    'inferred-crossing': product(['crossing', 'inferred-crossing']),
    switch: product([]),
    flush: product([]),
  };
}

/** Cycles of some counts, in one component or in all; undefined where the CPU has no prices. */
export type CyclesOf = (quantities: Quantities, component?: Component) => Moved | undefined;

/** @param settings - the prices of the machine's CPU are among its variables */
export function cyclesOn(machine: PricedMachine, settings: Settings, factors: Factors): CyclesOf {
  const list = priceList(machine, settings);
  const components = Array.from({ length: QUANTITY_COUNT }, (_, quantity) => componentOf(quantity));
  return (quantities, component) => {
    if (!machine.cpu.prices) return undefined;
    const sum = new Float64Array(settings.count);
    for (const purpose of PURPOSES) {
      const [amounts, factor] = [quantities[purpose], factors[purpose]];
      for (let quantity = 0; quantity < QUANTITY_COUNT; quantity++) {
        const amount = amounts[quantity];
        const each = list[quantity];
        if (amount === 0 || !each || (component !== undefined && components[quantity] !== component)) continue;
        for (let setting = 0; setting < sum.length; setting++) sum[setting] += amount * each[setting] * factor[setting];
      }
    }
    return sum;
  };
}
