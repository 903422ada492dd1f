/** What to run on a server to get counts: made from the table of signals. */
import { NAMED, SCRIPT_MAP, SCRIPT_VERSION } from './signals.ts';

/** Counted as they are, without a filter. */
const PLAIN_EVENTS = [
  'raw_syscalls:sys_enter',
  'exceptions:page_fault_user',
  'sched:sched_switch',
  'sched:sched_stat_runtime',
  'task-clock',
];

export const DEFAULT_SECONDS = 10;

/** A shell script for root that counts the whole machine. */
export function perfStatCommand(seconds: number = DEFAULT_SECONDS): string {
  return `${[
    '#!/bin/sh',
    '# As root. Counts the whole machine and keeps no events. Of cgroups: add --for-each-cgroup NAME,NAME behind -a.',
    '# Of a command and its children: leave -a away and end with -- COMMAND instead of -- sleep.',
    'events=/sys/kernel/tracing/events; [ -d "$events" ] || events=/sys/kernel/debug/tracing/events',
    'as() { echo "tracepoint/config=$(cat "$events/$2/$3/id"),name=$1/"; }',
    'perf stat -a -o counts.txt \\',
    ...PLAIN_EVENTS.map((event) => `  -e ${event} \\`),
    ...NAMED.map(
      ({ name, tracepoint: [system, event], filter }) =>
        `  -e "$(as ${name} ${system} ${event})" --filter '${filter}' \\`,
    ),
    `  -- sleep ${seconds}`,
  ].join('\n')}\n`;
}

/** The C of bpftrace for a filter of tracepoint fields. */
const inC = (filter: string): string =>
  filter
    .replace(/([=!<>]=|[<>]|&&|\|\|)/g, ' $1 ')
    .replace(/common_pid/g, 'pid')
    .replace(/\b(reason|pages)\b/g, 'args->$1');

/** Maps that the script has beside those of filtered events, by the event. */
const PLAIN_MAPS: readonly (readonly [probe: string, map: string, value: string])[] = [
  ['raw_syscalls:sys_enter', 'ptilab_syscalls', 'count()'],
  ['exceptions:page_fault_user', 'ptilab_user_faults', 'count()'],
  ['sched:sched_switch', 'ptilab_switches', 'count()'],
  ['sched:sched_stat_runtime', 'ptilab_runtime_ns', 'sum(args->runtime)'],
];

/** The same for bpftrace, which keeps the sum of pages too: docs/ptilab-counts.bt. */
export function bpftraceScript(seconds: number = DEFAULT_SECONDS): string {
  const few = NAMED.find(({ signal }) => signal === 'flushesFew')!;
  return `${[
    '#!/usr/bin/env bpftrace',
    '// As root: bpftrace FILE > counts.txt. Counts the whole machine and keeps no events.',
    `BEGIN { @${SCRIPT_MAP} = ${SCRIPT_VERSION}; @start_ns = nsecs; }`,
    ...PLAIN_MAPS.map(([probe, map, value]) => `tracepoint:${probe} { @${map} = ${value}; }`),
    ...NAMED.map(
      ({ name, tracepoint, filter }) => `tracepoint:${tracepoint.join(':')} /${inC(filter)}/ { @${name} = count(); }`,
    ),
    `tracepoint:${few.tracepoint.join(':')} /${inC(few.filter)}/ { @ptilab_pages_few = sum(args->pages); }`,
    `interval:s:${seconds} { exit(); }`,
    'END { @end_ns = nsecs; }',
  ].join('\n')}\n`;
}
