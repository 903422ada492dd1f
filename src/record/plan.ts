/** What to run, from facts of the machine. Recorders are one file and one line in {@link RECORDERS}. */
import { cannotTellError, usageError } from '../errors.ts';
import type { MachineFacts } from './machine-facts.ts';
import { perf } from './perf-plan.ts';
import type { Plan, PlanRequest, Recorder } from './recorder.ts';
import { strace } from './strace-plan.ts';

export const RECORDERS: readonly Recorder[] = [perf, strace];

export const DEFAULT_RECORDER: Recorder = perf;

/** @throws PtilabError usage: there is no such recorder */
export function findRecorder(id: string): Recorder {
  const found = RECORDERS.find((each) => each.id === id);
  if (!found) throw usageError('unknown recorder', id, `take ${RECORDERS.map((each) => each.id).join(' or ')}`);
  return found;
}

/** @throws PtilabError cannot-tell: the machine cannot be recorded like this */
export function planRecording(recorder: Recorder, facts: MachineFacts, request: PlanRequest): readonly Plan[] {
  if (facts.platform !== 'linux')
    throw cannotTellError(
      'recording needs Linux',
      facts.platform,
      'record on a Linux machine and bring the trace and its .host.json here',
    );
  if (facts.arch !== 'x64')
    throw cannotTellError('page-table isolation is of x86-64', facts.arch, 'record on an x86-64 machine');
  return recorder.plans(facts, request);
}
