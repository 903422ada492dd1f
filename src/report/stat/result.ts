/** From counts to the answer: amounts, operations, prices, per group and in all. */
import { cannotTellError, printable } from '../../errors.ts';
import type { CountGroup, Counts } from '../../counts/counts.ts';
import type { Signal } from '../../counts/signals.ts';
import type { Cpu, Sourced } from '../../cpu-model/cpu.ts';
import {
  combine,
  estimateOf,
  settingsOf,
  widthsOf,
  type Moved,
  type Settings,
  type Variable,
} from '../../cpu-model/intervals.ts';
import { OPERATIONS, Op, type Operation } from '../../cpu-model/operations.ts';
import { COMPONENTS, priceVariables } from '../../cpu-model/prices.ts';
import type { LanePlan, LaneSpec } from '../../replay/lane-plan.ts';
import type { HostFacts } from '../../trace/trace.ts';
import type { Estimate } from '../../units.ts';
import {
  baselineCycles,
  baselineSource,
  baselineVariables,
  clockOf,
  paidIsolation,
  type BaselineInput,
} from '../baseline.ts';
import type { Comparison, CyclesByComponent, TraceFile } from '../result.ts';
import { estimateOrNull, savingsOf } from '../savings.ts';
import { AMOUNTS, amountsOf, amountVariables, type Amounts, type AmountsInput, type Evidence } from './amounts.ts';
import { cpuTimeOf, NO_CPU_TIME, scopeOf, userShareOf, type CpuTime, type Scope } from './cpu-time.ts';
import { COUNTER_COST, MEASURED_SHARE, STAT_DOUBTS } from './doubts.ts';
import type { Bounded, StatGroup, StatLane, StatResult } from './answer.ts';
import { allCycles, bothCosts, costsOf, sumOf, type LaneCosts, type MovedCount } from './lanes.ts';

export interface StatInput {
  readonly counts: Counts;
  readonly plan: LanePlan;
  readonly file: TraceFile;
  readonly host: HostFacts;
  readonly model: string;
  readonly scope: 'system' | 'tasks' | undefined;
  readonly ghz: number | undefined;
  readonly untracedCpu: Cpu | undefined;
  /** Whether a cgroup is opted out, in lanes with an opt-out that has to be asked for. */
  readonly isOptedOut: (cgroup: string) => boolean;
}

export const DID_NOT_RUN = 'it did not run';

interface Priced {
  readonly group: CountGroup | undefined;
  readonly optedOut: boolean;
  readonly amounts: Amounts;
  readonly costs: readonly LaneCosts[];
  readonly time: CpuTime | undefined;
  readonly baseline: BaselineInput;
}

export function statResult(input: StatInput): StatResult {
  const { counts, plan, file, host, model } = input;
  const scope = scopeOf(counts, input.scope);
  demandEntries(counts, file.path);

  const isOne = counts.groups.length === 1;
  const cpus = [...new Set(plan.specs.map(({ cpu }) => cpu))];
  const times = counts.groups.map((group) => cpuTimeOf(counts, group, scope));
  const groupBaselines = counts.groups.map((group, i) => baselineOf(input, [group], [times[i]], isOne));
  const wholeBaseline = baselineOf(input, counts.groups, times, true);
  const settings = settingsOf(
    byName([
      ...priceVariables(cpus),
      ...amountVariables(counts.groups),
      ...[wholeBaseline, ...groupBaselines].flatMap((each) => baselineVariables(each, cpus)),
    ]),
  );
  const priced = counts.groups.map((group, i): Priced => {
    const seconds = times[i]?.seconds ?? (isOne ? untraced(host) : undefined);
    const amounts = amountsOf(
      {
        group,
        seconds,
        userShare: userShareOf(counts, group, scope),
        idleToo: scope === 'system' || scope === 'unknown' || group.name === '/',
        loadsInto: loadsIntoOf(scope, group),
        hostPcid: host.pcid ?? true,
      },
      settings,
    );
    const optedOut = group.name !== undefined && input.isOptedOut(group.name);
    const costs = plan.specs.map((spec) => {
      const lane = plan.lanes[spec.replayed];
      return costsOf(spec, lane, amounts, lane.policy.optOut?.start === 'off' || optedOut, settings);
    });
    return { group, optedOut, amounts, costs, time: times[i], baseline: groupBaselines[i] };
  });
  const notAdded = overlapping(counts.groups);
  const whole = notAdded === undefined ? wholeOf(priced, wholeBaseline) : undefined;
  const shown = (each: Priced): StatGroup => groupResult(each, input, scope, settings);
  return {
    schema: 'ptilab.stat',
    version: 1,
    model,
    input: {
      file,
      scope,
      command: counts.target && 'name' in counts.target ? counts.target.name : null,
      elapsedSeconds: counts.elapsedSeconds ?? null,
      host: Object.keys(host).length > 0 ? host : null,
      unused: counts.unused,
      skippedLines: counts.skipped,
    },
    whole: whole ? shown(whole) : null,
    notAdded: notAdded ?? null,
    cgroups: counts.groups[0].name === undefined ? [] : priced.map(shown),
    doubts: doubtList(settings),
  };
}

const loadsIntoOf = (scope: Scope, { name }: CountGroup): AmountsInput['loadsInto'] =>
  scope === 'tasks' ? 'loadsIntoTasks' : scope === 'cgroups' && name !== '/' ? 'loadsIntoCgroups' : undefined;

/** Without entries from user mode there is nothing that isolation could cost. */
function demandEntries({ groups }: Counts, path: string): void {
  const entries: readonly Signal[] = ['syscalls', 'userFaults', 'faults'];
  if (groups.some(({ counts }) => entries.some((signal) => counts.has(signal)))) return;
  throw cannotTellError(
    'neither system calls nor page faults were counted',
    printable(path),
    'count raw_syscalls:sys_enter and exceptions:page_fault_user (ptilab stat --print-command)',
  );
}

const untraced = ({ untraced: times }: HostFacts): number | undefined => {
  const seconds = (times?.user ?? 0) + (times?.sys ?? 0);
  return seconds > 0 ? seconds : undefined;
};

/** Variables of baselines that several groups have are the same. */
const byName = (variables: readonly Variable[]): readonly Variable[] => [
  ...new Map(variables.map((variable) => [variable.name, variable])).values(),
];

const COUNTED_EVENTS: readonly Signal[] = [
  'syscalls',
  'userFaults',
  'switches',
  'loadsKept',
  'loadsFlushed',
  'flushesAll',
  'flushesOne',
  'flushesFew',
  'busyInterrupts',
  'interrupts',
  'tlbFlushes',
];

/** @param takesUntraced - times that were given are of all of it */
function baselineOf(
  { host, plan, untracedCpu, ghz }: StatInput,
  groups: readonly CountGroup[],
  times: readonly (CpuTime | undefined)[],
  takesUntraced: boolean,
): BaselineInput {
  const known = times.filter((time) => time !== undefined);
  return {
    host: takesUntraced ? host : { ...host, untraced: {} },
    hostCpu: plan.hostCpu,
    untracedCpu: takesUntraced ? untracedCpu : undefined,
    onCpuSeconds: known.length === times.length ? known.reduce((sum, { seconds }) => sum + seconds, 0) : undefined,
    recorderEvents: groups.reduce(
      (sum, { counts }) => sum + COUNTED_EVENTS.reduce((all, signal) => all + (counts.get(signal)?.value ?? 0), 0),
      0,
    ),
    ghz,
    recorderCost: COUNTER_COST,
    measuredShare: known.some(({ withKernelThreads }) => withKernelThreads) ? MEASURED_SHARE : undefined,
  };
}

/** Cgroups of which one holds another add up to more than there is. */
function overlapping(groups: readonly CountGroup[]): string | undefined {
  const names = groups.flatMap(({ name }) =>
    name === undefined ? [] : [name.replace(/^\/*/, '').replace(/\/*$/, '')],
  );
  const sorted = [...names].sort();
  for (const [i, outer] of sorted.entries()) {
    const inner = sorted[i + 1];
    if (inner !== undefined && (outer === '' || inner === outer || inner.startsWith(`${outer}/`)))
      return `cgroup ${printable(outer === '' ? '/' : outer, 60)} holds ${printable(inner, 60)}: counts of both do not add up`;
  }
  return undefined;
}

function wholeOf(priced: readonly Priced[], baseline: BaselineInput): Priced {
  const [first, ...rest] = priced;
  if (rest.length === 0) return { ...first, baseline, group: first.group && { ...first.group, name: undefined } };
  return {
    group: undefined,
    optedOut: priced.every(({ optedOut }) => optedOut),
    amounts: rest.reduce((sum, { amounts }) => bothAmounts(sum, amounts), first.amounts),
    costs: first.costs.map((costs, i) => rest.reduce((sum, each) => bothCosts(sum, each.costs[i]), costs)),
    time: priced.every(({ time }) => time)
      ? {
          seconds: priced.reduce((sum, { time }) => sum + (time?.seconds ?? 0), 0),
          from: first.time!.from,
          withKernelThreads: priced.some(({ time }) => time?.withKernelThreads),
        }
      : undefined,
    baseline,
  };
}

const WEAKEST: readonly Evidence[] = ['absent', 'inferred', 'counted'];

const bothAmounts = (a: Amounts, b: Amounts): Amounts =>
  Object.fromEntries(
    AMOUNTS.map((name) => [
      name,
      {
        ...sumOf(a[name], b[name]),
        evidence: WEAKEST.find((evidence) => a[name].evidence === evidence || b[name].evidence === evidence)!,
      },
    ]),
  ) as Amounts;

function groupResult(priced: Priced, input: StatInput, scope: Scope, settings: Settings): StatGroup {
  const { group, amounts, costs, time, baseline } = priced;
  const { plan, counts } = input;
  const isIsolated = ({ replayed }: LaneSpec): boolean => plan.lanes[replayed].policy.pti;
  const pays = ({ spec }: LaneCosts): boolean => isIsolated(spec) && !plan.lanes[spec.replayed].policy.optOut;
  const bareOf = ({ spec }: LaneCosts): LaneCosts | undefined =>
    costs.find((other) => other.spec.machine === spec.machine && !isIsolated(other.spec));
  const addedOf = (lane: LaneCosts): Moved | undefined => {
    const bare = bareOf(lane);
    const [own, without] = [allCycles(lane), bare && allCycles(bare)];
    return own && without && combine((a, b) => a - b, own, without);
  };
  const baselineFor = (lane: LaneCosts): Moved | undefined => {
    const isolated = costs.find((other) => other.spec.machine === lane.spec.machine && pays(other));
    return baselineCycles(
      baseline,
      lane.spec.cpu,
      settings,
      paidIsolation(baseline) && isolated ? addedOf(isolated) : undefined,
    );
  };
  const percent = (part: Moved | undefined, of: Moved | undefined): Moved | undefined =>
    part && of && of[0] > 0 ? combine((a, b) => (100 * a) / b, part, of) : undefined;
  const crossings = sumOf(costs[0].operations[Op.entries], costs[0].operations[Op.exits]);
  const first = costs.find(pays);
  const added = first && addedOf(first);
  const overhead = first && percent(added, baselineFor(first));
  return {
    cgroup: group?.name ?? null,
    optedOut: priced.optedOut,
    counts: Object.fromEntries([...(group?.counts ?? [])].map(([signal, { value }]) => [signal, value])),
    missing: Object.fromEntries(group?.missing ?? []),
    amounts: Object.fromEntries(
      AMOUNTS.map((name) => [name, { ...bounded(amounts[name]), evidence: amounts[name].evidence }]),
    ) as StatGroup['amounts'],
    crossings: bounded(crossings),
    cpuSeconds: time?.seconds ?? null,
    cpuSecondsFrom: baselineSource(baseline) === 'untraced' ? 'untraced' : (time?.from ?? null),
    lanes: costs.map((lane) => laneOf(lane, addedOf(lane), baselineFor(lane), percent)),
    comparisons: comparisonsOf(),
    reasons: reasonsOf(),
    doubts: widthsOf(overhead ?? added ?? new Float64Array(settings.count), settings).slice(0, 8),
    doubtsOf: overhead ? 'overheadPercent' : added ? 'addedCycles' : null,
  };

  function comparisonsOf(): readonly Comparison[] {
    const durationNs = (counts.elapsedSeconds ?? 0) * 1e9;
    return [...new Set(costs.map(({ spec }) => spec.machine))].flatMap((machine) => {
      const lanes = costs.filter(({ spec }) => spec.machine === machine);
      const from = lanes.find(pays);
      if (!from) return [];
      const others = [
        ...lanes.slice(lanes.indexOf(from) + 1),
        ...lanes.slice(0, lanes.indexOf(from)).filter(({ spec }) => !isIsolated(spec)),
      ];
      return others.map((to) => {
        const [before, after] = [allCycles(from), allCycles(to)];
        const saved = before && after && combine((a, b) => a - b, before, after);
        const more = addedOf(from);
        const base = baselineFor(from);
        const time = more && base && base[0] > 0 ? combine((a, b) => a + b, base, more) : undefined;
        const seconds = saved && combine((a, b) => a / b, saved, clockOf(from.spec.cpu, settings));
        return { from: from.spec.name, to: to.spec.name, ...savingsOf(saved, seconds, time, durationNs) };
      });
    });
  }

  function reasonsOf(): readonly string[] {
    const unbounded = AMOUNTS.filter((name) => amounts[name].unbounded);
    const reference = [...new Set(costs.map(({ spec }) => spec.cpu))]
      .filter(({ prices }) => !prices)
      .map(({ id }) => id);
    const idle = group && !group.ran ? [DID_NOT_RUN] : [];
    return [
      ...idle,
      ...(reference.length > 0 ? [`${reference.join(', ')}: a reference without prices`] : []),
      ...(unbounded.length > 0 && idle.length === 0
        ? [`no cycles: without CPU time nothing bounds what was not counted (${unbounded.join(', ')})`]
        : []),
      ...(baselineSource(baseline) === undefined && idle.length === 0 ? [`no percentages: ${NO_CPU_TIME[scope]}`] : []),
    ];
  }
}

function laneOf(
  lane: LaneCosts,
  added: Moved | undefined,
  baseline: Moved | undefined,
  percent: (part: Moved | undefined, of: Moved | undefined) => Moved | undefined,
): StatLane {
  const { spec, cycles } = lane;
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
    ghz: spec.ghz,
    operations: Object.fromEntries(OPERATIONS.map((name) => [name, bounded(lane.operations[Op[name]])])) as Record<
      Operation,
      Bounded
    >,
    crossingCr3Writes: bounded(lane.cr3Writes.crossing),
    switchCr3Writes: bounded(lane.cr3Writes.switch),
    flushCr3Writes: bounded(lane.cr3Writes.flush),
    cycles: cycles
      ? (Object.fromEntries(COMPONENTS.map((name) => [name, estimateOf(cycles[name])])) as CyclesByComponent)
      : null,
    addedCycles: estimateOrNull(added),
    baselineCycles: estimateOrNull(baseline),
    overheadPercent: estimateOrNull(percent(added, baseline)),
  };
}

/** Counts do not go below 0, whatever doubts add up to. */
function bounded({ moved, unbounded }: MovedCount): Bounded {
  const { low, mid, high }: Estimate = estimateOf(moved);
  return { low: Math.max(0, low), mid, high: unbounded ? null : high };
}

function doubtList({ variables }: Settings): StatResult['doubts'] {
  const figures: Readonly<Record<string, Sourced<number>>> = {
    ...STAT_DOUBTS,
    recorderCost: COUNTER_COST,
    measuredShare: MEASURED_SHARE,
  };
  return variables.flatMap((variable) => {
    const figure = Object.hasOwn(figures, variable.name) ? figures[variable.name] : undefined;
    if (figure) return [{ ...variable, unit: figure.unit, source: figure.source }];
    return variable.name.startsWith('scaled.')
      ? [
          {
            ...variable,
            unit: 'ratio',
            source: 'counted a part of the time; the rest may have had none, or twice as many',
          },
        ]
      : [];
  });
}
