/** `ptilab ps` for people: the tree, or one process as `/proc/<pid>/status` would have it. */
import { printable } from '../errors.ts';
import { count } from './numbers.ts';
import type { PsChange, PsProcess, PsResult } from './ps.ts';

/** Deeper indentation says nothing more, and would push the names off the screen. */
const MOST_INDENT = 12;

const at = (ns: number): string => `${(ns / 1e9).toFixed(6)} s`;

const how = ({ event, rule, timeNs, tid }: PsChange): string =>
  event === 'start' ? `${printable(rule)}, from the start` : `${event} (${printable(rule)}) at ${at(timeNs)} by ${tid}`;

function because({ setBy, origin, recorded }: PsProcess): string {
  if (!setBy && origin) return `born so, as ${printable(origin.comm)}(${origin.pid}): ${how(origin.setBy)}`;
  if (!setBy) return recorded ? 'nothing changed it' : 'only switches of it are recorded';
  if (!origin) return how(setBy);
  return `${how(setBy)}, as ${printable(origin.comm)}(${origin.pid}): ${how(origin.setBy)}`;
}

export function psText(result: PsResult): string {
  // Of who had nothing but switches there is nothing to tell, and on a whole machine they are the most.
  const told = result.processes.filter(({ recorded }) => recorded);
  const silent = result.processes.length - told.length;
  const rows = told.map((process) => [
    String(process.pid),
    String(process.threads),
    count(process.crossings),
    `${'  '.repeat(Math.min(process.depth, MOST_INDENT))}${printable(process.comm)}`,
    process.pti,
    because(process),
    printable(process.exe),
  ]);
  const header = ['PID', 'THREADS', 'CROSSINGS', 'COMM', 'PTI', 'BECAUSE', 'EXE'];
  const widths = header.map((title, i) => rows.reduce((most, row) => Math.max(most, row[i].length), title.length));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (i < 3 ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join('  ')
      .trimEnd();
  const rest =
    silent === 0 ? [] : ['', `and ${count(silent)} of which only switches are recorded; --pid and --json show them`];
  const table =
    rows.length > 0
      ? [header, ...rows].map(line)
      : ['nobody with an entry of its own is alive then: ask for another time with --at'];
  return `${[...head(result), '', ...table, ...rest].join('\n')}\n`;
}

/** One process as a status file, with how it came to its state. */
export function psStatusText(result: PsResult): string {
  const blocks = result.processes.map((process) => {
    const lines: [string, string][] = [
      ['Name', printable(process.comm)],
      ['Pid', String(process.pid)],
      ['PPid', String(process.parent ?? 0)],
      ['Threads', String(process.threads)],
      ['Exe', printable(process.exe)],
      ['PTI', process.pti],
      ['Because', because(process)],
      ['Crossings', count(process.crossings)],
      ['Started', process.parent === null && process.startNs === 0 ? 'before the recording' : at(process.startNs)],
      ...process.history.map((change): [string, string] => [
        'Change',
        `${change.from} -> ${change.to}: ${how(change)}`,
      ]),
    ];
    return lines.map(([name, value]) => `${`${name}:`.padEnd(11)} ${value}`.trimEnd()).join('\n');
  });
  return `${[...head(result), '', ...blocks].join('\n')}\n`;
}

function head({ timeNs, durationNs, lane, system, selectors, asked, processes }: PsResult): readonly string[] {
  const tells = lane.affected
    ? ''
    : ' (this CPU does not need PTI: a stock kernel runs it without; --json has the states with isolation forced on)';
  const spaces =
    system.optedOutMms === system.optedOutProcesses ? '' : ` in ${count(system.optedOutMms)} address spaces`;
  const scenario = asked.length > 0 || selectors.length === 0 ? ['as the scenario says'] : [];
  return [
    `at        ${at(timeNs)} of ${at(durationNs)}; ${count(processes.length)} processes`,
    `lane      ${lane.policy} on ${lane.cpu}, kernel ${lane.kernel}; ${printable([...selectors, ...scenario].join(', '))}`,
    `meltdown  ${system.meltdown}${spaces}${tells}`,
    ...(system.lock === 'FORCED' ? ['lock      FORCED: nobody opts out until the next boot'] : []),
  ];
}
