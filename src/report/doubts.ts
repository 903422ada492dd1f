/**
 * Doubts that come from the recording, not from prices: what it did not show, what it lost, what was inferred. Each is a variable
 * that multiplies counts of crossings; what is absent is left out at mid and carried by `high`.
 */
import type { Sourced } from '../cpu-model/cpu.ts';
import { variableOf } from '../cpu-model/prices.ts';
import type { Variable } from '../cpu-model/intervals.ts';
import type { Coverage, Signal } from '../trace/coverage.ts';
import type { Health } from '../trace/health.ts';

/** Interrupts taken to be from user mode, over those that were. */
const INTERRUPT_MODE: Sourced<number> = {
  value: 1,
  low: 0.85,
  high: 1.15,
  unit: 'ratio',
  source:
    'emulated runs whose crossings were counted (traces/emulator): the inference is 13 % too high where it is worst',
  confidence: 'inferred',
};

/** Entries a CPU second that a signal may hide where it was not recorded: the most that ordinary programs were seen to have. */
const HIDDEN_PER_SECOND: Readonly<Partial<Record<Signal, Sourced<number>>>> = {
  syscalls: rate(600_000, 'redis, nginx and a table of threads: 440,000 to 600,000'),
  userFaults: rate(100_000, 'kernel builds 47,000 to 53,000, scripts that fork 92,000'),
  interrupts: rate(5_000, 'servers 1,000 to 4,400'),
};

function rate(high: number, seen: string): Sourced<number> {
  return {
    value: 0,
    low: 0,
    high,
    unit: 'entries per CPU second',
    source: `recordings on two CPUs of a guest: ${seen}`,
    confidence: 'inferred',
  };
}

/**
 * How long perf leaves an event out once it was too frequent: up to the next tick, which is 10 ms away at most (CONFIG_HZ=100;
 * linux kernel/events/core.c, __perf_event_account_interrupt and perf_adjust_freq_unthr_context).
 */
const THROTTLED_SECONDS = 0.01;

/** A variable and which crossings it multiplies. */
export interface Doubt {
  readonly variable: Variable;
  readonly on: 'crossing' | 'inferred-crossing';
  /** Why, in words for a summary; undefined for a doubt that every recording has. */
  readonly because: string | undefined;
}

/**
 * @param entries - kernel entries of the measured set that were replayed
 * @param seconds - on-CPU seconds of the measured set, or as near as the recording shows them
 */
export function recordingDoubts(
  coverage: Coverage,
  health: Health,
  samples: number,
  entries: number,
  seconds: number,
): readonly Doubt[] {
  const doubts: Doubt[] = [
    { variable: variableOf('interruptMode', INTERRUPT_MODE), on: 'inferred-crossing', because: undefined },
  ];
  if (entries === 0) return doubts;
  for (const [signal, hidden] of Object.entries(HIDDEN_PER_SECOND)) {
    if (coverage[signal as Signal] !== 'absent') continue;
    doubts.push({
      variable: { name: `absent.${signal}`, low: 1, mid: 1, high: 1 + (hidden.high * seconds) / entries },
      on: 'crossing',
      because: `no ${SIGNAL_WORDS[signal as Signal] ?? signal}`,
    });
  }
  const lost = health.of('lost');
  if (lost > 0 && samples > 0)
    doubts.push({
      variable: { name: 'lost', low: 1, mid: 1, high: 1 + lost / samples },
      on: 'crossing',
      because: `${lost} lost events`,
    });
  const throttled = health.of('throttled');
  if (throttled > 0 && seconds > 0)
    doubts.push({
      variable: { name: 'throttled', low: 1, mid: 1, high: 1 + (throttled * THROTTLED_SECONDS) / seconds },
      on: 'crossing',
      because: `${throttled} times an event was throttled`,
    });
  const damaged = health.of('damaged-record');
  if (damaged > 0 && samples > 0)
    doubts.push({
      variable: { name: 'damaged', low: 1, mid: 1, high: 1 + damaged / samples },
      on: 'crossing',
      because: `${damaged} damaged records`,
    });
  const late = health.of('late-event');
  if (late > 0 && samples > 0)
    doubts.push({
      // Each may have been paired with another, and have made a crossing or hidden one.
      variable: { name: 'late', low: Math.max(0, 1 - late / samples), mid: 1, high: 1 + late / samples },
      on: 'crossing',
      because: `${late} events out of order`,
    });
  return doubts;
}

/** Signals in words. */
export const SIGNAL_WORDS: Readonly<Partial<Record<Signal, string>>> = {
  syscalls: 'system calls',
  userFaults: 'page faults',
  interrupts: 'interrupts',
  nmis: 'NMIs',
  contextSwitches: 'context switches',
  tlbFlushes: 'TLB flushes',
  lifecycle: 'births and ends of processes',
  credentials: 'user ids',
  wakeups: 'wake-ups',
};
