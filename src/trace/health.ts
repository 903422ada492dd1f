/**
 * What was lost, skipped or inferred, counted with the place where it first happened: a closed list, so that nothing is
 * dropped in silence and every count has a text that says what it means.
 */
export type Severity = 'info' | 'error' | 'data-loss';

interface Meaning {
  readonly severity: Severity;
  readonly text: string;
}

export const HEALTH = {
  truncated: { severity: 'data-loss', text: 'the recording breaks off; everything before the tear was read' },
  lost: { severity: 'data-loss', text: 'events the recorder could not store (its buffers were full)' },
  throttled: { severity: 'data-loss', text: 'the recorder throttled an event' },
  'late-event': { severity: 'error', text: 'events older than one already replayed; kept, in the order of the file' },
  'damaged-record': { severity: 'error', text: 'records that do not hold what their format says; skipped' },
  'unknown-record': { severity: 'info', text: 'records of a kind this reader does not know; skipped' },
  'unknown-event': { severity: 'info', text: 'samples of events the model has no use for; skipped' },
  'unknown-cgroup': { severity: 'info', text: 'samples in a cgroup whose path the recording does not have' },
  'unknown-column': { severity: 'info', text: 'columns this reader does not know; ignored' },
  'unknown-call': {
    severity: 'info',
    text: 'calls whose name is none of x86-64; each is an entry and an exit, under number -1',
  },
  'clock-set-back': {
    severity: 'error',
    text: 'times before the one ahead of them: the clock was set; times go on from there',
  },
  'no-times': { severity: 'info', text: 'lines without a time: order and counts are all they tell' },
  'inferred-parent': {
    severity: 'info',
    text: 'new tasks whose maker no line tells: the oldest call that may have made them',
  },
  'untold-clone-flags': {
    severity: 'info',
    text: 'new tasks of which nothing tells whether they share memory; each is taken for a process of its own',
  },
  'no-preempt-depth': { severity: 'info', text: 'the preempt depth cannot prove kernel mode in this recording' },
  'inferred-entry': { severity: 'info', text: 'kernel entries that no event shows but a later one proves' },
  'inferred-exit': { severity: 'info', text: 'returns to user mode that no event shows but a later one proves' },
  'inferred-interrupt-mode': {
    severity: 'info',
    text: 'interrupts whose interrupted mode was inferred from the state of the task',
  },
  'inferred-preemption': {
    severity: 'info',
    text: 'tasks preempted in user mode by an interrupt that was not recorded',
  },
  'inferred-switch': { severity: 'info', text: 'context switches that no event shows but a later one proves' },
  'simulated-switch': {
    severity: 'info',
    text: 'loads of an mm that the record of TLB flushes does not show; the model decided keep or flush',
  },
  'inferred-credentials': {
    severity: 'info',
    text: 'ids at the start of the trace taken from the first call that shows them',
  },
  'inferred-kernel-thread': { severity: 'info', text: 'tasks taken for kernel threads by their names' },
  'unrecorded-task': {
    severity: 'info',
    text: 'user tasks of which no event but switches was recorded; each is taken for a process of its own',
  },
  'reused-id': { severity: 'info', text: 'task ids seen again after their task had ended' },
  'assumed-capable': {
    severity: 'info',
    text: 'calls to opt out by processes of which no event shows whether they may; taken as allowed',
  },
  'refused-opt-out': {
    severity: 'info',
    text: 'calls to opt out that the rules refuse; they change nothing (counted in each lane with an opt-out)',
  },
  'refused-attach': {
    severity: 'info',
    text: 'attachments to processes without isolation that the rules would refuse; the recording went on, and so does the replay',
  },
  'opted-out-init': {
    severity: 'info',
    text: 'process 1 is opted out, and with it all that it ever started: as good as no isolation',
  },
  'opt-out-matched-nothing': {
    severity: 'info',
    text: 'the default selector matched no process: nobody was opted out',
  },
} as const satisfies Record<string, Meaning>;

export type HealthKey = keyof typeof HEALTH;

/** Where something first happened: a time of the trace, a byte of the source, either or both. */
export interface Place {
  readonly ns?: number | undefined;
  readonly byte?: number | undefined;
}

export interface HealthEntry {
  readonly key: HealthKey;
  readonly severity: Severity;
  readonly count: number;
  readonly first: Place;
  readonly text: string;
}

export interface Health {
  count(key: HealthKey, place?: Place, by?: number): void;
  of(key: HealthKey): number;
  /** Every key that was counted, in the order of {@link HEALTH}. */
  entries(): readonly HealthEntry[];
}

export function createHealth(): Health {
  const counts = new Map<HealthKey, { count: number; first: Place }>();
  return {
    count(key, place = {}, by = 1) {
      const seen = counts.get(key);
      if (seen) seen.count += by;
      else counts.set(key, { count: by, first: place });
    },
    of: (key) => counts.get(key)?.count ?? 0,
    entries: () =>
      (Object.keys(HEALTH) as HealthKey[]).flatMap((key) => {
        const seen = counts.get(key);
        return seen
          ? [{ key, severity: HEALTH[key].severity, count: seen.count, first: seen.first, text: HEALTH[key].text }]
          : [];
      }),
  };
}
