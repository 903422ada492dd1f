/** From an answer to the values of a baseline: what it says, but for intervals, processes and names. */
import { OPERATION_COUNT } from '../cpu-model/operations.ts';
import { printable } from '../errors.ts';
import type { PipelineResult } from '../pipeline.ts';
import type { Replayed } from '../replay/engine.ts';
import type { Lane } from '../replay/lane.ts';
import type { ReplayResult } from '../report/result.ts';
import type { Section } from './baseline.ts';
import { causeKind } from './cause-kinds.ts';

/** What of a replay has values. */
export type Measured = Pick<PipelineResult, 'result' | 'plan' | 'replayed'>;

/** What the recording holds and what was inferred of it in its first setup. */
export function recordingSection({ trace, totals, inferred }: ReplayResult): Section {
  const { files, events, durationNs, scope, coverage } = trace;
  const [{ bytes, sha256 }] = files;
  const values = {
    file: { bytes, sha256 },
    events,
    durationNs,
    scope,
    coverage,
    totals: { ...totals, syscallCounts: undefined },
    inferred,
  };
  return { title: 'recording', values: new Map(flat('', values)) };
}

/** One section a lane and one a comparison. */
export function setupSections(setup: string, { result, plan, replayed }: Measured): readonly Section[] {
  const lanes = result.lanes.map((lane, i): Section => {
    const values = flat('', { ...lane, ...SAID_BY_TITLE });
    const causes = operationsByCause(replayed, plan.lanes[plan.specs[i].replayed]);
    return {
      title: `${setup} ${lane.lane}`,
      values: new Map([...values, ...[...causes].map(([kind, sum]) => [`causes.${kind}`, String(sum)] as const)]),
    };
  });
  const comparisons = result.comparisons.map(({ from, to, ...values }): Section => ({
    title: `${setup} ${from}..${to}`,
    values: new Map(flat('', values)),
  }));
  return [...lanes, ...comparisons];
}

const SAID_BY_TITLE = { lane: undefined, policy: undefined, cpu: undefined };

/** How many operations each kind of cause made in a lane, where it made any. */
export function operationsByCause({ rows, causes }: Replayed, { counts }: Lane): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (let row = 0; row < rows.size; row++) {
    let sum = 0;
    for (let op = 0; op < OPERATION_COUNT; op++) sum += counts.get(row, op);
    if (sum === 0) continue;
    const kind = causeKind(causes.name(rows.causeOf(row)));
    sums.set(kind, (sums.get(kind) ?? 0) + sum);
  }
  return sums;
}

/** Names with dots and values as text; of an estimate the middle. Numbers are written so that reading gives them back. */
function flat(name: string, value: unknown): readonly (readonly [string, string])[] {
  switch (typeof value) {
    case 'undefined':
      return [];
    case 'number':
    case 'boolean':
      return [[name, String(value)]];
    case 'string':
      return [[name, printable(value)]];
    default:
      if (value === null) return [[name, 'null']];
      if (typeof value !== 'object') throw new Error(`assertion failed: a value of type ${typeof value}`);
      if ('mid' in value) return flat(name, value.mid);
      return Object.entries(value).flatMap(([key, inner]) => flat(name === '' ? key : `${name}.${key}`, inner));
  }
}
