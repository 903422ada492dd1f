/**
 * The answer for a person: a fixed block of at most twelve lines, each with a label, the same on the terminal and at the head of
 * the report. All of untrusted text is made printable.
 */
import { printable } from '../errors.ts';
import { combine, estimateOf, widthsOf, type Moved } from '../cpu-model/intervals.ts';
import type { CpuChoice } from '../replay/lane-plan.ts';
import type { Heard } from '../replay/optout/requests.ts';
import type { ProcessOutcome } from '../replay/outcome.ts';
import { baselineSource, untracedSeconds } from './baseline.ts';
import { betterRecording, notShown } from './advice.ts';
import { whyItLoses } from './loss.ts';
import { count, interval, list, plural, seconds, short } from './numbers.ts';
import { savedOf, type LaneResult } from './result.ts';
import type { Priced, PricedLane } from './priced.ts';
import {
  exposureOf,
  fewestPrograms,
  programsOf,
  shareOf,
  viewLanes,
  type Outcome,
  type Program,
  type Views,
} from './views.ts';

const LARGEST = 5;
const NAME_WIDTH = 40;
/** Programs that together give this share of the best possible are named. */
const ENOUGH = 0.8;

/** Label and text of each line, in order; a line with nothing to say is left out. */
const LINES: readonly (readonly [label: string, line: (input: Facts) => string | undefined])[] = [
  ['judged on', judgedOn],
  ['recorded', recorded],
  ['isolation', isolation],
  ['opt-out', optOut],
  ['exposed', exposed],
  ['where', where],
  ['CR3 writes', writes],
  ['not shown', (facts) => notShown(facts)],
  ['doubt', doubt],
  ['validated', validated],
  ['better', (facts) => betterRecording(facts)],
  ['losses', losses],
];
const LABEL_WIDTH = Math.max(...LINES.map(([label]) => label.length));

interface Facts extends Outcome {
  readonly views: Views;
  readonly programs: readonly Program[];
}

/** The lines without their ends. */
export function summaryLines(input: Outcome): readonly string[] {
  const views = viewLanes(input);
  const facts: Facts = { ...input, views, programs: programsOf(input, views) };
  return LINES.flatMap(([label, line]) => {
    const text = line(facts);
    return text === undefined ? [] : [`${label.padEnd(LABEL_WIDTH)}  ${text}`];
  });
}

export const summaryText = (input: Outcome): string =>
  summaryLines(input)
    .map((line) => `${line}\n`)
    .join('');

/** A text of the user's, safe and short. */
const shown = (text: string): string => printable(text, NAME_WIDTH);

function recorded({ result: { trace, totals } }: Facts): string {
  const { scope, host } = trace;
  const what = host?.command?.argv ? `"${shown(host.command.argv.join(' '))}"` : shown(trace.files[0]?.path ?? '-');
  const untraced = untracedSeconds(host ?? {});
  const cpu = scope.onCpuNs === null ? '' : `, ${seconds(scope.onCpuNs)} on the CPU`;
  const alone = untraced === undefined ? '' : ` (${seconds(untraced * 1e9)} unrecorded)`;
  const others = scope.bystanderNs ? `; bystanders ${seconds(scope.bystanderNs)}` : '';
  const machine = [host?.cpuName && shown(host.cpuName), host?.kernel && `Linux ${shown(host.kernel)}`];
  const on = machine.filter(Boolean).join(', ');
  return (
    `${what}: ${plural(trace.events, 'event')} in ${seconds(trace.durationNs)}, ${plural(totals.syscalls, 'syscall')}, ` +
    `${plural(totals.userFaults, 'user fault')}, ${plural(totals.contextSwitches, 'switch', 'switches')}; ` +
    `${plural(scope.processes, 'process', 'processes')}${cpu}${alone}${others}; host ${on || 'unknown'}`
  );
}

export const STANDS_IN: Readonly<Record<CpuChoice, (cpu: string) => string>> = {
  asked: (cpu) => cpu,
  host: (cpu) => `${cpu}, the host's own CPU`,
  'host-unaffected': (cpu) => `${cpu}, which stands in: the host does not need PTI`,
  'host-unknown': (cpu) => `${cpu}, which stands in: the host is unknown or no CPU listed here`,
};

function judgedOn({ plan, result: { lanes } }: Facts): string {
  const cpus = [...new Set(lanes.map((lane) => lane.cpu))].join(', ');
  const needs = [...new Set(lanes.map(({ affected }) => affected))];
  const unaffected = [...new Set(lanes.filter((lane) => !lane.affected).map((lane) => lane.cpu))];
  const affected =
    unaffected.length > 0
      ? `${unaffected.join(', ')} ${unaffected.length > 1 ? 'do' : 'does'} not need PTI: a stock kernel runs without it; figures are for PTI forced on`
      : `${needs.length === 1 && cpus.includes(',') ? 'all need' : 'needs'} PTI`;
  return `${STANDS_IN[plan.cpuChoice](cpus)}; ${affected}${machines(lanes)}`;
}

/** What the lanes run on; where they differ, with the CPUs each holds for. */
function machines(lanes: readonly LaneResult[]): string {
  const cpusBy = new Map<string, Set<string>>();
  for (const { cpu, kernel, virt, pcid, decidedBy } of lanes) {
    const machine = `kernel ${kernel}, ${virt}, PCID ${pcid ? 'on' : 'off'}, switches and flushes by the ${decidedBy}`;
    cpusBy.set(machine, (cpusBy.get(machine) ?? new Set()).add(cpu));
  }
  return [...cpusBy]
    .map(([machine, cpus]) => (cpusBy.size === 1 ? `; ${machine}` : `; ${[...cpus].join(', ')}: ${machine}`))
    .join('');
}

/** Lanes of one kind, each with its text; where there are several machines the CPU is named, where there are several policies the lane. */
function perMachine(lanes: readonly PricedLane[], text: (lane: PricedLane) => string | undefined): string | undefined {
  const several = new Set(lanes.map(({ spec }) => spec.machine)).size > 1;
  const severalPolicies = new Set(lanes.map(({ spec }) => spec.policy)).size > 1;
  const parts = lanes.flatMap((lane) => {
    const part = text(lane);
    return part === undefined
      ? []
      : [severalPolicies ? `${lane.spec.name}: ${part}` : several ? `${lane.spec.cpu.id}: ${part}` : part];
  });
  return parts.length > 0 ? parts.join('; ') : undefined;
}

/** Cycles as a percentage of the CPU time without isolation, as CPU seconds and as cores that are busy with it. */
function inAllUnits(
  cycles: Moved,
  of: Moved | undefined,
  { clock }: PricedLane,
  durationNs: number,
  percentOf: string,
): string {
  const time = combine((a, b) => a / b, cycles, clock);
  const percent = of && interval(estimateOf(combine((a, b) => (100 * a) / b, cycles, of)), `% ${percentOf}`);
  const cores = durationNs > 0 ? `, ${short((time[0] * 1e9) / durationNs)} cores` : '';
  return `${percent === undefined ? '' : `${percent}, `}${interval(estimateOf(time), 'CPU s')}${cores}`;
}

function isolation({ plan, priced, result }: Facts): string | undefined {
  const paying = priced.lanes.filter(({ spec }) => {
    const { policy } = plan.lanes[spec.replayed];
    return policy.pti && !policy.optOut;
  });
  const text = perMachine(paying, (lane) => {
    const added = lane.addedOf(priced.rowsOf.measured);
    return added
      ? inAllUnits(added, lane.baseline, lane, result.trace.durationNs, 'more CPU time')
      : `counts only, as ${lane.unpriced ?? 'no lane without isolation was asked for (--policy nopti)'}`;
  });
  const known = paying.some((lane) => lane.addedOf(priced.rowsOf.measured));
  return text && `${known ? 'costs ' : ''}${text}${known ? atLeast(priced) : ''}`;
}

/** Marks figures that what the recording does not show can only raise. */
const atLeast = ({ doubts }: Priced): string =>
  doubts.some(({ because }) => because !== undefined) ? ' (at least)' : '';

function optOut(facts: Facts): string | undefined {
  const { plan, priced, result, views } = facts;
  if (!views.optedOut || !views.pays) return undefined;
  const opting = priced.lanes.filter(({ spec }) => plan.lanes[spec.replayed].policy.optOut);
  const measured = priced.rowsOf.measured;
  let loses = false;
  const text = perMachine(opting, (lane) => {
    const same = ({ spec }: PricedLane): boolean => spec.machine === lane.spec.machine;
    const pays = priced.lanes.find((each) => same(each) && isPaying(each, facts));
    const bound = priced.bounds.find(same);
    if (!pays || lane === bound) return undefined;
    const saved = savedOf(pays, lane, measured);
    if (!saved) return undefined;
    const added = pays.addedOf(measured);
    const time = added && pays.baseline && combine((a, b) => a + b, pays.baseline, added);
    if (saved[0] < 0) {
      loses = true;
      const lost = combine((a) => -a, saved, saved);
      const more = inAllUnits(lost, time, lane, result.trace.durationNs, 'of that time');
      return `costs ${more}, more than isolation for all: ${whyItLoses(facts, lane)}`;
    }
    const share = shareOf(saved, bound && savedOf(pays, bound, measured));
    const best = share ? `, ${short(100 * share[0])} % of the best possible` : '';
    return `gives back ${inAllUnits(saved, time, lane, result.trace.durationNs, 'of that time')}${best}`;
  });
  // What the recording does not show is paid too where the opt-out costs more.
  return `${wrappers(facts)}${text === undefined ? '' : ` ${text}${loses ? '' : atLeast(priced)}`}`;
}

const isPaying = ({ spec }: PricedLane, { plan }: Facts): boolean => {
  const { policy } = plan.lanes[spec.replayed];
  return policy.pti && !policy.optOut;
};

function wrappers({ plan, processes, views, replayed: { wrappers: given, heard } }: Facts): string {
  if (views.optedOut && plan.lanes[views.optedOut.spec.replayed].policy.optOut?.start === 'off')
    return `${views.optedOut.spec.policy} (everybody from the start)`;
  const parts = given.all.map(({ selector, off }, i) => {
    const chosen = new Set(given.chosen[i].map((process) => processes.indexOf(process)));
    const measured = processes.list.filter((process) => chosen.has(process.index) && process.scope === 'measured');
    const what = `${off ? '--opt-out' : '--opt-in'} ${shown(selector.text)}`;
    return measured.length === 0
      ? `${what} (matched no process of the measured set)`
      : `${what} (${largest(measured)})`;
  });
  if (heard.length === 0) return parts.length > 0 ? parts.join(' ') : 'as the scenario says';
  return [...parts, `${parts.length > 0 ? 'and ' : ''}as the scenario says (${heardIn(heard)})`].join(' ');
}

/** How often the recording had what a scenario asks for; what it never had is named. */
function heardIn(heard: readonly Heard[]): string {
  const kinds = [...new Set(heard.map(({ name }) => name.split('[')[0]))].map((kind) => {
    const times = heard.filter(({ name }) => name.startsWith(`${kind}[`)).reduce((sum, each) => sum + each.times, 0);
    return `${kind}: ${count(times)}`;
  });
  const never = heard.filter(({ times }) => times === 0).map(({ name }) => name);
  return [...kinds, ...(never.length > 0 ? [`never: ${list(never, LARGEST)}`] : [])].join('; ');
}

function largest(matched: readonly ProcessOutcome[]): string {
  const top = [...matched].sort((a, b) => b.crossings - a.crossings || a.index - b.index).slice(0, LARGEST);
  const names = top.map((process) => `${shown(process.comm || '?')}(${process.pid})`).join(', ');
  return `${plural(matched.length, 'process', 'processes')}${matched.length > top.length ? ', the largest ' : ' '}${names}`;
}

/** Names of processes, each once, in the order of birth. */
const programNames = (members: readonly ProcessOutcome[]): readonly string[] => [
  ...new Set(members.map(({ comm }) => shown(comm || '?'))),
];

/** Of the first lane with an opt-out, which is named where there are others of another policy. */
function exposed({ replayed, processes, views, ...rest }: Facts): string | undefined {
  const taken = views.optedOut && replayed.optOuts[views.optedOut.spec.replayed];
  if (!taken) return undefined;
  const asked = rest.priced.lanes.filter(({ spec }) => rest.plan.lanes[spec.replayed].policy.optOut);
  const isOne = new Set(asked.map(({ spec }) => spec.policy)).size === 1;
  const whose = isOne ? '' : `${views.optedOut.spec.policy}: `;
  const { exposed: out, lost } = exposureOf({ replayed, processes, ...rest }, taken);
  const all = rest.result.trace.scope.processes;
  const names = out.length > 0 ? `: ${list(programNames(out), LARGEST)}` : '';
  const rules = [...lost].map(
    ([rule, members]) =>
      `${shown(rule)} put it back for ${plural(members.length, 'process', 'processes')}: ${list(programNames(members), LARGEST)}`,
  );
  return (
    `${whose}${count(out.length)} of ${plural(all, 'process', 'processes')} would run without isolation${names}; ` +
    (rules.length > 0 ? rules.join('; ') : 'no rule puts it back for any')
  );
}

function where({ programs }: Facts): string | undefined {
  const few = fewestPrograms(programs, ENOUGH);
  if (!few) return undefined;
  return (
    `${100 * ENOUGH} % of the best possible comes from ${count(few.length)} of ${plural(programs.length, 'program')}: ` +
    list(
      few.map(({ name }) => shown(name || '?')),
      LARGEST,
    )
  );
}

function writes({ result: { lanes } }: Facts): string {
  const parts = lanes.map((lane) => {
    const others = lane.switchCr3Writes + lane.flushCr3Writes + lane.otherCr3Writes;
    return `${lane.lane} ${count(lane.crossingCr3Writes)} + ${count(others)}`;
  });
  return `at crossings + at switches, flushes and NMIs, whole machine: ${list(parts, 6)}`;
}

/** What the width of the answer comes from. */
function doubt({ priced, views, result }: Facts): string | undefined {
  const { pays, optedOut } = views;
  const measured = priced.rowsOf.measured;
  const cycles = pays && (optedOut ? savedOf(pays, optedOut, measured) : pays.addedOf(measured));
  if (!cycles) return undefined;
  const percent = pays.baseline ? combine((a, b) => (100 * a) / b, cycles, pays.baseline) : cycles;
  const widest = widthsOf(percent, priced.settings)
    .slice(0, 3)
    .map(({ name }) => name);
  const { interruptsUser, switches, syscallEntries, credentials } = result.inferred;
  const inferred = [
    interruptsUser > 0 && plural(interruptsUser, 'interrupt'),
    switches > 0 && plural(switches, 'switch', 'switches'),
    syscallEntries > 0 && plural(syscallEntries, 'syscall entry', 'syscall entries'),
    credentials > 0 && plural(credentials, 'user id'),
  ].filter((part) => part !== false);
  return `${unlikely(priced, result)}mostly ${widest.join(', ')}${inferred.length > 0 ? `; inferred, not recorded: ${inferred.join(', ')}` : ''}`;
}

/** Untraced times may exceed the recorded ones, and fall short of them by the recorder's cost, but not by this. */
const LIKELY_RATIO = 5;

/** Says so where untraced times can hardly be of the same work. */
function unlikely({ baseline }: Priced, { trace }: Outcome['result']): string {
  const untraced = untracedSeconds(trace.host ?? {});
  if (untraced === undefined || baseline.onCpuSeconds === undefined) return '';
  const ratio = untraced / baseline.onCpuSeconds;
  return ratio > LIKELY_RATIO || ratio < 1 / LIKELY_RATIO
    ? `the untraced CPU time is ${short(ratio)} times the recorded: is it the same work? `
    : '';
}

function validated({ priced, trace }: Facts): string {
  const baseline = baselineSource(priced.baseline);
  const seconds =
    baseline === undefined ? '' : `; CPU time ${baseline === 'untraced' ? 'measured unrecorded' : 'less the recorder'}`;
  const flushes = trace.recordsFlushes ? 'recorded' : 'inferred';
  const cycles = priced.lanes.some(({ unpriced }) => unpriced === undefined)
    ? '; cycles are published prices, not yet held against measured workloads'
    : '';
  return `counts against emulated kernels (${flushes} flushes: docs/accuracy.md)${cycles}${cycles === '' ? '' : seconds}`;
}

function losses({ result: { trace } }: Facts): string | undefined {
  const found = trace.health.filter(({ severity }) => severity !== 'info');
  return found.length > 0
    ? found.map(({ key, severity, count: n }) => `${severity}: ${key} ×${count(n)}`).join('; ')
    : undefined;
}
