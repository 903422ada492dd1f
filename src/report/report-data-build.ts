/** From a replay to the figures that the report shows. */
import { estimateOf } from '../cpu-model/intervals.ts';
import { COMPONENTS } from '../cpu-model/prices.ts';
import type { PtiState } from '../replay/optout/states.ts';
import type { ProcessOutcome } from '../replay/outcome.ts';
import { MODEL_VERSION } from '../version.ts';
import type {
  ReportBin,
  ReportCause,
  ReportCgroup,
  ReportData,
  ReportLane,
  ReportProcess,
  ReportProgram,
  ReportTreeRow,
} from './report-data.ts';
import type { PricedLane } from './priced.ts';
import { summaryLines } from './summary.ts';
import { timelineOf } from './timeline.ts';
import {
  causesOf,
  cgroupsOf,
  estimateOrUndefined,
  programsOf,
  stakeOf,
  viewLanes,
  type Outcome,
  type Program,
  type Stake,
  type Views,
} from './views.ts';

/** Rows of the views by program and by cause; the others are one row together. */
const MOST_ROWS = 15;
const MOST_PROCESSES = 50;
/** Processes of the tree, before their ancestors are added. */
const MOST_IN_TREE = 40;

const NOTHING = { low: 0, mid: 0, high: 0 };

export function reportData(outcome: Outcome): ReportData {
  const { result, priced, trace } = outcome;
  const views = viewLanes(outcome);
  // What is not known is no row: 0 would be a figure.
  const known = views.pays?.addedOf(outcome.priced.rowsOf.measured) !== undefined;
  return {
    recording: result.trace.host?.command?.argv?.join(' ') ?? result.trace.files[0]?.path ?? '-',
    model: MODEL_VERSION,
    summary: summaryLines(outcome),
    durationNs: result.trace.durationNs,
    lanes: priced.lanes.map((lane, i) => reportLane(lane, result.lanes[i])),
    views: { isolated: views.pays?.spec.name, optedOut: views.optedOut?.spec.name },
    components: result.lanes.flatMap(({ lane, cycles }) =>
      cycles ? COMPONENTS.map((component) => ({ lane, component, cycles: cycles[component] })) : [],
    ),
    programs: known ? programRows(outcome, views) : [],
    ...(trace.recordsCgroups === true && { cgroups: known ? cgroupRows(outcome, views) : [] }),
    processes: known ? processRows(outcome, views) : [],
    causes: known ? causeRows(outcome, views) : [],
    rules: result.rules?.map(({ rule, choice, asked, exposed, savedCrossingWrites, savedPercent }) => ({
      rule,
      choice,
      asked,
      exposed,
      savedCrossingWrites,
      savedPercent: savedPercent ?? undefined,
    })),
    timeline: timelineRows(outcome, views),
    ...treeRows(outcome, views),
    files: result.trace.files,
    coverage: result.trace.coverage,
    health: trace.health.entries().map(({ key, severity, count, text }) => ({ key, severity, count, text })),
  };
}

function reportLane({ spec }: PricedLane, result: Outcome['result']['lanes'][number]): ReportLane {
  return {
    lane: spec.name,
    policy: spec.policy,
    cpu: spec.cpu.id,
    cpuLabel: spec.cpu.label,
    affected: spec.cpu.meltdown.value,
    crossingCr3Writes: result.crossingCr3Writes,
    addedCycles: result.addedCycles ?? undefined,
    overheadPercent: result.overheadPercent ?? undefined,
  };
}

const paid = ({ added, saved }: Stake): Pick<ReportProgram, 'added' | 'saved'> => ({
  added: added ? estimateOf(added) : NOTHING,
  saved: estimateOrUndefined(saved),
});

/** The first rows as they are, the others as one, formed from all their counts. */
function withRest<T extends { readonly rows: readonly number[] }, Row>(
  all: readonly T[],
  row: (one: T) => Row,
  rest: (others: readonly T[], rows: readonly number[]) => Row,
): readonly Row[] {
  if (all.length <= MOST_ROWS) return all.map(row);
  const others = all.slice(MOST_ROWS - 1);
  return [
    ...all.slice(0, MOST_ROWS - 1).map(row),
    rest(
      others,
      others.flatMap(({ rows }) => rows),
    ),
  ];
}

/** Groups of processes, under the word for what they have in common. */
function groupRows<Row>(
  groups: readonly Program[],
  views: Views,
  row: (name: string | undefined, figures: Omit<ReportProgram, 'program'>) => Row,
): readonly Row[] {
  return withRest(
    groups,
    (group) => row(group.name, { processes: group.processes.length, ...paid(group) }),
    (others, rows) =>
      row(undefined, {
        processes: others.reduce((sum, { processes }) => sum + processes.length, 0),
        ...paid(stakeOf(rows, views)),
      }),
  );
}

const programRows = (outcome: Outcome, views: Views): readonly ReportProgram[] =>
  groupRows(programsOf(outcome, views), views, (program, figures) => ({ program, ...figures }));

const cgroupRows = (outcome: Outcome, views: Views): readonly ReportCgroup[] =>
  groupRows(cgroupsOf(outcome, views), views, (cgroup, figures) => ({ cgroup, ...figures }));

function causeRows(outcome: Outcome, views: Views): readonly ReportCause[] {
  // Switches and flushes that isolation does not touch would be rows of nothing.
  const causes = causesOf(outcome, views).filter(({ entries, added }) => entries > 0 || (added?.[0] ?? 0) !== 0);
  return withRest(
    causes,
    (cause): ReportCause => ({ name: cause.name, entries: cause.entries, ...paid(cause) }),
    (others, rows) => ({
      name: undefined,
      entries: others.reduce((sum, { entries }) => sum + entries, 0),
      ...paid(stakeOf(rows, views)),
    }),
  );
}

function processRows({ processes, priced }: Outcome, views: Views): readonly ReportProcess[] {
  return measuredByCost({ processes, priced }, views)
    .slice(0, MOST_PROCESSES)
    .map(({ process, stake }) => ({
      process: process.index,
      pid: process.pid,
      comm: process.comm,
      state: stateOf(process, views),
      crossings: process.crossings,
      ...paid(stake),
    }));
}

const stateOf = (process: ProcessOutcome, { optedOut }: Views): PtiState =>
  process.states[optedOut?.spec.replayed ?? 0] ?? 'on';

/** Measured processes by what they pay under isolation (without prices: by crossings), largest first; ties by index. */
function measuredByCost(
  { processes, priced }: Pick<Outcome, 'processes' | 'priced'>,
  views: Views,
): readonly { readonly process: ProcessOutcome; readonly stake: Stake }[] {
  return processes.list
    .filter(({ scope }) => scope === 'measured')
    .map((process) => ({ process, stake: stakeOf(priced.rowsOfProcess[process.index], views) }))
    .sort(
      (a, b) =>
        (b.stake.added?.[0] ?? b.process.crossings) - (a.stake.added?.[0] ?? a.process.crossings) ||
        a.process.index - b.process.index,
    );
}

/** All CPUs together. */
function timelineRows({ replayed }: Outcome, { pays, optedOut }: Views): readonly ReportBin[] {
  return [pays, optedOut].flatMap((lane) => {
    if (!lane) return [];
    const bins = new Map<number, ReportBin>();
    for (const { startNs, lengthNs, crossings, added } of timelineOf(lane, replayed)) {
      const before = bins.get(startNs);
      bins.set(startNs, {
        lane: lane.spec.name,
        startNs,
        lengthNs,
        crossings: (before?.crossings ?? 0) + crossings,
        addedCycles: (before?.addedCycles ?? 0) + (added ?? 0),
      });
    }
    return [...bins.values()].sort((a, b) => a.startNs - b.startNs);
  });
}

function treeRows(outcome: Outcome, views: Views): Pick<ReportData, 'tree' | 'treeLeftOut'> {
  const { processes, replayed, result } = outcome;
  const costly = measuredByCost(outcome, views);
  const kept = new Set<number>();
  for (const { process } of costly.slice(0, MOST_IN_TREE))
    for (let index: number | undefined = process.index; index !== undefined; index = processes.list[index].parent)
      if (processes.list[index].scope === 'measured') kept.add(index);
  const added = new Map(costly.map(({ process, stake }) => [process.index, stake.added?.[0] ?? 0]));
  const changes = new Map<number, { readonly timeNs: number; readonly to: PtiState }[]>();
  const optOut = views.optedOut && replayed.optOuts[views.optedOut.spec.replayed];
  for (const { process, timeNs, to } of optOut?.transitions ?? []) {
    const index = processes.indexOf(process);
    changes.set(index, [...(changes.get(index) ?? []), { timeNs, to }]);
  }
  // A parent that is left out, such as a kernel thread, is no parent here.
  const parentOf = (index: number): number | undefined => {
    const { parent } = processes.list[index];
    return parent !== undefined && kept.has(parent) ? parent : undefined;
  };
  const depths = new Map<number, number>();
  const order = [...kept].sort((a, b) => a - b);
  for (const index of order) depths.set(index, (depths.get(parentOf(index) ?? -1) ?? -1) + 1);
  const row = (index: number): ReportTreeRow => {
    const process = processes.list[index];
    const endNs = process.endNs ?? result.trace.durationNs;
    const start: PtiState = views.optedOut ? 'on' : stateOf(process, views);
    return {
      process: index,
      pid: process.pid,
      parent: parentOf(index),
      depth: depths.get(index) ?? 0,
      comm: process.comm,
      startNs: process.startNs,
      endNs,
      states: stretches(process.startNs, endNs, start, changes.get(index) ?? []),
      added: added.get(index) ?? 0,
    };
  };
  return { tree: depthFirst(order, parentOf).map(row), treeLeftOut: result.trace.scope.processes - kept.size };
}

/** Each process behind its parent, siblings in the order of birth. */
function depthFirst(order: readonly number[], parentOf: (index: number) => number | undefined): readonly number[] {
  const children = new Map<number | undefined, number[]>();
  for (const index of order) {
    const siblings = children.get(parentOf(index));
    if (siblings) siblings.push(index);
    else children.set(parentOf(index), [index]);
  }
  const sorted: number[] = [];
  const waiting = (children.get(undefined) ?? []).toReversed();
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    sorted.push(index);
    waiting.push(...(children.get(index) ?? []).toReversed());
  }
  return sorted;
}

function stretches(
  startNs: number,
  endNs: number,
  start: PtiState,
  changes: readonly { readonly timeNs: number; readonly to: PtiState }[],
): ReportTreeRow['states'] {
  const found: { fromNs: number; toNs: number; state: PtiState }[] = [{ fromNs: startNs, toNs: endNs, state: start }];
  for (const { timeNs, to } of changes) {
    const last = found.at(-1)!;
    const at = Math.min(Math.max(timeNs, last.fromNs), endNs);
    last.toNs = at;
    if (last.fromNs === at) found.pop();
    found.push({ fromNs: at, toNs: endNs, state: to });
  }
  return found;
}
