/** The machine answer of counts: `ptilab.stat`, version 1. Its names are promised to users. */
import type { Missing } from '../../counts/counts.ts';
import type { Signal } from '../../counts/signals.ts';
import type { Variable } from '../../cpu-model/intervals.ts';
import type { Operation } from '../../cpu-model/operations.ts';
import type { HostFacts } from '../../trace/trace.ts';
import type { Comparison, LaneResult, TraceFile } from '../result.ts';
import type { AmountName, Evidence } from './amounts.ts';
import type { CpuTime, Scope } from './cpu-time.ts';

/** An interval whose upper end is null where nothing bounds it. */
export interface Bounded {
  readonly low: number;
  readonly mid: number;
  readonly high: number | null;
}

export type StatLane = Pick<
  LaneResult,
  | 'lane'
  | 'policy'
  | 'cpu'
  | 'kernel'
  | 'virt'
  | 'pcid'
  | 'invpcid'
  | 'ptiMode'
  | 'affected'
  | 'ghz'
  | 'cycles'
  | 'addedCycles'
  | 'baselineCycles'
  | 'overheadPercent'
> & {
  readonly operations: Readonly<Record<Operation, Bounded>>;
  readonly crossingCr3Writes: Bounded;
  readonly switchCr3Writes: Bounded;
  readonly flushCr3Writes: Bounded;
};

/** The whole, or a cgroup. */
export interface StatGroup {
  readonly cgroup: string | null;
  /** It is opted out in lanes whose opt-out has to be asked for. */
  readonly optedOut: boolean;
  /** As they were counted; those that were not are missing. */
  readonly counts: Readonly<Partial<Record<Signal, number>>>;
  readonly missing: Readonly<Partial<Record<Signal, Missing>>>;
  /** What the model is told of. */
  readonly amounts: Readonly<Record<AmountName, Bounded & { readonly evidence: Evidence }>>;
  /** Entries from user mode and returns to it. */
  readonly crossings: Bounded;
  /** Time on the CPU as counted, in seconds. */
  readonly cpuSeconds: number | null;
  readonly cpuSecondsFrom: CpuTime['from'] | 'untraced' | null;
  readonly lanes: readonly StatLane[];
  readonly comparisons: readonly Comparison[];
  /** Why there are no cycles, or no percentages. */
  readonly reasons: readonly string[];
  /** What the width of the answer comes from, widest first: in `of` the first lane with isolation costs. */
  readonly doubts: readonly { readonly name: string; readonly width: number }[];
  readonly doubtsOf: 'overheadPercent' | 'addedCycles' | null;
}

export interface StatResult {
  readonly schema: 'ptilab.stat';
  readonly version: 1;
  readonly model: string;
  readonly input: {
    readonly file: TraceFile;
    readonly scope: Scope;
    readonly command: string | null;
    readonly elapsedSeconds: number | null;
    readonly host: HostFacts | null;
    /** Events that were counted and not used. */
    readonly unused: readonly string[];
    readonly skippedLines: number;
  };
  /** All groups together; null where the reason is in `notAdded`. */
  readonly whole: StatGroup | null;
  readonly notAdded: string | null;
  readonly cgroups: readonly StatGroup[];
  /** The doubts of counting, as ranges with their sources. Those of prices are in `cpus --json`. */
  readonly doubts: readonly (Variable & { readonly unit: string; readonly source: string })[];
}
