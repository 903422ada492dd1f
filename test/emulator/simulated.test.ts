/** Without the logged flushes: what the model infers from calls, faults and switches, judged where crossings do not hide it. */
import { describe, expect, test } from 'vitest';
import { SIMULATED } from '../../src/replay/machine.ts';
import { CONFIGURATIONS, isNear, modelOf, truthOf, workloadsOf, type Counts } from './runs.ts';

/** From this many on, a count is judged by its share. */
const MANY = 100;

/** What of a run lies outside the limits. */
function outside(model: Counts, truth: Counts): readonly (keyof Counts)[] {
  const rest = truth.rest >= MANY ? isNear(model.rest, truth.rest, 0.1, 0) : isNear(model.rest, truth.rest, 0, 10);
  const flushing = isNear(model.restFlushing, truth.restFlushing, 0.15, 10);
  const few = (key: 'invlpg' | 'invpcid'): boolean => truth[key] < MANY || isNear(model[key], truth[key], 0.25, 0);
  return [
    ...(rest ? [] : (['rest'] as const)),
    ...(flushing ? [] : (['restFlushing'] as const)),
    ...(few('invlpg') ? [] : (['invlpg'] as const)),
    ...(few('invpcid') ? [] : (['invpcid'] as const)),
  ];
}

/** Workloads whose cause is not in a trace: the kernel patches its own text; how deep an idle CPU sleeps. */
const EXCEPTED: ReadonlySet<string> = new Set(['static-key-toggle', 'nanosleep-500us']);

/**
 * Runs outside the limits, with the reason. A ring of 8 processes over 6 ASIDs flushes on a third, on half or on all of its switches,
 * depending only on which ASIDs held what before the trace began: the same kernel and workload did each. How deep an idle CPU sleeps
 * depends on the idle periods before the trace too.
 */
const KNOWN: ReadonlyMap<string, readonly (keyof Counts)[]> = new Map([
  ...['k510_nopti_pcid', 'k510_pti_pcid', 'nopti_pcid', 'optout_noinvpcid', 'optout_nopti_pcid'].map(ringOf),
  ...['optout_pcid', 'pti_noinvpcid', 'pti_pcid'].map(ringOf),
  ['smp2_nopti_pcid/pipe-ping-pong', ['rest']],
]);

function ringOf(configuration: string): [string, readonly (keyof Counts)[]] {
  return [`${configuration}/ring-8-procs`, ['restFlushing']];
}

describe.each(CONFIGURATIONS)('simulated flushes, $name', (configuration) => {
  const judged = workloadsOf(configuration).filter((workload) => !EXCEPTED.has(workload));
  test.each(judged)('%s', async (workload) => {
    const [model, truth] = [await modelOf(configuration, workload, SIMULATED), truthOf(configuration, workload)];
    expect(outside(model, truth), JSON.stringify({ model, truth })).toEqual(
      KNOWN.get(`${configuration.name}/${workload}`) ?? [],
    );
  });
});
