/** The answer for a person: a few lines for the terminal, all of untrusted text made printable. */
import { printable } from '../errors.ts';
import type { CpuChoice, LanePlan } from '../replay/lane-plan.ts';
import type { ProcessOutcome, ProcessOutcomes } from '../replay/outcome.ts';
import type { Wrappers } from '../replay/wrappers.ts';
import type { LaneResult, ReplayResult } from './result.ts';

export interface SummaryInput {
  readonly result: ReplayResult;
  readonly plan: LanePlan;
  readonly processes: ProcessOutcomes;
  readonly wrappers: Wrappers;
}

const LARGEST = 5;
const NAME_WIDTH = 40;

export function summaryText(input: SummaryInput): string {
  const { result, plan } = input;
  return [
    cpuLine(plan, result),
    recordedLine(result),
    ...laneLines(result.lanes),
    ...wrapperLines(input),
    inferredLine(result),
    ...lossLines(result),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

const STANDS_IN: Readonly<Record<CpuChoice, (cpu: string, host: string) => string>> = {
  asked: (cpu) => `Modelled CPU: ${cpu}.`,
  host: (cpu) => `Modelled CPU: ${cpu}, the one that recorded.`,
  'host-unaffected': (cpu, host) => `The recording host (${host}) does not need PTI; ${cpu} stands in.`,
  'host-unknown': (cpu, host) => `The recording host (${host}) is not a CPU listed here; ${cpu} stands in.`,
};

function cpuLine(plan: LanePlan, { lanes, trace }: ReplayResult): string {
  const cpus = [...new Set(lanes.map((lane) => lane.cpu))].join(', ');
  const host = printable(trace.host?.cpuName ?? 'unknown', NAME_WIDTH);
  const unaffected = [...new Set(lanes.filter((lane) => !lane.affected).map((lane) => lane.cpu))];
  const forced =
    unaffected.length > 0
      ? ` ${unaffected.join(', ')} does not need PTI: a stock kernel runs it without; figures are for PTI forced on.`
      : '';
  return `${STANDS_IN[plan.cpuChoice](cpus, host)}${forced}${machineLine(lanes)}`;
}

/** What the lanes run on; where they differ, with the CPUs each holds for. */
function machineLine(lanes: ReplayResult['lanes']): string {
  const cpusBy = new Map<string, Set<string>>();
  for (const { cpu, kernel, virt, pcid, decidedBy } of lanes) {
    const machine = `Kernel ${kernel}, ${virt}, PCID ${pcid ? 'on' : 'off'}; switches and flushes by the ${decidedBy}`;
    cpusBy.set(machine, (cpusBy.get(machine) ?? new Set()).add(cpu));
  }
  return [...cpusBy]
    .map(([machine, cpus]) => (cpusBy.size === 1 ? ` ${machine}.` : ` ${[...cpus].join(', ')}: ${machine}.`))
    .join('');
}

function recordedLine({ trace, totals }: ReplayResult): string {
  const { scope } = trace;
  const argv = trace.host?.command?.argv;
  const what = argv ? `"${printable(argv.join(' '), NAME_WIDTH)}"` : printable(trace.files[0]?.path ?? '-', NAME_WIDTH);
  const cpu = scope.onCpuNs === null ? '' : `, ${seconds(scope.onCpuNs)} on the CPU`;
  return (
    `Recorded ${what}: ${count(trace.events)} events in ${seconds(trace.durationNs)}; ` +
    `${count(totals.syscalls)} syscalls, ${count(totals.userFaults)} user faults, ${count(totals.contextSwitches)} switches; ` +
    `${processCount(scope.processes)}${cpu}.`
  );
}

function laneLines(lanes: readonly LaneResult[]): readonly string[] {
  const header = ['CR3 writes', 'crossings', 'switches', 'flushes', 'other', 'all'];
  const rows = lanes.map((lane) => {
    const parts = [lane.crossingCr3Writes, lane.switchCr3Writes, lane.flushCr3Writes, lane.otherCr3Writes];
    return [lane.lane, ...[...parts, parts.reduce((a, b) => a + b, 0)].map(count)];
  });
  const table = [header, ...rows];
  const widths = header.map((_, i) => Math.max(...table.map((row) => row[i].length)));
  return table.map(
    (row) => `  ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ')}`,
  );
}

function wrapperLines({ plan, processes, wrappers }: SummaryInput): readonly string[] {
  if (!plan.lanes.some((lane) => lane.policy.optOut)) return [];
  return wrappers.all.map(({ selector, off }, i) => {
    const chosen = new Set(wrappers.chosen[i].map((process) => processes.indexOf(process)));
    const measured = processes.list.filter((process) => chosen.has(process.index) && process.scope === 'measured');
    const option = `${off ? '--opt-out' : '--opt-in'} ${printable(selector.text, NAME_WIDTH)}`;
    return measured.length === 0
      ? `${option} matched no process of the measured set.`
      : `${option} matched ${largest(measured)}.`;
  });
}

function largest(matched: readonly ProcessOutcome[]): string {
  const top = [...matched].sort((a, b) => b.crossings - a.crossings || a.index - b.index).slice(0, LARGEST);
  const names = top.map((process) => `${printable(process.comm || '?', NAME_WIDTH)}(${process.pid})`).join(', ');
  const more = matched.length > top.length ? `, the largest: ${names}` : `: ${names}`;
  return `${processCount(matched.length)}${more}`;
}

function inferredLine({ inferred }: ReplayResult): string {
  const { syscallEntries, interruptsUser, interruptsKernel, switches, credentials } = inferred;
  return (
    `Inferred, not recorded: ${count(interruptsUser)} interrupts from user mode, ${count(interruptsKernel)} from the kernel, ` +
    `${count(switches)} switches, ${count(syscallEntries)} syscall entries, ${count(credentials)} user ids.`
  );
}

function lossLines({ trace }: ReplayResult): readonly string[] {
  return trace.health
    .filter(({ severity }) => severity !== 'info')
    .map(({ key, severity, count: n }) => `Health: ${severity}: ${key} ×${count(n)}.`);
}

const processCount = (n: number): string => `${count(n)} ${n === 1 ? 'process' : 'processes'}`;

/** Digits grouped by commas, whatever the locale. */
function count(n: number): string {
  return String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ',');
}

const seconds = (ns: number): string => `${(ns / 1e9).toFixed(ns < 1e9 ? 3 : 1)} s`;
