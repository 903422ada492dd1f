/** `ptilab info`: what a recording is and what it can show. */
import { printable } from '../errors.ts';
import type { Inferred } from '../replay/crossings.ts';
import type { Signal } from '../trace/coverage.ts';
import { HEALTH, type HealthKey } from '../trace/health.ts';
import { syscallName } from '../trace/syscalls.ts';
import type { TotalsResult, TraceSummary } from './result.ts';

export interface InfoResult {
  readonly schema: 'ptilab.info';
  readonly version: 1;
  readonly trace: TraceSummary;
  readonly totals: TotalsResult;
  readonly inferred: Inferred;
}

const TOP_SYSCALLS = 8;

export function infoText({ trace, totals, inferred }: InfoResult): string {
  const { syscallCounts, ...counts } = totals;
  const host = trace.host ?? {};
  const facts = [
    host.cpuName,
    host.kernel && `Linux ${host.kernel}`,
    host.arch,
    host.cpus !== undefined && `${host.cpus} CPUs`,
  ];
  const lines: [string, string][] = [
    ...trace.files.map(({ path, format, bytes, sha256 }): [string, string] => [
      'file',
      `${printable(path)} (${format}, ${bytes} bytes, sha256 ${sha256})`,
    ]),
    [
      'host',
      facts
        .filter(Boolean)
        .map((fact) => printable(String(fact)))
        .join(', ') || 'not in the recording',
    ],
    ['command', host.command?.argv ? printable(host.command.argv.join(' ')) : 'not in the recording'],
    ['duration', `${(trace.durationNs / 1e9).toFixed(6)} s, ${trace.events} events`],
    ['measured', measured(trace)],
    ['totals', pairs(counts)],
    ['syscalls', topSyscalls(syscallCounts)],
    ['inferred', pairs({ ...inferred })],
    ...Object.entries(trace.coverage).map(([signal, shown]): [string, string] => [
      `covers ${signal}`,
      `${shown}${remedy(trace, signal as Signal)}`,
    ]),
    ['covers cgroups', trace.cgroups ? 'recorded' : 'absent: perf record --all-cgroups'],
    ...trace.health.map(({ key, severity, count }): [string, string] => [
      `health ${key}`,
      `${count} (${severity}): ${HEALTH[key as HealthKey].text}`,
    ]),
  ];
  const width = Math.max(...lines.map(([label]) => label.length));
  return lines.map(([label, value]) => `${label.padEnd(width)}  ${value}\n`).join('');
}

/** What to record an absent signal with. */
const remedy = ({ missing }: TraceSummary, signal: Signal): string =>
  missing[signal] === undefined ? '' : `: perf record -e ${missing[signal].join(',')}`;

function measured({ scope }: TraceSummary): string {
  const time = (ns: number | null, whose: string): string =>
    ns === null ? '' : `, ${(ns / 1e9).toFixed(3)} s ${whose}`;
  return `${scope.processes} processes${time(scope.onCpuNs, 'on the CPU')}${time(scope.bystanderNs, 'of bystanders')}${time(scope.recorderNs, 'of the recorder')}`;
}

const pairs = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([name, n]) => `${name} ${n}`)
    .join(', ');

function topSyscalls(counts: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(counts).sort((a, b) => b[1] - a[1] || Number(a[0]) - Number(b[0]));
  const top = sorted.slice(0, TOP_SYSCALLS).map(([nr, n]) => `${syscallName(Number(nr)) ?? nr} ${n}`);
  return (
    [...top, ...(sorted.length > TOP_SYSCALLS ? [`${sorted.length - TOP_SYSCALLS} more`] : [])].join(', ') || 'none'
  );
}
