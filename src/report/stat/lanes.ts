/** What amounts make a lane issue, and what that costs: operations by purpose and cycles, at every setting of every doubt. */
import { combine, type Moved, type Settings } from '../../cpu-model/intervals.ts';
import { Op, OPERATION_COUNT } from '../../cpu-model/operations.ts';
import { COMPONENTS, type Component } from '../../cpu-model/prices.ts';
import { PURPOSES, type Purpose } from '../../replay/causes.ts';
import { operationsOf, purposeOfUnit } from '../../replay/event-units.ts';
import type { Lane } from '../../replay/lane.ts';
import type { LaneSpec } from '../../replay/lane-plan.ts';
import { addCounts, cyclesOn, newQuantities, type Factors } from '../pricing.ts';
import { AMOUNTS, UNIT_OF, type Amounts } from './amounts.ts';

/** A count at every setting; nothing bounds it where {@link unbounded}. */
export interface MovedCount {
  readonly moved: Moved;
  readonly unbounded: boolean;
}

export interface LaneCosts {
  readonly spec: LaneSpec;
  readonly operations: readonly MovedCount[];
  readonly cr3Writes: Readonly<Record<'crossing' | 'switch' | 'flush', MovedCount>>;
  /** By component; undefined where the CPU has no prices, or nothing bounds what was not counted. */
  readonly cycles: Readonly<Record<Component, Moved>> | undefined;
}

const CR3_WRITES: readonly number[] = [Op.cr3WriteKeep, Op.cr3WriteFlush, Op.cr3WriteNoPcid];
const CR3_PURPOSE: Readonly<Record<Purpose, keyof LaneCosts['cr3Writes']>> = {
  crossing: 'crossing',
  'inferred-crossing': 'crossing',
  switch: 'switch',
  flush: 'flush',
};

/** @param open - the processes of the group are opted out, where the policy lets them */
export function costsOf(spec: LaneSpec, lane: Lane, amounts: Amounts, open: boolean, settings: Settings): LaneCosts {
  const zero = (): MovedCount => ({ moved: new Float64Array(settings.count), unbounded: false });
  const operations = Array.from({ length: OPERATION_COUNT }, zero);
  const writes = { crossing: zero(), switch: zero(), flush: zero() };
  const kernelGlobal = !lane.policy.pti;
  const machine = { cpu: spec.cpu, guest: spec.virt === 'guest', kernelGlobal };
  let cycles: Record<Component, Moved> | undefined = spec.cpu.prices
    ? (Object.fromEntries(COMPONENTS.map((name) => [name, new Float64Array(settings.count)])) as Record<
        Component,
        Moved
      >)
    : undefined;
  for (const name of AMOUNTS) {
    const { moved, unbounded } = amounts[name];
    const purpose = purposeOfUnit(UNIT_OF[name]);
    const each = operationsOf(UNIT_OF[name], lane, open);
    if (each.every((count) => count === 0)) continue;
    each.forEach((count, op) => {
      if (count === 0) return;
      const more = { moved: moved.map((amount) => amount * count), unbounded };
      operations[op] = sumOf(operations[op], more);
      if (!CR3_WRITES.includes(op)) return;
      const key = CR3_PURPOSE[purpose];
      writes[key] = sumOf(writes[key], more);
    });
    if (unbounded) cycles = undefined;
    if (!cycles) continue;
    const quantities = newQuantities();
    addCounts(quantities, purpose, (op) => each[op], kernelGlobal);
    const factors = Object.fromEntries(PURPOSES.map((each) => [each, moved])) as Factors;
    const price = cyclesOn(machine, settings, factors);
    for (const component of COMPONENTS) {
      const more = price(quantities, component);
      if (more) cycles[component] = combine((a, b) => a + b, cycles[component], more);
    }
  }
  return { spec, operations, cr3Writes: writes, cycles };
}

/** The costs of the same lane in two groups. */
export function bothCosts(a: LaneCosts, b: LaneCosts): LaneCosts {
  return {
    spec: a.spec,
    operations: a.operations.map((count, op) => sumOf(count, b.operations[op])),
    cr3Writes: {
      crossing: sumOf(a.cr3Writes.crossing, b.cr3Writes.crossing),
      switch: sumOf(a.cr3Writes.switch, b.cr3Writes.switch),
      flush: sumOf(a.cr3Writes.flush, b.cr3Writes.flush),
    },
    cycles:
      a.cycles && b.cycles
        ? (Object.fromEntries(
            COMPONENTS.map((name) => [name, combine((x, y) => x + y, a.cycles![name], b.cycles![name])]),
          ) as Record<Component, Moved>)
        : undefined,
  };
}

export const sumOf = (a: MovedCount, b: MovedCount): MovedCount => ({
  moved: combine((x, y) => x + y, a.moved, b.moved),
  unbounded: a.unbounded || b.unbounded,
});

/** All cycles of a lane. */
export const allCycles = ({ cycles }: LaneCosts): Moved | undefined =>
  cycles && COMPONENTS.map((name) => cycles[name]).reduce((sum, each) => combine((a, b) => a + b, sum, each));
