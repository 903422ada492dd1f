/** Writes any trace as a canonical one, in batches: memory does not grow with the length of the trace, only with its names. */
import {
  Data,
  makeData,
  RecordBatch,
  RecordBatchFileWriter,
  Struct,
  Utf8,
  vectorFromArray,
  type Schema,
} from 'apache-arrow';
import {
  DictionaryId,
  encodeMetadata,
  ROWS_PER_BATCH,
  traceSchema,
  TRACE_COLUMNS,
  type TraceMetadata,
} from './canonical.ts';
import { ARGS, EVENT_KINDS, type EventBatch } from './event.ts';
import { isKernelThreadName } from './kernel-threads.ts';
import type { HostFacts, Trace } from './trace.ts';

export interface CanonicalOptions {
  /** Leave out the texts of the user's: names and files. */
  readonly redact: boolean;
}

/** @param write - takes the bytes of the file, in order */
export async function writeCanonical(
  trace: Trace,
  options: CanonicalOptions,
  write: (chunk: Uint8Array) => void,
): Promise<void> {
  const metadata = new Map<string, string>();
  encodeMetadata(metadata, undefined);
  const schema = traceSchema(metadata);
  const written = options.redact ? redactor(trace) : (text: number) => trace.strings.text(text);
  const texts = [createTextIds(written), createTextIds(written)] as const;
  const file = new LateDictionaryWriter(write, () => [
    [DictionaryId.kind, EVENT_KINDS],
    [DictionaryId.text, texts[0].list()],
    [DictionaryId.text2, texts[1].list()],
  ]);
  const rows = createRows();
  const flush = (): void => {
    if (rows.length > 0) file.write(batchOf(schema, rows));
    rows.length = 0;
  };
  file.reset(undefined, schema);
  await trace.readEvents((batch, from, to) => {
    for (let row = from; row < to; row++) {
      if (rows.length === ROWS_PER_BATCH) flush();
      copy(batch, row, rows, trace.originNs, texts);
    }
  });
  flush();
  encodeMetadata(metadata, metadataOf(trace, options));
  file.finish();
}

function metadataOf(trace: Trace, { redact }: CanonicalOptions): TraceMetadata {
  return {
    originNs: String(trace.originNs),
    samples: trace.samples,
    host: redact ? withoutTexts(trace.host) : trace.host,
    coverage: trace.coverage,
    health: trace.health.entries().map(({ key, count, first }) => ({ key, count, first })),
    commandPid: trace.commandPid,
    recorderName: trace.recorderName,
    ...(trace.recordsCgroups === true && { cgroups: true }),
  };
}

/** What the command was called is text of the user's. */
function withoutTexts(host: HostFacts): HostFacts {
  const { command, ...rest } = host;
  return command?.pid === undefined ? rest : { ...rest, command: { pid: command.pid } };
}

/**
 * apache-arrow writes a dictionary before the first batch that uses it, and a grown one as a delta, which few readers take. The
 * file format finds dictionaries through the footer, so they can as well stand behind the batches, once and whole.
 */
class LateDictionaryWriter extends RecordBatchFileWriter {
  readonly #out: (chunk: Uint8Array) => void;
  readonly #dictionaries: () => readonly (readonly [id: number, texts: readonly string[]])[];

  constructor(out: (chunk: Uint8Array) => void, dictionaries: () => readonly (readonly [number, readonly string[]])[]) {
    super();
    this.#out = out;
    this.#dictionaries = dictionaries;
  }

  protected override _write(chunk: ArrayBufferView | Uint8Array): this {
    const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (this._started && bytes.length > 0) {
      // Buffers are reused for the next batch: what leaves must be written or copied at once.
      this.#out(bytes);
      this._position += bytes.length;
    }
    return this;
  }

  protected override _writeDictionaries(): this {
    return this;
  }

  protected override _writeFooter(schema: Schema): this {
    for (const [id, texts] of this.#dictionaries())
      this._writeDictionaryBatch(vectorFromArray(texts, new Utf8()).data[0], id);
    return super._writeFooter(schema);
  }
}

/**
 * Texts of the user's become numbers, in the order of first use. Names that decide what a task is stay, so that the counts do
 * too: those of kernel threads, and the recorder's.
 */
function redactor({ strings, recorderName }: Trace): (text: number) => string {
  const numbers = new Map<number, number>();
  return (text) => {
    const plain = strings.text(text);
    if (isKernelThreadName(plain) || plain === recorderName) return plain;
    const number = numbers.get(text) ?? numbers.size + 1;
    numbers.set(text, number);
    return `redacted-${number}`;
  };
}

/** Ids of the texts of one column, in the order of first use. */
function createTextIds(written: (text: number) => string): { id(text: number): number; list(): readonly string[] } {
  const ids = new Map<number, number>([[0, 0]]);
  const list = [''];
  return {
    id(text) {
      let id = ids.get(text);
      if (id === undefined) {
        id = list.length;
        list.push(written(text));
        ids.set(text, id);
      }
      return id;
    },
    list: () => list,
  };
}

interface Rows {
  length: number;
  readonly time: BigInt64Array;
  readonly cpu: Int16Array;
  readonly tid: Int32Array;
  readonly pid: Int32Array;
  readonly kind: Int32Array;
  readonly nr: Int32Array;
  readonly args: readonly BigUint64Array[];
  readonly result: BigInt64Array;
  readonly depth: Uint8Array;
  readonly flags: Uint8Array;
  readonly text: Int32Array;
  readonly text2: Int32Array;
}

const createRows = (): Rows => ({
  length: 0,
  time: new BigInt64Array(ROWS_PER_BATCH),
  cpu: new Int16Array(ROWS_PER_BATCH),
  tid: new Int32Array(ROWS_PER_BATCH),
  pid: new Int32Array(ROWS_PER_BATCH),
  kind: new Int32Array(ROWS_PER_BATCH),
  nr: new Int32Array(ROWS_PER_BATCH),
  args: Array.from({ length: ARGS }, () => new BigUint64Array(ROWS_PER_BATCH)),
  result: new BigInt64Array(ROWS_PER_BATCH),
  depth: new Uint8Array(ROWS_PER_BATCH),
  flags: new Uint8Array(ROWS_PER_BATCH),
  text: new Int32Array(ROWS_PER_BATCH),
  text2: new Int32Array(ROWS_PER_BATCH),
});

type TextIds = ReturnType<typeof createTextIds>;

function copy(
  batch: EventBatch,
  row: number,
  rows: Rows,
  origin: bigint,
  [text, text2]: readonly [TextIds, TextIds],
): void {
  const at = rows.length++;
  rows.time[at] = origin + BigInt(batch.time[row]);
  rows.cpu[at] = batch.cpu[row]!;
  rows.tid[at] = batch.tid[row]!;
  rows.pid[at] = batch.pid[row]!;
  rows.kind[at] = batch.kind[row]!;
  rows.nr[at] = batch.nr[row]!;
  for (let i = 0; i < ARGS; i++) rows.args[i][at] = batch.args[row * ARGS + i]!;
  rows.result[at] = batch.result[row]!;
  rows.depth[at] = batch.depth[row]!;
  rows.flags[at] = batch.flags[row]!;
  rows.text[at] = text.id(batch.text[row]);
  rows.text2[at] = text2.id(batch.text2[row]);
}

function batchOf(schema: Schema, rows: Rows): RecordBatch {
  const { length } = rows;
  const columns = [
    rows.time,
    rows.cpu,
    rows.tid,
    rows.pid,
    rows.kind,
    rows.nr,
    ...rows.args.map((arg) => new BigInt64Array(arg.buffer)),
    rows.result,
    rows.depth,
    rows.flags,
    rows.text,
    rows.text2,
  ];
  const children = TRACE_COLUMNS.map(
    ([, type], i) => new Data(type, 0, length, 0, [undefined, columns[i].subarray(0, length)]),
  );
  return new RecordBatch(schema, makeData({ type: new Struct(schema.fields), length, nullCount: 0, children }));
}
