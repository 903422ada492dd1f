/** What a recording could not show, which way that pushes the figures, and what would make the next one better. */
import { SIGNAL_EVENTS, SIGNALS, type Coverage, type Signal } from '../trace/coverage.ts';
import { baselineSource } from './baseline.ts';
import { SIGNAL_WORDS } from './doubts.ts';
import type { Outcome } from './views.ts';

/** Signals whose absence is of no consequence for the figures that are given. */
const HARMLESS: ReadonlySet<Signal> = new Set(['wakeups', 'credentials']);

/** What each absent signal does to the answer. */
const PUSHES: Readonly<Partial<Record<Signal, string>>> = {
  syscalls: 'too low',
  userFaults: 'too low',
  interrupts: 'too low',
  nmis: 'a little too low',
  contextSwitches: 'no CPU time, no switches',
  tlbFlushes: 'switches and flushes inferred',
  lifecycle: 'no births: each task stands alone',
};

export function notShown({ result: { trace } }: Outcome): string | undefined {
  const absent = SIGNALS.filter((signal) => trace.coverage[signal] === 'absent' && !HARMLESS.has(signal));
  if (absent.length === 0) return undefined;
  const byPush = new Map<string, string[]>();
  for (const signal of absent) {
    const push = PUSHES[signal] ?? 'unknown';
    byPush.set(push, [...(byPush.get(push) ?? []), SIGNAL_WORDS[signal] ?? signal]);
  }
  return [...byPush].map(([push, signals]) => `${signals.join(', ')} (${push})`).join('; ');
}

/** Of signals whose absence matters. */
const absentEvents = (coverage: Coverage): readonly string[] =>
  SIGNALS.filter((signal) => coverage[signal] === 'absent' && !HARMLESS.has(signal)).flatMap(
    (signal) => SIGNAL_EVENTS[signal],
  );

/** The first that applies. */
const ADVICE: readonly {
  readonly applies: (input: Outcome) => boolean;
  readonly text: (input: Outcome) => string;
}[] = [
  {
    applies: ({ trace }) => trace.health.of('no-times') > 0,
    text: () =>
      'record with times (strace -f -ttt -T -o FILE), better with perf and the events that ptilab formats lists',
  },
  {
    applies: ({ priced }) => priced.lanes.every(({ spec }) => spec.cpu.prices === undefined),
    text: () => 'judge it on a CPU with prices: --cpu ID (ptilab cpus)',
  },
  {
    applies: ({ trace }) => trace.health.of('lost') > 0,
    text: () => 'record again with larger buffers (perf record -m 64M): what was lost is missing from every figure',
  },
  {
    applies: ({ trace: { coverage } }) => coverage.contextSwitches === 'absent' || coverage.userFaults === 'absent',
    text: ({ trace: { coverage } }) =>
      `record it with perf record -e ${absentEvents(coverage).join(',')} besides, as ptilab formats says`,
  },
  {
    applies: ({ priced }) => baselineSource(priced.baseline) !== 'untraced',
    text: () => 'time the same work once without the recorder: --untraced user=S,sys=S',
  },
  {
    applies: ({ plan }) => plan.hostCpu === undefined,
    text: () => 'name the CPU that recorded: --host cpu=ID (ptilab cpus)',
  },
  {
    applies: ({ plan }) => plan.cpuChoice !== 'asked',
    text: () => 'name the CPU the answer is for: --cpu ID (ptilab cpus), and its clock: --ghz X',
  },
];

export const betterRecording = (input: Outcome): string | undefined =>
  ADVICE.find(({ applies }) => applies(input))?.text(input);
