/** The shape of the figures in a file: what {@link ReportData} has, field by field. */
import { COMPONENTS } from '../cpu-model/prices.ts';
import { SIGNALS } from '../trace/coverage.ts';
import { PTI_STATES } from '../replay/optout/states.ts';
import type { ReportData } from './report-data.ts';

export type Shape =
  | { readonly is: 'text' | 'number' | 'bool' }
  | { readonly is: 'one'; readonly of: readonly string[] }
  | { readonly is: 'list'; readonly of: Shape }
  | { readonly is: 'maybe'; readonly of: Shape }
  | { readonly is: 'object'; readonly of: Readonly<Record<string, Shape>> };

const text: Shape = { is: 'text' };
const number: Shape = { is: 'number' };
const bool: Shape = { is: 'bool' };
const one = (...of: readonly string[]): Shape => ({ is: 'one', of });
const list = (of: Shape): Shape => ({ is: 'list', of });
const maybe = (of: Shape): Shape => ({ is: 'maybe', of });
/** Names every field of `T`, so that a field added to the type is missed here by the compiler. */
const object = <T>(of: Readonly<Record<keyof T & string, Shape>>): Shape => ({ is: 'object', of });

type Item<Key extends keyof ReportData> = NonNullable<ReportData[Key]> extends readonly (infer T)[] ? T : never;

const estimate: Shape = { is: 'object', of: { low: number, mid: number, high: number } };
const state = one(...PTI_STATES);

export const REPORT_SHAPE: Shape = object<ReportData>({
  recording: text,
  model: text,
  summary: list(text),
  durationNs: number,
  lanes: list(
    object<Item<'lanes'>>({
      lane: text,
      policy: text,
      cpu: text,
      cpuLabel: text,
      affected: bool,
      crossingCr3Writes: number,
      addedCycles: maybe(estimate),
      overheadPercent: maybe(estimate),
    }),
  ),
  views: object<ReportData['views']>({ isolated: maybe(text), optedOut: maybe(text) }),
  components: list(object<Item<'components'>>({ lane: text, component: one(...COMPONENTS), cycles: estimate })),
  programs: list(
    object<Item<'programs'>>({ program: maybe(text), processes: number, added: estimate, saved: maybe(estimate) }),
  ),
  cgroups: maybe(
    list(object<Item<'cgroups'>>({ cgroup: maybe(text), processes: number, added: estimate, saved: maybe(estimate) })),
  ),
  processes: list(
    object<Item<'processes'>>({
      process: number,
      pid: number,
      comm: text,
      state,
      crossings: number,
      added: estimate,
      saved: maybe(estimate),
    }),
  ),
  causes: list(object<Item<'causes'>>({ name: maybe(text), entries: number, added: estimate, saved: maybe(estimate) })),
  rules: maybe(
    list(
      object<NonNullable<ReportData['rules']>[number]>({
        rule: text,
        choice: text,
        asked: bool,
        exposed: number,
        savedCrossingWrites: number,
        savedPercent: maybe(estimate),
      }),
    ),
  ),
  timeline: list(
    object<Item<'timeline'>>({ lane: text, startNs: number, lengthNs: number, crossings: number, addedCycles: number }),
  ),
  tree: list(
    object<Item<'tree'>>({
      process: number,
      pid: number,
      parent: maybe(number),
      depth: number,
      comm: text,
      startNs: number,
      endNs: number,
      states: list(object<Item<'tree'>['states'][number]>({ fromNs: number, toNs: number, state })),
      added: number,
    }),
  ),
  treeLeftOut: number,
  files: list(object<Item<'files'>>({ path: text, format: text, bytes: number, sha256: text })),
  coverage: {
    is: 'object',
    of: Object.fromEntries(SIGNALS.map((signal) => [signal, one('recorded', 'inferred', 'absent')])),
  },
  health: list(object<Item<'health'>>({ key: text, severity: one('info', 'error', 'data-loss'), count: number, text })),
});

/** What first differs from a shape, in words; undefined where nothing does. Fields that a shape does not name are let be. */
export function problemOf(value: unknown, shape: Shape, path: string): string | undefined {
  const wrong = (what: string): string => `${path === '' ? 'it' : path} is not ${what}`;
  switch (shape.is) {
    case 'text':
      return typeof value === 'string' ? undefined : wrong('text');
    case 'number':
      return Number.isFinite(value) ? undefined : wrong('a number');
    case 'bool':
      return typeof value === 'boolean' ? undefined : wrong('true or false');
    case 'one':
      return shape.of.some((each) => each === value) ? undefined : wrong(`one of ${shape.of.join(', ')}`);
    case 'maybe':
      return value === undefined ? undefined : problemOf(value, shape.of, path);
    case 'list':
      if (!Array.isArray(value)) return wrong('a list');
      return firstOf(value, (each, i) => problemOf(each, shape.of, `${path}[${i}]`));
    case 'object': {
      if (typeof value !== 'object' || value === null) return wrong('an object');
      const fields = value as Readonly<Record<string, unknown>>;
      return firstOf(Object.entries(shape.of), ([key, of]) =>
        problemOf(Object.hasOwn(fields, key) ? fields[key] : undefined, of, path === '' ? key : `${path}.${key}`),
      );
    }
  }
}

function firstOf<T>(list: readonly T[], problem: (each: T, i: number) => string | undefined): string | undefined {
  for (let i = 0; i < list.length; i++) {
    const found = problem(list[i], i);
    if (found !== undefined) return found;
  }
  return undefined;
}
