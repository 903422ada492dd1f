/**
 * Two lanes side by side: `ptilab.compare`, version 1. A difference is B less A, formed at every setting of the doubts of both, so
 * what both share cancels. Its names are the contract with users.
 */
import type { Estimate } from '../units.ts';
import { combine, widthsOf, type Moved } from '../cpu-model/intervals.ts';
import { syscallName } from '../trace/syscalls.ts';
import { MODEL_VERSION } from '../version.ts';
import { commonDoubts } from './common-doubts.ts';
import {
  costsOf,
  cycleEstimates,
  estimates,
  known,
  movedCosts,
  numbers,
  rowsBy,
  secondsOf,
  sideOf,
  type Costs,
  type Groups,
  type MovedCosts,
  type Pair,
  type Side,
  type Sides,
} from './compare-costs.ts';
import { doubtsOf, pricedSide, recordingOf, type CompareSide } from './compare-pricing.ts';
import { machineOf, type CountedLane, type CountGroup, type LaneFacts } from './counted.ts';
import type { TraceFile } from './result.ts';
import { estimateOrNull, savingsOf, type Savings } from './savings.ts';

export interface ComparedSide extends LaneFacts {
  readonly source: string;
  readonly kind: 'trace' | 'result';
  /** Version of the model that counted. */
  readonly model: string;
  readonly files: readonly TraceFile[];
  readonly command: readonly string[] | null;
  /** The lane without isolation that added cycles are over. */
  readonly without: string | null;
  /** What the recording does not show, so that its figures are at least so high. */
  readonly hidden: readonly string[];
}

export interface ComparedTotals extends Costs {
  readonly events: Sides<number>;
  readonly durationNs: Sides<number>;
  /** Recorded on-CPU seconds of the measured set. */
  readonly cpuSeconds: Sides<number | null>;
  readonly eventsPerCpuSecond: Sides<number | null>;
  readonly crossingsPerCpuSecond: Sides<number | null>;
  readonly cr3WritesPerCpuSecond: Sides<number | null>;
  readonly baselineCycles: Sides<Estimate | null>;
  readonly baselineSeconds: Sides<Estimate | null>;
  /** A difference in percentage points. */
  readonly overheadPercent: Sides<Estimate | null>;
  /** Everybody, bystanders, recorder and kernel included. */
  readonly machine: { readonly crossings: Sides<number>; readonly cr3Writes: Sides<number> };
}

export interface CompareResult {
  readonly schema: 'ptilab.compare';
  readonly version: 1;
  /** Version of the model that priced. */
  readonly model: string;
  readonly a: ComparedSide;
  readonly b: ComparedSide;
  readonly same: { readonly recording: boolean; readonly machine: boolean };
  readonly totals: ComparedTotals;
  /** What B saves over A, as in `ptilab.replay`; null where the recordings differ. `savedCycles`: null where the machines do. */
  readonly savings: (Savings & { readonly savedCycles: Estimate | null }) | null;
  /** Of the measured set, by name of the process; largest difference first. */
  readonly programs: readonly (Costs & { readonly program: string })[];
  /** Of the measured set; largest difference first. */
  readonly causes: readonly (Costs & { readonly cause: string; readonly name: string | null })[];
  /** Everybody but the measured set. */
  readonly bystanders: Costs;
  /** What the interval of the difference comes from, widest first: CPU seconds it would have from this doubt alone. */
  readonly doubts: readonly { readonly name: string; readonly width: number }[];
}

const WIDEST = 5;
export function compareResult(a: CompareSide, b: CompareSide): CompareResult {
  const doubts = commonDoubts(doubtsOf(a), doubtsOf(b));
  const sides = [sideOf(a, pricedSide(a, doubts.a)), sideOf(b, pricedSide(b, doubts.b))] as const;
  const same = {
    recording: recordingOf(a) === recordingOf(b),
    machine: machineKey(a) === machineKey(b),
  };
  const isMeasured = ({ measured }: CountGroup): boolean => measured;
  const measured = sides.map(({ of }) => of.groups.filter(isMeasured));
  const others = sides.map(({ of }) => of.groups.filter((group) => !isMeasured(group)));
  const moved = movedCosts(sides, measured);
  const unmeasured = movedCosts(sides, others);
  return {
    schema: 'ptilab.compare',
    version: 1,
    model: MODEL_VERSION,
    a: comparedSide(a),
    b: comparedSide(b),
    same,
    totals: totalsOf(sides, measured, moved),
    savings: same.recording ? savingsBetween(sides, moved, same.machine) : null,
    programs: rowsBy(sides, measured, ({ program }) => program).map(({ key, costs }) => ({ program: key, ...costs })),
    causes: rowsBy(sides, measured, ({ cause }) => cause).map(({ key, costs }) => ({
      cause: key,
      name: causeName(key),
      ...costs,
    })),
    bystanders: costsOf(sides, others, unmeasured),
    doubts: moved.difference ? widthsOf(moved.difference, doubts.settings).slice(0, WIDEST) : [],
  };
}

/** With what decides switches and flushes, and the clock that was asked for. */
const machineKey = ({ chosen: { lane }, counted }: CompareSide): string =>
  [machineOf(lane), lane.facts.decidedBy, counted.baseline.ghz].join();

function comparedSide({ source, kind, counted, chosen }: CompareSide): ComparedSide {
  const { facts } = chosen.lane;
  return {
    source,
    kind,
    model: counted.model,
    files: counted.files,
    command: counted.baseline.host.command?.argv ?? null,
    ...facts,
    without: chosen.bare?.facts.lane ?? null,
    hidden: counted.doubts.flatMap(({ because }) => because ?? []),
  };
}

function totalsOf(sides: Pair<Side>, measured: Groups, moved: MovedCosts): ComparedTotals {
  const costs = costsOf(sides, measured, moved);
  const perSecond = ({ a, b }: Sides<number>): Sides<number | null> =>
    known(sides.map(({ cpuSeconds }, i) => (cpuSeconds === undefined ? undefined : [a, b][i] / cpuSeconds)));
  const counted = sides.map(({ of }) => of.counted);
  const lanes = sides.map(({ of }) => of.chosen.lane);
  const events = numbers(counted.map((side) => side.events));
  const baselines = sides.map((side) => side.baseline);
  return {
    events,
    durationNs: numbers(counted.map((side) => side.durationNs)),
    cpuSeconds: known(sides.map((side) => side.cpuSeconds)),
    ...costs,
    eventsPerCpuSecond: perSecond(events),
    crossingsPerCpuSecond: perSecond(costs.crossings),
    cr3WritesPerCpuSecond: perSecond(costs.cr3Writes),
    baselineCycles: cycleEstimates(baselines, sides),
    baselineSeconds: estimates(secondsOf(baselines, sides)),
    overheadPercent: estimates(
      moved.added.map((added, i) => {
        const base = baselines[i];
        return added && base && combine((x, y) => (100 * x) / y, added, base);
      }),
    ),
    machine: {
      crossings: numbers(lanes.map(({ counts: { operations } }) => operations.entries + operations.exits)),
      cr3Writes: numbers(lanes.map(writesOf)),
    },
  };
}

const writesOf = ({ counts }: CountedLane): number =>
  counts.crossingCr3Writes + counts.switchCr3Writes + counts.flushCr3Writes + counts.otherCr3Writes;

/** What B saves over A, on one recording. */
function savingsBetween(
  sides: Pair<Side>,
  { cycles, added }: MovedCosts,
  sameMachine: boolean,
): Savings & { readonly savedCycles: Estimate | null } {
  const [{ clock, of }] = sides;
  const { durationNs } = of.counted;
  const less = (a: Moved | undefined, b: Moved | undefined): Moved | undefined =>
    a && b && combine((x, y) => x - y, a, b);
  // The time of a lane is the baseline and what the lane adds to the one without isolation.
  const times = added.map((more, i) => {
    const base = sides[i].baseline;
    return more && base && combine((x, y) => x + y, base, more);
  });
  if (sameMachine) {
    const saved = less(cycles[0], cycles[1]);
    const seconds = saved && combine((x, y) => x / y, saved, clock);
    return { ...savingsOf(saved, seconds, times[0], durationNs), savedCycles: estimateOrNull(saved) };
  }
  const [before, after] = secondsOf(times, sides);
  const saved = less(before, after);
  return { ...savingsOf(saved, saved, before, durationNs), savedCycles: null };
}

/** The name of a system call; null for other causes, which are names themselves. */
function causeName(cause: string): string | null {
  const [, nr] = /^syscall:(-?\d+)$/.exec(cause) ?? [];
  return nr === undefined ? null : (syscallName(Number(nr)) ?? null);
}
