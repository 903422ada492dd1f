/** Counts and cycles over time, by CPU. */
import { Op } from '../cpu-model/operations.ts';
import { Plane, type TimelineCounts } from '../cpu-model/timeline.ts';
import type { Replayed } from '../replay/engine.ts';
import type { PricedLane } from './priced.ts';
import { addCounts, newQuantities } from './pricing.ts';

/** One bin of one CPU. */
export interface TimelineBin {
  readonly cpu: number;
  readonly startNs: number;
  readonly lengthNs: number;
  /** Entries from user mode and returns to it. */
  readonly crossings: number;
  /** CR3 writes with cause `switch`, `exec` or `exit`. */
  readonly switches: number;
  /** CR3 writes with cause `flush:...`. */
  readonly flushes: number;
  /** Over the lane without isolation; undefined where that, or a price, is missing. */
  readonly added: number | undefined;
}

/** By CPU, then time; bins in which nothing happened are left out. */
export function* timelineOf(lane: PricedLane, { timelines, durationNs }: Replayed): Generator<TimelineBin> {
  const counts = timelines[lane.spec.replayed];
  const bare = lane.without && timelines[lane.without.spec.replayed];
  const { clock } = counts;
  const order = clock.cpus.map((cpu, index) => ({ cpu, index })).sort((a, b) => a.cpu - b.cpu);
  const bins = Math.min(clock.bins, Math.floor(durationNs / clock.lengthNs) + 1);
  for (const { cpu, index } of order)
    for (let bin = 0; bin < bins; bin++) {
      const { crossings, switches, flushes } = totals(counts, index, bin);
      const own = cyclesIn(lane, counts, index, bin);
      const without = lane.without && bare && cyclesIn(lane.without, bare, index, bin);
      const added = own === undefined || without === undefined ? undefined : own - without;
      if (crossings + switches + flushes === 0 && (added ?? 0) === 0) continue;
      yield { cpu, startNs: bin * clock.lengthNs, lengthNs: clock.lengthNs, crossings, switches, flushes, added };
    }
}

function totals(
  counts: TimelineCounts,
  cpu: number,
  bin: number,
): Pick<TimelineBin, 'crossings' | 'switches' | 'flushes'> {
  const crossings = counts.get(cpu, bin, Plane.crossing, Op.entries) + counts.get(cpu, bin, Plane.crossing, Op.exits);
  const writes = (plane: number): number =>
    [Op.cr3WriteKeep, Op.cr3WriteFlush, Op.cr3WriteNoPcid].reduce(
      (sum, op) => sum + counts.get(cpu, bin, plane, op),
      0,
    );
  return { crossings, switches: writes(Plane.switch), flushes: writes(Plane.flush) };
}

function cyclesIn(lane: PricedLane, counts: TimelineCounts, cpu: number, bin: number): number | undefined {
  const quantities = newQuantities();
  for (const [plane, purpose] of [
    [Plane.crossing, 'crossing'],
    [Plane.switch, 'switch'],
    [Plane.flush, 'flush'],
  ] as const)
    addCounts(quantities, purpose, (op) => counts.get(cpu, bin, plane, op), lane.kernelGlobal);
  return lane.cyclesOf(quantities)?.[0];
}
