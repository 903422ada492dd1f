/** One side of a comparison in cycles, at every setting of the doubts of both. */
import { combine, type Moved, type Settings, type Variable } from '../cpu-model/intervals.ts';
import { priceVariables } from '../cpu-model/prices.ts';
import { purposeOf } from '../replay/causes.ts';
import { baselineCycles, baselineVariables, clockOf, HOST_DOUBT, paidIsolation, RECORDING_DOUBT } from './baseline.ts';
import { MODEL, type SideDoubt, type SideSettings } from './common-doubts.ts';
import {
  chooseLane,
  type ChosenLane,
  type Counted,
  type CountedFacts,
  type CountedLane,
  type CountGroup,
} from './counted.ts';
import { addCounts, cyclesOn, factorsOf, newQuantities, type Quantities } from './pricing.ts';

export interface CompareSide {
  /** As it was named: untrusted. */
  readonly source: string;
  readonly kind: 'trace' | 'result';
  readonly counted: CountedFacts;
  readonly chosen: ChosenLane;
  /** Counts of the chosen lanes, in the order of {@link lanesOf}. */
  readonly groups: readonly CountGroup[];
}

/** @throws a usage error where there is no such lane */
export async function compareSide(
  { source, kind, lane, where }: Pick<CompareSide, 'source' | 'kind'> & Wanted,
  counted: Counted,
): Promise<CompareSide> {
  const chosen = chooseLane(counted.lanes, lane, where);
  const { groups, ...facts } = counted;
  return { source, kind, counted: facts, chosen, groups: await groups(lanesOf(chosen)) };
}

interface Wanted {
  /** Undefined: the default. */
  readonly lane: string | undefined;
  /** For messages: printable. */
  readonly where: string;
}

const lanesOf = ({ lane, bare, isolated }: ChosenLane): readonly CountedLane[] =>
  [lane, bare, isolated].filter((each) => each !== undefined);

/** The recording, by its content. */
export const recordingOf = ({ counted }: CompareSide): string => counted.files.map(({ sha256 }) => sha256).join();

/** The doubts of one side, in the order in which a replay has them. */
export function doubtsOf(side: CompareSide): readonly SideDoubt[] {
  const { chosen, counted } = side;
  const { host } = counted.baseline;
  const recording = `recording ${recordingOf(side)}`;
  const machine = `host ${host.cpuName ?? recording},${host.cpuId ?? ''}`;
  const cpus = [chosen.lane.cpu];
  const ofModel = (variable: Variable): SideDoubt => ({ kind: 'prices', variable, belongsTo: MODEL });
  return [
    ...priceVariables(cpus).map(ofModel),
    ...counted.doubts.map(({ variable }): SideDoubt => ({ kind: 'counts', variable, belongsTo: recording })),
    ...baselineVariables(counted.baseline, cpus).map((variable): SideDoubt => ({
      ...ofModel(variable),
      ...(variable.name === RECORDING_DOUBT && { belongsTo: recording }),
      ...(variable.name === HOST_DOUBT && { belongsTo: machine }),
    })),
  ];
}

/** Cycles of some groups; undefined where the CPU has no prices, or nothing to set the lane against. */
export interface PricedSide {
  readonly cycles: LanePricer;
  /** Over the lane without isolation. */
  readonly added: LanePricer;
  /** Cycles a second. */
  readonly clock: Moved;
  readonly baseline: Moved | undefined;
}

export function pricedSide({ chosen, counted, groups }: CompareSide, settings: SideSettings): PricedSide {
  const { lane, bare, isolated } = chosen;
  const factors = factorsOf(counted.doubts, settings.counts);
  const lanes = lanesOf(chosen);
  const pricer = (of: CountedLane | undefined) => of && lanePricer(of, lanes.indexOf(of), settings.prices, factors);
  const [own, without, withIsolation] = [lane, bare, isolated].map(pricer);
  const less = (a: LanePricer | undefined, some: readonly CountGroup[]): Moved | undefined => {
    const [more, base] = [a?.(some), without?.(some)];
    return more && base && combine((x, y) => x - y, more, base);
  };
  const measured = groups.filter((group) => group.measured);
  const paid = paidIsolation(counted.baseline) ? less(withIsolation, measured) : undefined;
  return {
    cycles: (some) => own?.(some),
    added: (some) => less(own, some),
    clock: clockOf(lane.cpu, settings.prices),
    baseline: baselineCycles(counted.baseline, lane.cpu, settings.prices, paid),
  };
}

type LanePricer = (groups: readonly CountGroup[]) => Moved | undefined;

function lanePricer(
  { cpu, facts, policy }: CountedLane,
  place: number,
  prices: Settings,
  factors: ReturnType<typeof factorsOf>,
): LanePricer {
  const kernelGlobal = !policy.pti;
  const cyclesOf = cyclesOn({ cpu, guest: facts.virt === 'guest', kernelGlobal }, prices, factors);
  return (groups) => {
    const sum: Quantities = newQuantities();
    for (const { cause, counts } of groups) addCounts(sum, purposeOf(cause), (op) => counts[place][op], kernelGlobal);
    return cyclesOf(sum);
  };
}
