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

/** Tracepoints that show a signal: what an absent one is recorded with. */
export const SIGNAL_EVENTS: Readonly<Record<Signal, readonly string[]>> = {
  syscalls: ['raw_syscalls:sys_enter', 'raw_syscalls:sys_exit'],
  userFaults: ['exceptions:page_fault_user'],
  interrupts: [
    'irq_vectors:local_timer_entry',
    'irq_vectors:reschedule_entry',
    'irq_vectors:call_function_entry',
    'irq_vectors:call_function_single_entry',
    'irq:irq_handler_entry',
  ],
  nmis: ['nmi:nmi_handler'],
  contextSwitches: ['sched:sched_switch'],
  tlbFlushes: ['tlb:tlb_flush'],
  lifecycle: [
    'sched:sched_process_fork',
    'sched:sched_process_exec',
    'sched:sched_process_exit',
    'task:task_newtask',
    'task:task_rename',
  ],
  // Ids are arguments of calls.
  credentials: ['raw_syscalls:sys_enter', 'raw_syscalls:sys_exit'],
  wakeups: ['sched:sched_waking'],
};

/** What a recording would have to be made with besides, by absent signal. */
export const missingEvents = (coverage: Coverage): Readonly<Partial<Record<Signal, readonly string[]>>> =>
  Object.fromEntries(
    SIGNALS.filter((signal) => coverage[signal] === 'absent').map((signal) => [signal, SIGNAL_EVENTS[signal]]),
  );
