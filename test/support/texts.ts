/** Recordings that are texts, each with what another program counted in it by regular expressions. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TotalsResult } from '../../src/report/result.ts';
import { fixturePath, type Truth } from './fixtures.ts';
import { totalsOf } from './truth.ts';

export interface TextFixture {
  readonly file: string;
  /** Id of the reader. */
  readonly format: string;
  /** The file with the counts. */
  readonly truth: string;
}

/** In `traces/fixtures`. */
export const TEXT_FIXTURES: readonly TextFixture[] = [
  { file: 'fx-ftrace-pingpong.txt', format: 'ftrace', truth: 'fx-ftrace-pingpong' },
  { file: 'fx-ftrace-latency.txt.zst', format: 'ftrace', truth: 'fx-ftrace-latency' },
  { file: 'fx-ftrace-counter.txt.zst', format: 'ftrace', truth: 'fx-ftrace-counter' },
  { file: 'fx-trace-cmd.txt.zst', format: 'ftrace', truth: 'fx-trace-cmd' },
  { file: 'fx-trace-cmd-latency.txt.zst', format: 'ftrace', truth: 'fx-trace-cmd-latency' },
  { file: 'fx-lseek.perf-script.txt', format: 'perf-script', truth: 'fx-lseek' },
  {
    file: 'fx-shoot.perf-script-ns-pidtid.txt',
    format: 'perf-script',
    truth: 'fx-shoot.perf-script-ns-pidtid',
  },
  { file: 'slice-lost-pingpong.txt', format: 'perf-script', truth: 'slice-lost-pingpong' },
  { file: 'slice-ns-period-pingpong.txt', format: 'perf-script', truth: 'slice-ns-period-pingpong' },
  {
    file: 'slice-ns-pidtid-taskevents-setuid.txt.zst',
    format: 'perf-script',
    truth: 'slice-ns-pidtid-taskevents-setuid',
  },
  { file: 'slice-switch-events-setu.txt.zst', format: 'perf-script', truth: 'slice-switch-events-setu' },
  { file: 'fx-perf-trace-setu.txt', format: 'perf-trace', truth: 'fx-perf-trace-setu' },
  { file: 'fx-perf-trace-sh.txt.zst', format: 'perf-trace', truth: 'fx-perf-trace-sh' },
  { file: 'fx-perf-trace-events.txt.zst', format: 'perf-trace', truth: 'fx-perf-trace-events' },
  { file: 'fx-lseek.csv', format: 'csv', truth: 'fx-lseek' },
];

export const fixturesOf = (format: string): readonly TextFixture[] =>
  TEXT_FIXTURES.filter((fixture) => fixture.format === format);

export const truthOf = ({ truth }: TextFixture): Truth => truthAt(fixturePath(`${truth}.truth.json`));

/** Of a folder of the corpus. */
export const truthIn = (folder: string, name: string): Truth => truthAt(join(folder, `${name}.truth.json`));

const SYSTEMS: ReadonlyMap<string, string> = new Map([
  ['sys_enter', 'raw_syscalls'],
  ['sys_exit', 'raw_syscalls'],
  ['page_fault_user', 'exceptions'],
  ['page_fault_kernel', 'exceptions'],
  ['irq_handler_entry', 'irq'],
  ['task_newtask', 'task'],
  ['task_rename', 'task'],
  ['tlb_flush', 'tlb'],
]);

/** Counts of a text name events without their systems; here with them, as those of perf.data do. */
function truthAt(path: string): Truth {
  const truth = JSON.parse(readFileSync(path, 'utf8')) as Truth;
  const named = (event: string): string =>
    event.includes(':')
      ? event
      : `${SYSTEMS.get(event) ?? (event.endsWith('_entry') ? 'irq_vectors' : 'sched')}:${event}`;
  return {
    ...truth,
    per_kind: Object.fromEntries(Object.entries(truth.per_kind).map(([event, count]) => [named(event), count])),
  };
}

/** A replay's totals and number of samples, as they must be. */
export const expectedOf = (truth: Truth): { readonly totals: TotalsResult; readonly events: number } => ({
  totals: totalsOf(truth),
  events: truth.events,
});
