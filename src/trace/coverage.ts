/** What a recording can show at all, whether or not it happened to occur. */
export const SIGNALS = [
  'syscalls',
  'userFaults',
  'interrupts',
  'nmis',
  'contextSwitches',
  'tlbFlushes',
  'lifecycle',
  'credentials',
  'wakeups',
] as const;
export type Signal = (typeof SIGNALS)[number];
export type Shown = 'recorded' | 'inferred' | 'absent';
export type Coverage = Readonly<Record<Signal, Shown>>;

export function coverageOf(recorded: ReadonlySet<Signal>, inferred: ReadonlySet<Signal> = new Set()): Coverage {
  const shown = (signal: Signal): Shown =>
    recorded.has(signal) ? 'recorded' : inferred.has(signal) ? 'inferred' : 'absent';
  return Object.fromEntries(SIGNALS.map((signal) => [signal, shown(signal)])) as Record<Signal, Shown>;
}
