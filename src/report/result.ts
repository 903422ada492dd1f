/** The machine answer of a replay: `ptilab.replay`, version 1. Its names are the contract with users. */
import type { Estimate } from '../units.ts';
import { combine, estimateOf, type Moved } from '../cpu-model/intervals.ts';
import type { Component } from '../cpu-model/prices.ts';
import { OPERATIONS, Op, type Operation } from '../cpu-model/operations.ts';
import type { Replayed } from '../replay/engine.ts';
import type { LanePlan } from '../replay/lane-plan.ts';
import type { Lane } from '../replay/lane.ts';
import type { ProcessOutcomes, Scope } from '../replay/outcome.ts';
import { forksOf } from '../replay/totals.ts';
import { missingEvents, type Coverage } from '../trace/coverage.ts';
import type { Severity } from '../trace/health.ts';
import type { HostFacts, Trace } from '../trace/trace.ts';
import { byComponent, type Priced, type PricedLane } from './priced.ts';
import { estimateOrNull, savingsOf, type RuleSaving, type Savings } from './savings.ts';

/** One input file, as stored. */
export interface TraceFile {
  readonly path: string;
  readonly format: string;
  readonly bytes: number;
  readonly sha256: string;
}

export type CyclesByComponent = Readonly<Record<Component, Estimate>>;

export interface LaneResult {
  readonly lane: string;
  readonly policy: string;
  readonly cpu: string;
  readonly kernel: string;
  readonly virt: 'bare' | 'guest';
  readonly pcid: boolean;
  readonly invpcid: boolean;
  readonly ptiMode: 'auto' | 'on';
  readonly affected: boolean;
  /** What decides switches and flushes: the recorded `tlb_flush` events, or the model. */
  readonly decidedBy: 'record' | 'model';
  readonly ghz: number;
  readonly operations: Readonly<Record<Operation, number>>;
  readonly crossingCr3Writes: number;
  readonly switchCr3Writes: number;
  readonly flushCr3Writes: number;
  readonly otherCr3Writes: number;
  readonly nonCrossingCr3Flush: number;
  /** Null until TLBs are modelled. */
  readonly tlb: null;
  /** Of the measured set; null where the CPU has no prices. */
  readonly cycles: CyclesByComponent | null;
  /** Over the lane without isolation of the same machine; null where that was not asked for. */
  readonly addedCycles: Estimate | null;
  /** Null where neither untraced times nor time on the CPU are known. */
  readonly baselineCycles: Estimate | null;
  readonly overheadPercent: Estimate | null;
  /** Of everybody else: bystanders, the recorder, the kernel. */
  readonly bystanders: { readonly cycles: CyclesByComponent | null; readonly addedCycles: Estimate | null };
}

export interface Comparison extends Savings {
  readonly from: string;
  readonly to: string;
}

export interface TraceSummary {
  readonly files: readonly TraceFile[];
  readonly events: number;
  readonly durationNs: number;
  readonly host: HostFacts | null;
  /** Times in ns on the CPU; null where the recording has no switches. */
  readonly scope: {
    readonly processes: number;
    readonly onCpuNs: number | null;
    readonly bystanderNs: number | null;
    readonly recorderNs: number | null;
  };
  readonly coverage: Coverage;
  /** Tracepoints that would show what is absent, by signal. */
  readonly missing: ReturnType<typeof missingEvents>;
  /** Whether the cgroups of processes were recorded. */
  readonly cgroups: boolean;
  readonly health: readonly {
    readonly key: string;
    readonly severity: Severity;
    readonly count: number;
    readonly first: FirstPlace;
  }[];
}

export interface FirstPlace {
  readonly ns?: number;
  readonly byte?: number;
}

export interface TotalsResult {
  readonly syscalls: number;
  readonly userFaults: number;
  readonly kernelFaults: number;
  readonly interrupts: number;
  readonly contextSwitches: number;
  readonly tlbFlushes: number;
  readonly forks: number;
  readonly execs: number;
  readonly exits: number;
  readonly syscallCounts: Readonly<Record<string, number>>;
}

export interface ReplayResult {
  readonly schema: 'ptilab.replay';
  readonly version: 1;
  readonly model: string;
  readonly trace: TraceSummary;
  readonly totals: TotalsResult;
  readonly inferred: Replayed['inferred'];
  readonly lanes: readonly LaneResult[];
  readonly comparisons: readonly Comparison[];
  readonly processes: readonly {
    readonly process: number;
    readonly pid: number;
    readonly parent: number | null;
    readonly comm: string;
    readonly exe: string;
    readonly cgroup: string | null;
    readonly state: string;
    readonly crossings: number;
    readonly savedCycles: Estimate | null;
  }[];
  /** What each choice of each rule would have saved; only where that was asked for. */
  readonly rules?: readonly RuleSaving[];
}

const TOP_PROCESSES = 50;

export function traceSummary(
  trace: Trace,
  files: readonly TraceFile[],
  replayed: Replayed,
  processes: ProcessOutcomes,
): TraceSummary {
  const switches = trace.coverage.contextSwitches !== 'absent';
  const onCpu = (scope: Scope): number | null =>
    switches ? processes.list.reduce((sum, process) => sum + (process.scope === scope ? process.onCpuNs : 0), 0) : null;
  return {
    files,
    events: trace.samples,
    durationNs: replayed.durationNs,
    host: Object.keys(trace.host).length > 0 ? trace.host : null,
    scope: {
      processes: processes.list.filter((process) => process.scope === 'measured').length,
      onCpuNs: onCpu('measured'),
      bystanderNs: onCpu('bystander'),
      recorderNs: onCpu('recorder'),
    },
    coverage: trace.coverage,
    missing: missingEvents(trace.coverage),
    cgroups: trace.recordsCgroups ?? false,
    health: trace.health
      .entries()
      .map(({ key, severity, count, first }) => ({ key, severity, count, first: placeOf(first) })),
  };
}

const placeOf = ({
  ns,
  byte,
}: {
  readonly ns?: number | undefined;
  readonly byte?: number | undefined;
}): FirstPlace => ({
  ...(ns !== undefined && { ns }),
  ...(byte !== undefined && { byte }),
});

export function totalsResult({ totals, syscalls }: Replayed): TotalsResult {
  const { userFaults, kernelFaults, interrupts, contextSwitches, tlbFlushes, execs, exits } = totals;
  return {
    syscalls: totals.syscalls,
    userFaults,
    kernelFaults,
    interrupts,
    contextSwitches,
    tlbFlushes,
    forks: forksOf(totals),
    execs,
    exits,
    syscallCounts: Object.fromEntries(syscalls.calls().map(([nr, calls]) => [String(nr), calls])),
  };
}

export function laneResult(
  priced: PricedLane,
  lane: Lane,
  { rows }: Replayed,
  { measured, others }: Priced['rowsOf'],
): LaneResult {
  const { spec } = priced;
  const sum = (operation: number): number => {
    let total = 0;
    for (let row = 0; row < rows.size; row++) total += lane.counts.get(row, operation);
    return total;
  };
  const added = priced.addedOf(measured);
  return {
    lane: spec.name,
    policy: spec.policy,
    cpu: spec.cpu.id,
    kernel: spec.kernel,
    virt: spec.virt,
    pcid: spec.pcid,
    invpcid: spec.invpcid,
    ptiMode: spec.ptiMode,
    affected: spec.cpu.meltdown.value,
    decidedBy: lane.evidence.switches === 'recorded' ? 'record' : 'model',
    ghz: spec.ghz,
    operations: Object.fromEntries(OPERATIONS.map((name) => [name, sum(Op[name])])) as Record<Operation, number>,
    crossingCr3Writes: lane.sums.crossing,
    switchCr3Writes: lane.sums.switch,
    flushCr3Writes: lane.sums.flush,
    otherCr3Writes: lane.sums.other,
    nonCrossingCr3Flush: lane.sums.nonCrossingFlush,
    tlb: null,
    cycles: cyclesOf(priced, measured),
    addedCycles: estimateOrNull(added),
    baselineCycles: estimateOrNull(priced.baseline),
    overheadPercent: estimateOrNull(
      added && priced.baseline && combine((more, base) => (100 * more) / base, added, priced.baseline),
    ),
    bystanders: { cycles: cyclesOf(priced, others), addedCycles: estimateOrNull(priced.addedOf(others)) },
  };
}

function cyclesOf(lane: PricedLane, rows: readonly number[]): CyclesByComponent | null {
  const parts = byComponent(lane, lane.quantitiesOf(rows)).map(([component, moved]) => [component, estimateOf(moved)]);
  return parts.length > 0 ? (Object.fromEntries(parts) as CyclesByComponent) : null;
}

/** Per machine: the first lane that pays against each later lane and against the one without isolation. */
export function comparisons(
  { lanes, rowsOf }: Priced,
  { lanes: replayed }: LanePlan,
  durationNs: number,
): readonly Comparison[] {
  const machines = new Map<string, PricedLane[]>();
  for (const lane of lanes) machines.set(lane.spec.machine, [...(machines.get(lane.spec.machine) ?? []), lane]);
  return [...machines.values()].flatMap((group) => {
    const policy = ({ spec }: PricedLane) => replayed[spec.replayed].policy;
    const paying = group.findIndex((lane) => policy(lane).pti && !policy(lane).optOut);
    if (paying < 0) return [];
    const others = [...group.slice(paying + 1), ...group.slice(0, paying).filter((lane) => !policy(lane).pti)];
    return others.map((other) => comparison(group[paying], other, rowsOf.measured, durationNs));
  });
}

/** What `to` saves over `from`, formed at every setting, so that what both have in common cancels. */
export function comparison(from: PricedLane, to: PricedLane, rows: readonly number[], durationNs: number): Comparison {
  const [before, after] = [from, to].map((lane) => lane.cyclesOf(lane.quantitiesOf(rows)));
  const saved = before && after && combine((a, b) => a - b, before, after);
  const seconds = saved && combine((cycles, clock) => cycles / clock, saved, from.clock);
  // The time of a lane is the baseline and what the lane adds to the one without isolation.
  const added = from.addedOf(rows);
  const time = added && from.baseline && combine((base, more) => base + more, from.baseline, added);
  return {
    from: from.spec.name,
    to: to.spec.name,
    ...savingsOf(saved, seconds, time, durationNs),
  };
}

/** The processes that pay most under isolation (without prices: that cross most), ties by index. */
export function topProcesses(processes: ProcessOutcomes, priced: Priced, plan: LanePlan): ReplayResult['processes'] {
  const { pays, optedOut } = viewsOf(priced, plan);
  const stateLane = optedOut ? optedOut.spec.replayed : 0;
  return processes.list
    .filter((process) => process.scope === 'measured')
    .map((process) => {
      const rows = priced.rowsOfProcess[process.index];
      return { process, rows, paid: pays?.addedOf(rows)?.[0] ?? process.crossings };
    })
    .sort((a, b) => b.paid - a.paid || a.process.index - b.process.index)
    .slice(0, TOP_PROCESSES)
    .map(({ process, rows }) => ({
      process: process.index,
      pid: process.pid,
      parent: process.parent ?? null,
      comm: process.comm,
      exe: process.exe,
      cgroup: process.cgroup ?? null,
      state: process.states[stateLane] ?? 'on',
      crossings: process.crossings,
      savedCycles: estimateOrNull(pays && optedOut && savedOf(pays, optedOut, rows)),
    }));
}

/** The lanes of the first machine that views by process compare: isolation for all, and the first opt-out. */
export function viewsOf(
  { lanes }: Priced,
  plan: LanePlan,
): { pays: PricedLane | undefined; optedOut: PricedLane | undefined } {
  const first = lanes.filter((lane) => lane.spec.machine === lanes[0]?.spec.machine);
  const policy = ({ spec }: PricedLane) => plan.lanes[spec.replayed].policy;
  return {
    pays: first.find((lane) => policy(lane).pti && !policy(lane).optOut),
    optedOut: first.find((lane) => policy(lane).optOut),
  };
}

/** What one lane saves over another, over some ledger rows. */
export function savedOf(from: PricedLane, to: PricedLane, rows: Iterable<number>): Moved | undefined {
  const list = [...rows];
  const [before, after] = [from, to].map((lane) => lane.cyclesOf(lane.quantitiesOf(list)));
  return before && after && combine((a, b) => a - b, before, after);
}
