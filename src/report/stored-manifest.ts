/** `manifest.json`, read back and checked. */
import { inputError, printable } from '../errors.ts';
import type { Cpu } from '../cpu-model/cpu.ts';
import { findCpu } from '../cpu-model/cpus/index.ts';
import { knownHostFacts, wrongHostFact } from '../trace/host-fields.ts';
import type { HostFacts } from '../trace/trace.ts';
import type { BaselineInput } from './baseline.ts';
import type { Doubt } from './doubts.ts';
import { RESULT_SCHEMA, RESULT_VERSION } from './manifest.ts';
import type { TraceFile } from './result.ts';

export interface StoredManifest {
  readonly model: string;
  readonly files: readonly TraceFile[];
  readonly events: number;
  readonly durationNs: number;
  readonly doubts: readonly Doubt[];
  readonly baseline: BaselineInput;
}

/** What to do about a result that cannot be used. */
export const AGAIN = 'replay the recording again with -o';

/**
 * @param where - for messages
 * @throws an input error for what is no manifest of a result, of another version, or not whole
 */
export function parseManifest(text: string, where: string): StoredManifest {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw inputError('the manifest of a result is no JSON', where, AGAIN, error);
  }
  const manifest = fieldsOf(content);
  if (manifest['schema'] !== RESULT_SCHEMA)
    throw inputError('not a ptilab result', where, 'name one made by replay -o');
  if (manifest['version'] !== RESULT_VERSION)
    throw inputError(
      `a result of version ${printable(String(manifest['version']), 20)}`,
      where,
      `this ptilab reads version ${RESULT_VERSION}: ${AGAIN}`,
    );
  for (const name of ['recording', 'doubts', 'baseline'])
    if (manifest[name] === undefined)
      throw inputError(`a result of an older ptilab, without its ${name}`, where, AGAIN);
  const check = checksFor(where);
  const host = hostOf(manifest['host'], where);
  const recording = fieldsOf(manifest['recording']);
  return {
    model: check.text(manifest['model'], 'model'),
    files: check.list(manifest['inputs'], 'inputs').map((input) => {
      const { path, format, bytes, sha256 } = fieldsOf(input);
      return {
        path: check.text(path, 'path'),
        format: check.text(format, 'format'),
        bytes: check.amount(bytes, 'bytes'),
        sha256: check.text(sha256, 'sha256'),
      };
    }),
    events: check.amount(recording['events'], 'events'),
    durationNs: check.amount(recording['durationNs'], 'durationNs'),
    doubts: doubtsOf(manifest['doubts'], check),
    baseline: baselineOf(fieldsOf(manifest['baseline']), host, check),
  };
}

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};

interface Checks {
  text(value: unknown, name: string): string;
  /** A number from 0 up. */
  amount(value: unknown, name: string): number;
  /** A number above 0. */
  positive(value: unknown, name: string): number;
  list(value: unknown, name: string): readonly unknown[];
  /** Undefined where it is null. */
  optional<T>(value: unknown, check: (value: unknown) => T): T | undefined;
  fail(name: string): never;
}

const isFinite = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

function checksFor(where: string): Checks {
  const fail = (name: string): never => {
    throw inputError(`a result whose manifest has a wrong "${name}"`, where, AGAIN);
  };
  return {
    fail,
    text: (value, name) => (typeof value === 'string' ? value : fail(name)),
    amount: (value, name) => (isFinite(value) && value >= 0 ? value : fail(name)),
    positive: (value, name) => (isFinite(value) && value > 0 ? value : fail(name)),
    list: (value, name) => (Array.isArray(value) ? (value as readonly unknown[]) : fail(name)),
    optional: (value, check) => (value === null ? undefined : check(value)),
  };
}

function hostOf(value: unknown, where: string): HostFacts {
  const facts = fieldsOf(value);
  const wrong = wrongHostFact(facts);
  if (wrong !== undefined) throw inputError(`a result whose host has a wrong "${printable(wrong, 40)}"`, where, AGAIN);
  return knownHostFacts(facts);
}

/** More than any recording has: each is priced twice. */
const MOST_DOUBTS = 64;

function doubtsOf(value: unknown, check: Checks): readonly Doubt[] {
  const list = check.list(value, 'doubts');
  if (list.length > MOST_DOUBTS) check.fail('doubts');
  const doubts = list.map((doubt) => doubtOf(fieldsOf(doubt), check));
  if (new Set(doubts.map(({ variable }) => variable.name)).size < doubts.length) check.fail('doubts');
  return doubts;
}

function doubtOf(fields: Fields, check: Checks): Doubt {
  const [low, mid, high] = ['low', 'mid', 'high'].map((name) => check.amount(fields[name], 'doubts'));
  const { on } = fields;
  if (low > mid || mid > high || (on !== 'crossing' && on !== 'inferred-crossing')) return check.fail('doubts');
  return {
    variable: { name: check.text(fields['name'], 'doubts'), low, mid, high },
    on,
    because: check.optional(fields['because'], (text) => check.text(text, 'doubts')),
  };
}

function baselineOf(fields: Fields, host: HostFacts, check: Checks): BaselineInput {
  const cpu = (name: string): Cpu | undefined =>
    check.optional(fields[name], (id) => findCpu(check.text(id, name)) ?? check.fail(name));
  const positive = (name: string): number | undefined =>
    check.optional(fields[name], (value) => check.positive(value, name));
  return {
    host,
    hostCpu: cpu('hostCpu'),
    untracedCpu: cpu('untracedCpu'),
    onCpuSeconds: positive('onCpuSeconds'),
    recorderEvents: check.amount(fields['recorderEvents'], 'recorderEvents'),
    ghz: positive('ghz'),
  };
}
