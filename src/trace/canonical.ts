/** The canonical trace: any recording as one Arrow table. This file is its layout; writer and reader both follow it. */
import type { DataType } from 'apache-arrow';
import { Dictionary, Field, Int16, Int32, Int64, Schema, Uint8, Utf8 } from 'apache-arrow';
import { SIGNALS, type Coverage } from './coverage.ts';
import { HEALTH, type HealthEntry } from './health.ts';
import { wrongHostFact } from './host-fields.ts';
import type { HostFacts } from './trace.ts';

export const TRACE_SCHEMA = 'ptilab.trace';
export const TRACE_VERSION = 1;
/** Rows per record batch: about 6 MB. */
export const ROWS_PER_BATCH = 65_536;

/** Dictionaries by id: fixed, so that the same trace gives the same bytes. */
export const DictionaryId = { kind: 0, text: 1, text2: 2 } as const;

const dictionary = (id: number): Dictionary<Utf8, Int32> => new Dictionary(new Utf8(), new Int32(), id);

/** Columns in order. `a0`..`a5` hold u64 values bit for bit. */
export const TRACE_COLUMNS: readonly (readonly [name: string, type: DataType])[] = [
  ['timeNs', new Int64()],
  ['cpu', new Int16()],
  ['tid', new Int32()],
  ['pid', new Int32()],
  ['kind', dictionary(DictionaryId.kind)],
  ['nr', new Int32()],
  ['a0', new Int64()],
  ['a1', new Int64()],
  ['a2', new Int64()],
  ['a3', new Int64()],
  ['a4', new Int64()],
  ['a5', new Int64()],
  ['result', new Int64()],
  ['depth', new Uint8()],
  ['flags', new Uint8()],
  ['text', dictionary(DictionaryId.text)],
  ['text2', dictionary(DictionaryId.text2)],
];

/** What stands in the file's metadata, besides the rows. */
export interface TraceMetadata {
  readonly originNs: string;
  readonly samples: number;
  readonly host: HostFacts;
  readonly coverage: Coverage;
  readonly health: readonly Pick<HealthEntry, 'key' | 'count' | 'first'>[];
  readonly commandPid?: number | undefined;
  readonly recorderName?: string | undefined;
  /** Whether the cgroups of processes were recorded. */
  readonly cgroups?: boolean | undefined;
}

const METADATA_KEY = 'ptilab';

/** A schema whose metadata can still be set while the file is written: the footer has the last word. */
export function traceSchema(metadata: Map<string, string>): Schema {
  return new Schema(
    TRACE_COLUMNS.map(([name, type]) => new Field(name, type, false)),
    metadata,
  );
}

export function encodeMetadata(into: Map<string, string>, metadata: TraceMetadata | undefined): void {
  into.set('schema', TRACE_SCHEMA);
  into.set('version', String(TRACE_VERSION));
  if (metadata) into.set(METADATA_KEY, JSON.stringify(metadata));
}

export const isTrace = (metadata: ReadonlyMap<string, string>): boolean =>
  metadata.get('schema') === TRACE_SCHEMA && metadata.has(METADATA_KEY);

/** The metadata of a canonical trace of this version. Throws a plain error where it is damaged. */
export function decodeMetadata(metadata: ReadonlyMap<string, string>): TraceMetadata {
  const found = JSON.parse(metadata.get(METADATA_KEY) ?? '') as TraceMetadata;
  if (!isSound(found)) throw new Error('damaged metadata');
  return found;
}

const isSound = ({
  originNs,
  samples,
  host,
  coverage,
  health,
  commandPid,
  recorderName,
  cgroups,
}: TraceMetadata): boolean =>
  /^-?\d{1,20}$/.test(originNs) &&
  Number.isSafeInteger(samples) &&
  typeof host === 'object' &&
  wrongHostFact({ ...host }) === undefined &&
  SIGNALS.every((signal) => ['recorded', 'inferred', 'absent'].includes(coverage[signal])) &&
  health.every(
    ({ key, count, first }) => Object.hasOwn(HEALTH, key) && Number.isSafeInteger(count) && isPlace(first),
  ) &&
  (commandPid === undefined || Number.isInteger(commandPid)) &&
  (recorderName === undefined || typeof recorderName === 'string') &&
  (cgroups === undefined || typeof cgroups === 'boolean');

const isPlace = (first: HealthEntry['first']): boolean =>
  [first.ns, first.byte].every((at) => at === undefined || typeof at === 'number');
