/** The answer of counts for a person: lines with a label each, as those of a replay. All untrusted text is made printable. */
import { printable } from '../../errors.ts';
import type { LanePlan } from '../../replay/lane-plan.ts';
import type { Counts } from '../../counts/counts.ts';
import type { Estimate } from '../../units.ts';
import { count, interval, list, plural, seconds } from '../numbers.ts';
import { STANDS_IN } from '../summary.ts';
import { AMOUNTS, type AmountName } from './amounts.ts';
import type { Bounded, StatGroup, StatLane, StatResult } from './answer.ts';
import { DID_NOT_RUN } from './result.ts';

export interface StatOutcome {
  readonly result: StatResult;
  readonly plan: LanePlan;
  readonly counts: Counts;
}

const NAME_WIDTH = 40;
const MOST_CGROUPS = 20;

const AMOUNT_WORDS: Readonly<Record<AmountName, string>> = {
  syscalls: 'system calls',
  userFaults: 'user faults',
  interrupts: 'interrupts from user mode',
  loadsKept: 'loads that keep the TLB',
  loadsFlushed: 'loads that flush',
  flushesAll: 'full flushes',
  flushedPages: 'flushed pages',
  ipisSent: 'requests to flush',
  ipisReceived: 'requests taken',
  returnsAfterFlush: 'returns that flush',
  returnsAfterPages: 'returns after pages',
};

const LINES: readonly (readonly [label: string, line: (outcome: StatOutcome) => readonly string[]])[] = [
  ['judged on', judgedOn],
  ['counted', counted],
  ['isolation', ({ result, plan }) => (result.whole ? [isolation(result.whole, plan)] : [])],
  ['opt-out', ({ result, plan }) => (result.whole ? optOut(result.whole, plan) : [])],
  ['cgroup', cgroups],
  ['crossings', ({ result: { whole } }) => (whole ? [crossings(whole)] : [])],
  ['CR3 writes', ({ result: { whole } }) => (whole ? [writes(whole)] : [])],
  ['not counted', notCounted],
  ['cannot show', cannotShow],
  ['doubt', doubt],
  ['better', better],
];
const LABEL_WIDTH = Math.max(...LINES.map(([label]) => label.length));

export const statText = (outcome: StatOutcome): string =>
  LINES.flatMap(([label, line]) => line(outcome).map((text) => `${label.padEnd(LABEL_WIDTH)}  ${text}\n`)).join('');

const shown = (text: string): string => printable(text, NAME_WIDTH);

function judgedOn({ plan, result }: StatOutcome): readonly string[] {
  const lanes = anyGroup(result).lanes;
  const cpus = [...new Set(lanes.map(({ cpu }) => cpu))].join(', ');
  const unaffected = [...new Set(lanes.filter(({ affected }) => !affected).map(({ cpu }) => cpu))];
  const needs =
    unaffected.length > 0
      ? `a stock kernel runs ${unaffected.join(', ')} without PTI; figures are for PTI forced on`
      : 'needs PTI';
  const machines = new Set(
    lanes.map(({ kernel, virt, pcid }) => `kernel ${kernel}, ${virt}, PCID ${pcid ? 'on' : 'off'}`),
  );
  return [`${STANDS_IN[plan.cpuChoice](cpus)}; ${needs}; ${[...machines].join('; ')}`];
}

const anyGroup = ({ whole, cgroups }: StatResult): StatGroup => whole ?? cgroups[0];

const SCOPES: Readonly<Record<StatResult['input']['scope'], string>> = {
  system: 'the whole machine',
  tasks: 'the tasks named',
  cgroups: 'cgroups',
  unknown: 'whose counts these are is not said (--scope)',
};

function counted({ result: { input, whole, cgroups } }: StatOutcome): readonly string[] {
  const what = input.command === null ? SCOPES[input.scope] : `"${shown(input.command)}"`;
  const of = whole ? [whole] : cgroups;
  const sum = (signal: string): number | undefined => {
    const known = of.map(({ counts }) => counts[signal as keyof typeof counts]).filter((value) => value !== undefined);
    return known.length > 0 ? known.reduce((a, b) => a + b, 0) : undefined;
  };
  const all = whole && cgroups.length > 1 ? cgroups : of;
  const total = (signal: string): number | undefined =>
    all === of
      ? sum(signal)
      : all.reduce<number | undefined>((a, { counts }) => add(a, counts[signal as keyof typeof counts]), undefined);
  const part = (signal: string, one: string, many?: string): readonly string[] => {
    const value = total(signal);
    return value === undefined ? [] : [plural(value, one, many)];
  };
  const parts = [
    ...(cgroups.length > 1 ? [plural(cgroups.length, 'cgroup')] : []),
    ...part('syscalls', 'system call'),
    ...part('userFaults', 'user fault'),
    ...part('faults', 'fault of any mode', 'faults of any mode'),
    ...part('switches', 'switch', 'switches'),
  ];
  const time = input.elapsedSeconds === null ? '' : ` in ${seconds(input.elapsedSeconds * 1e9)}`;
  const cpu =
    whole?.cpuSeconds === null || whole?.cpuSeconds === undefined
      ? ''
      : `; ${seconds(whole.cpuSeconds * 1e9)} on the CPU (${whole.cpuSecondsFrom})`;
  return [`${what}: ${parts.join(', ')}${time}${cpu}; ${input.file.format}`];
}

const add = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined ? b : b === undefined ? a : a + b;

const payingOf = ({ lanes }: StatGroup, { specs, lanes: replayed }: LanePlan): readonly StatLane[] =>
  lanes.filter((_, i) => {
    const { policy } = replayed[specs[i].replayed];
    return policy.pti && !policy.optOut;
  });

function isolation(group: StatGroup, plan: LanePlan): string {
  const isIsolated = (lane: StatLane): boolean => {
    const spec = plan.specs[group.lanes.indexOf(lane)];
    return plan.lanes[spec.replayed].policy.pti;
  };
  const parts = payingOf(group, plan).map((lane, _, all) => {
    const name = all.length > 1 ? `${lane.cpu}: ` : '';
    if (!lane.addedCycles)
      return `${name}counts only${why(group, 'no lane without isolation was asked for (--policy nopti)')}`;
    const percent = lane.overheadPercent ? `${interval(lane.overheadPercent, '% more CPU time')}, ` : '';
    const bare = group.lanes.find((other) => other.cpu === lane.cpu && !isIsolated(other));
    const saved = group.comparisons.find(({ from, to }) => from === lane.lane && to === bare?.lane)?.savedSeconds.cpu;
    const time = saved ?? scaled(lane.addedCycles, 1 / (lane.ghz * 1e9));
    return `${name}costs ${percent}${interval(time, 'CPU s')}${lane.overheadPercent ? '' : why(group, '')}${atLeast(group)}`;
  });
  return parts.join('; ') || 'no lane with isolation for all was asked for (--policy pti)';
}

const why = ({ reasons }: StatGroup, other: string): string => {
  const text = reasons[0] ?? other;
  return text === '' ? '' : ` (${printable(text)})`;
};

/** Entries that were not counted can only raise the figures. */
const atLeast = ({ amounts }: StatGroup): string =>
  (['syscalls', 'userFaults', 'interrupts'] as const).some((name) => amounts[name].evidence === 'absent')
    ? ' (at least)'
    : '';

const scaled = ({ low, mid, high }: Estimate, by: number): Estimate => ({
  low: low * by,
  mid: mid * by,
  high: high * by,
});

function optOut(group: StatGroup, plan: LanePlan): readonly string[] {
  const opting = new Map(
    plan.specs.flatMap(({ name, replayed }) => {
      const { optOut: rules } = plan.lanes[replayed].policy;
      return rules
        ? [[name, rules.start === 'off' ? 'everything opted out' : 'the chosen cgroups opted out'] as const]
        : [];
    }),
  );
  const parts = group.comparisons.flatMap(({ from, to, savedPercent, savedSeconds }) => {
    const what = opting.get(to);
    if (what === undefined || !savedSeconds.cpu) return [];
    const percent = savedPercent ? `${interval(savedPercent, '% of that time')}, ` : '';
    return [
      `${what} gives back ${percent}${interval(savedSeconds.cpu, 'CPU s')}${plan.specs.length > 3 ? ` (${from} to ${to})` : ''}`,
    ];
  });
  return parts;
}

function cgroups({ result: { cgroups: groups, notAdded }, plan }: StatOutcome): readonly string[] {
  const paid = (group: StatGroup): number => payingOf(group, plan)[0]?.addedCycles?.mid ?? -1;
  const sorted = [...groups].sort((a, b) => paid(b) - paid(a));
  const lines = sorted.slice(0, MOST_CGROUPS).map((group) => {
    const saved = optOut(group, plan)[0];
    return `${shown(group.cgroup ?? '')}: ${group.reasons[0] === DID_NOT_RUN ? 'did not run' : `${isolation(group, plan)}${saved === undefined ? '' : `; ${saved}`}`}`;
  });
  const more = groups.length > MOST_CGROUPS ? [`${groups.length - MOST_CGROUPS} more (--json has all)`] : [];
  return [...lines, ...more, ...(notAdded === null ? [] : [notAdded])];
}

function crossings({ crossings: all, amounts }: StatGroup): string {
  const { syscalls, userFaults, interrupts } = amounts;
  return `${boundedText(all)}: ${boundedText(syscalls)} ${AMOUNT_WORDS.syscalls}, ${boundedText(userFaults)} ${AMOUNT_WORDS.userFaults} and ${boundedText(interrupts)} ${AMOUNT_WORDS.interrupts}, in and out`;
}

const boundedText = ({ low, mid, high }: Bounded): string =>
  Math.round(low) === Math.round(mid) && high !== null && Math.round(high) === Math.round(mid)
    ? count(mid)
    : `${count(mid)} [${count(low)}..${high === null ? '' : count(high)}]`;

const writes = ({ lanes }: StatGroup): string =>
  `at crossings + at switches and flushes: ${list(
    lanes.map(
      ({ lane, crossingCr3Writes, switchCr3Writes, flushCr3Writes }) =>
        `${lane} ${count(crossingCr3Writes.mid)} + ${count(switchCr3Writes.mid + flushCr3Writes.mid)}`,
    ),
    6,
  )}`;

function notCounted({ result }: StatOutcome): readonly string[] {
  const { amounts, missing } = anyGroup(result);
  const absent = AMOUNTS.filter((name) => amounts[name].evidence === 'absent').map((name) => AMOUNT_WORDS[name]);
  const twice = Object.entries(missing)
    .filter(([, how]) => how === 'ambiguous')
    .map(([signal]) => signal);
  const parts = [
    ...(absent.length > 0
      ? [`${absent.join(', ')} (none at best estimate; the upper end has what ordinary programs do)`]
      : []),
    ...(twice.length > 0
      ? [`${twice.join(', ')}: counted twice, perhaps with filters that the output does not name`]
      : []),
    ...(result.input.skippedLines > 0 ? [`${plural(result.input.skippedLines, 'line')} not understood`] : []),
  ];
  return parts.length > 0 ? [parts.join('; ')] : [];
}

function cannotShow({ result: { cgroups: groups } }: StatOutcome): readonly string[] {
  return [
    groups.length > 0
      ? 'which process of a cgroup pays, or would opt out: record it (ptilab replay)'
      : 'which process pays, or would opt out: count by cgroup (--for-each-cgroup), or record (ptilab replay)',
  ];
}

function doubt({ result }: StatOutcome): readonly string[] {
  const names = anyGroup(result)
    .doubts.slice(0, 4)
    .map(({ name }) => name);
  return names.length > 0 ? [`mostly ${names.join(', ')}`] : [];
}

function better({ result, plan }: StatOutcome): readonly string[] {
  const { amounts, cpuSeconds, cpuSecondsFrom } = anyGroup(result);
  if (AMOUNTS.some((name) => amounts[name].evidence === 'absent') || (cpuSeconds === null && cpuSecondsFrom === null))
    return ['count all that ptilab stat --print-command names'];
  if (plan.hostCpu === undefined) return ['name the CPU that counted: --host cpu=ID (ptilab cpus)'];
  return plan.cpuChoice === 'asked'
    ? []
    : ['name the CPU the answer is for: --cpu ID (ptilab cpus), and its clock: --ghz X'];
}
