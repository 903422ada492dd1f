/**
 * From counts to cycles: what every lane's operations cost, in all and by process, cause and component, at every setting of
 * every doubt. Nothing is replayed again.
 */
import type { Cpu } from '../cpu-model/cpu.ts';
import type { Footprints } from '../cpu-model/footprints.ts';
import { combine, settingsOf, type Moved, type Settings } from '../cpu-model/intervals.ts';
import { Op } from '../cpu-model/operations.ts';
import { COMPONENTS, priceVariables, type Component } from '../cpu-model/prices.ts';
import { purposeOf, type Purpose } from '../replay/causes.ts';
import type { Replayed } from '../replay/engine.ts';
import type { LanePlan, LaneSpec } from '../replay/lane-plan.ts';
import type { ProcessOutcomes, Scope } from '../replay/outcome.ts';
import type { Trace } from '../trace/trace.ts';
import {
  baselineCycles,
  baselineVariables,
  clockOf,
  paidIsolation,
  untracedSeconds,
  type BaselineInput,
} from './baseline.ts';
import { recordingDoubts, type Doubt } from './doubts.ts';
import { addCounts, cyclesOn, factorsOf, newQuantities, type Factors, type Quantities } from './pricing.ts';

export interface PricingInput {
  readonly trace: Trace;
  readonly plan: LanePlan;
  readonly replayed: Replayed;
  readonly processes: ProcessOutcomes;
  /** A clock that was asked for. */
  readonly ghz: number | undefined;
  readonly untracedCpu: Cpu | undefined;
  /** Others than the model's. */
  readonly footprints?: Footprints;
}

export interface PricedLane {
  readonly spec: LaneSpec;
  /** Cycles a second. */
  readonly clock: Moved;
  /** Kernel pages are global entries of the TLB. */
  readonly kernelGlobal: boolean;
  /** Cycles of some counts of this lane, in one component or in all; undefined where {@link unpriced} says why. */
  cyclesOf(quantities: Quantities, component?: Component): Moved | undefined;
  /** Counts of this lane over some ledger rows. */
  quantitiesOf(rows: Iterable<number>): Quantities;
  /** The lane of the same machine without isolation. */
  readonly without: PricedLane | undefined;
  /** What this lane costs over {@link without}, over the same ledger rows. */
  addedOf(rows: Iterable<number>): Moved | undefined;
  readonly baseline: Moved | undefined;
  /** Why there are counts only, in words; undefined where there are cycles. */
  readonly unpriced: string | undefined;
}

export interface Priced {
  readonly settings: Settings;
  readonly doubts: readonly Doubt[];
  readonly baseline: BaselineInput;
  /** In the order of the plan. */
  readonly lanes: readonly PricedLane[];
  /** By machine, in the order of its first lane: everybody opted out from the start. */
  readonly bounds: readonly PricedLane[];
  /** In the order of the plan's. */
  readonly variants: readonly PricedLane[];
  /** Ledger rows by scope of their process. */
  readonly rowsOf: Readonly<Record<'measured' | 'others', readonly number[]>>;
  /** Ledger rows of a process, by its index. */
  readonly rowsOfProcess: readonly (readonly number[])[];
}

export function priceReplay(input: PricingInput): Priced {
  const { trace, plan, replayed, processes } = input;
  const { rows, tree } = replayed;
  const rowsOfProcess: number[][] = processes.list.map(() => []);
  for (let row = 0; row < rows.size; row++)
    rowsOfProcess[processes.indexOf(tree.processes[rows.processOf(row)])].push(row);
  const scopeRows = (wanted: (scope: Scope) => boolean): readonly number[] =>
    processes.list.flatMap(({ scope, index }) => (wanted(scope) ? rowsOfProcess[index] : []));
  const measured = scopeRows((scope) => scope === 'measured');

  const baseline = baselineInput(input, measured);
  const cpus = [...new Set([...plan.specs, ...plan.bounds].map(({ cpu }) => cpu))];
  const entries = countOf(replayed, measured, Op.entries);
  const seconds = untracedSeconds(trace.host) ?? baseline.onCpuSeconds ?? replayed.durationNs / 1e9;
  const doubts = recordingDoubts(trace.coverage, trace.health, trace.samples, entries, seconds);
  const settings = settingsOf([
    ...priceVariables(cpus, input.footprints),
    ...doubts.map(({ variable }) => variable),
    ...baselineVariables(baseline, cpus),
  ]);
  const factors = factorsOf(doubts, settings);
  const price = (spec: LaneSpec): PricedLane => pricedLane(spec, input, settings, factors);

  // Lanes without isolation first: the others are set against them.
  const priced = new Map<LaneSpec, PricedLane>();
  const all = [...plan.specs, ...plan.bounds, ...plan.variants.map(({ spec }) => spec)];
  for (const spec of all) priced.set(spec, price(spec));
  const linked = new Map<LaneSpec, PricedLane>();
  for (const spec of all) {
    const lane = priced.get(spec)!;
    const bare = plan.specs.find((other) => other.machine === spec.machine && !isIsolated(other, plan));
    linked.set(spec, withBare(lane, bare && priced.get(bare)));
  }
  const lanes = all.map((spec) => withBaseline(linked.get(spec)!, plan, linked, baseline, settings, measured));
  return {
    settings,
    doubts,
    baseline,
    lanes: lanes.slice(0, plan.specs.length),
    bounds: lanes.slice(plan.specs.length, plan.specs.length + plan.bounds.length),
    variants: lanes.slice(plan.specs.length + plan.bounds.length),
    rowsOf: { measured, others: scopeRows((scope) => scope !== 'measured') },
    rowsOfProcess,
  };
}

const isIsolated = (spec: LaneSpec, { lanes }: LanePlan): boolean => lanes[spec.replayed].policy.pti;

function countOf({ lanes }: Replayed, rows: readonly number[], operation: number): number {
  const [lane] = lanes;
  return lane ? rows.reduce((sum, row) => sum + lane.counts.get(row, operation), 0) : 0;
}

function baselineInput(
  { trace, plan, replayed, processes, ghz, untracedCpu }: PricingInput,
  measured: readonly number[],
): BaselineInput {
  const onCpuNs = processes.list.reduce((sum, { scope, onCpuNs: ns }) => sum + (scope === 'measured' ? ns : 0), 0);
  const all = Array.from({ length: replayed.rows.size }, (_, row) => row);
  const crossings = (rows: readonly number[]): number =>
    countOf(replayed, rows, Op.entries) + countOf(replayed, rows, Op.exits);
  return {
    host: trace.host,
    hostCpu: plan.hostCpu,
    untracedCpu,
    onCpuSeconds: trace.coverage.contextSwitches === 'absent' || onCpuNs === 0 ? undefined : onCpuNs / 1e9,
    recorderEvents: (trace.samples * crossings(measured)) / Math.max(1, crossings(all)),
    ghz,
  };
}

function pricedLane(
  spec: LaneSpec,
  { trace, plan, replayed }: PricingInput,
  settings: Settings,
  factors: Factors,
): PricedLane {
  const { counts, policy } = plan.lanes[spec.replayed];
  const { rows, causes } = replayed;
  const purposes: Purpose[] = [];
  const purposeOfRow = (row: number): Purpose => {
    const cause = rows.causeOf(row);
    return (purposes[cause] ??= purposeOf(causes.name(cause)));
  };
  const kernelGlobal = !policy.pti;
  const unpriced = unpricedOf(spec, trace);
  const priced = cyclesOn({ cpu: spec.cpu, guest: spec.virt === 'guest', kernelGlobal }, settings, factors);
  return {
    spec,
    unpriced,
    clock: clockOf(spec.cpu, settings),
    kernelGlobal,
    without: undefined,
    baseline: undefined,
    cyclesOf: (quantities, component) => (unpriced === undefined ? priced(quantities, component) : undefined),
    quantitiesOf(wanted) {
      const sum = newQuantities();
      for (const row of wanted) {
        addCounts(sum, purposeOfRow(row), (op) => counts.get(row, op), kernelGlobal);
      }
      return sum;
    },
    addedOf: () => undefined,
  };
}

/** Without times there is nothing that what a recording leaves out could be bounded by. */
function unpricedOf({ cpu }: LaneSpec, { health, host }: Trace): string | undefined {
  if (!cpu.prices) return `${cpu.id} is a reference and has no prices`;
  return health.of('no-times') > 0 && untracedSeconds(host) === undefined ? 'the recording has no times' : undefined;
}

function withBare(lane: PricedLane, without: PricedLane | undefined): PricedLane {
  return {
    ...lane,
    without,
    addedOf(rows) {
      const own = lane.cyclesOf(lane.quantitiesOf(rows));
      const other = without?.cyclesOf(without.quantitiesOf(rows));
      return own && other && combine((a, b) => a - b, own, other);
    },
  };
}

function withBaseline(
  lane: PricedLane,
  plan: LanePlan,
  linked: ReadonlyMap<LaneSpec, PricedLane>,
  input: BaselineInput,
  settings: Settings,
  measured: readonly number[],
): PricedLane {
  const { spec } = lane;
  const isolated = plan.specs.find(
    (other) => other.machine === spec.machine && isIsolated(other, plan) && !plan.lanes[other.replayed].policy.optOut,
  );
  const paid = paidIsolation(input) && isolated ? linked.get(isolated)?.addedOf(measured) : undefined;
  return { ...lane, baseline: baselineCycles(input, spec.cpu, settings, paid) };
}

/** The components in order, with the cycles of some counts in each. */
export const byComponent = (lane: PricedLane, quantities: Quantities): readonly (readonly [Component, Moved])[] =>
  COMPONENTS.flatMap((component) => {
    const moved = lane.cyclesOf(quantities, component);
    return moved ? [[component, moved] as const] : [];
  });
