/** The machine answer of a replay: `ptilab.replay`, version 1. Its names are the contract with users. */
import type { Estimate } from '../units.ts';
import { OPERATIONS, Op, type Operation } from '../cpu-model/operations.ts';
import type { Replayed } from '../replay/engine.ts';
import type { LaneSpec } from '../replay/lane-plan.ts';
import type { Lane } from '../replay/lane.ts';
import type { ProcessOutcome, ProcessOutcomes, Scope } from '../replay/outcome.ts';
import { forksOf } from '../replay/totals.ts';
import type { Coverage } from '../trace/coverage.ts';
import type { Severity } from '../trace/health.ts';
import type { HostFacts, Trace } from '../trace/trace.ts';

/** One input file, as stored. */
export interface TraceFile {
  readonly path: string;
  readonly format: string;
  readonly bytes: number;
  readonly sha256: string;
}

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
  /** What needs TLBs or prices is null until they are modelled. */
  readonly tlb: null;
  readonly cycles: null;
  readonly addedCycles: null;
  readonly baselineCycles: null;
  readonly overheadPercent: null;
  readonly bystanders: { readonly cycles: null; readonly addedCycles: null };
}

export interface Comparison {
  readonly from: string;
  readonly to: string;
  readonly savedPercent: Estimate | null;
  readonly speedup: Estimate | null;
  readonly savedSeconds: { readonly cpu: Estimate | null; readonly wall: Estimate | null };
  readonly cores: Estimate | null;
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
    readonly state: string;
    readonly crossings: number;
    readonly savedCycles: Estimate | null;
  }[];
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

export function laneResult(spec: LaneSpec, lane: Lane, rows: number): LaneResult {
  const sum = (operation: number): number => {
    let total = 0;
    for (let row = 0; row < rows; row++) total += lane.counts.get(row, operation);
    return total;
  };
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
    cycles: null,
    addedCycles: null,
    baselineCycles: null,
    overheadPercent: null,
    bystanders: { cycles: null, addedCycles: null },
  };
}

/** Per machine: the first lane that pays against each later lane and against the one without isolation. */
export function comparisons(specs: readonly LaneSpec[], lanes: readonly Lane[]): readonly Comparison[] {
  const machines = new Map<string, LaneSpec[]>();
  for (const spec of specs) machines.set(spec.cpu.id, [...(machines.get(spec.cpu.id) ?? []), spec]);
  return [...machines.values()].flatMap((group) => {
    const paying = group.findIndex((spec) => lanes[spec.replayed].policy.pti && !lanes[spec.replayed].policy.optOut);
    if (paying < 0) return [];
    const others = [
      ...group.slice(paying + 1),
      ...group.slice(0, paying).filter((spec) => !lanes[spec.replayed].policy.pti),
    ];
    return others.map((other) => ({
      from: group[paying].name,
      to: other.name,
      savedPercent: null,
      speedup: null,
      savedSeconds: { cpu: null, wall: null },
      cores: null,
    }));
  });
}

/** The processes that cross most, ties by index. */
export function topProcesses(processes: ProcessOutcomes, stateLane: number): ReplayResult['processes'] {
  return processes.list
    .filter((process) => process.scope === 'measured')
    .sort((a, b) => b.crossings - a.crossings || a.index - b.index)
    .slice(0, TOP_PROCESSES)
    .map((process: ProcessOutcome) => ({
      process: process.index,
      pid: process.pid,
      parent: process.parent ?? null,
      comm: process.comm,
      exe: process.exe,
      state: process.states[stateLane] ?? 'on',
      crossings: process.crossings,
      savedCycles: null,
    }));
}
