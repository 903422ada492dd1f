/** The canonical Arrow trace, read like any other format. */
import type { AsyncRecordBatchFileReader, Field, RecordBatch } from 'apache-arrow';
import { inputError, printable } from '../../errors.ts';
import type { Bytes } from '../../io/bytes.ts';
import { damageIsInput, openArrowFile } from '../arrow-file.ts';
import { decodeMetadata, isTrace, TRACE_VERSION, traceSchema, type TraceMetadata } from '../canonical.ts';
import { ARGS, createBatch, EVENT_KINDS, type EventKind, type EventSink } from '../event.ts';
import { createHealth, type Health } from '../health.ts';
import { createStringTable, type StringTable } from '../strings.ts';
import type { Trace, TraceReader } from '../trace.ts';

const MAGIC = 'ARROW1';
/** What to do about a damaged file. */
const AGAIN = 'import the recording again';

export const canonical: TraceReader = {
  id: 'ptilab',
  label: 'canonical Arrow trace (ptilab import)',
  priority: 20,
  recordWith: 'ptilab import TRACE -o FILE.arrow',
  seeks: true,
  sniff: (head) => String.fromCharCode(...head.subarray(0, MAGIC.length)) === MAGIC,
  open,
};

async function open(bytes: Bytes): Promise<Trace> {
  const where = printable(bytes.name);
  const { reader, metadata } = await understood(bytes, where);
  const health = createHealth();
  for (const { key, count, first } of metadata.health) health.count(key, first, count);
  const strings = createStringTable();
  const originNs = BigInt(metadata.originNs);
  return {
    format: canonical.id,
    originNs,
    host: metadata.host,
    coverage: metadata.coverage,
    recordsFlushes: metadata.coverage.tlbFlushes !== 'absent',
    recordsCgroups: metadata.cgroups ?? false,
    health,
    strings,
    commandPid: metadata.commandPid,
    recorderName: metadata.recorderName,
    samples: metadata.samples,
    async readEvents(sink) {
      const push = createPusher(strings, originNs, health, where);
      for (let i = 0; i < reader.numRecordBatches; i++) {
        const rows = await damageIsInput(where, AGAIN, () => reader.readRecordBatch(i));
        if (!rows) throw inputError('a torn Arrow file', where, AGAIN);
        push(rows, sink);
      }
    },
  };
}

async function understood(
  bytes: Bytes,
  where: string,
): Promise<{ reader: AsyncRecordBatchFileReader; metadata: TraceMetadata }> {
  return damageIsInput(where, AGAIN, async () => {
    const reader = await openArrowFile(bytes);
    const { schema } = reader;
    const version = Number(schema.metadata.get('version'));
    if (!isTrace(schema.metadata))
      throw inputError('an Arrow file, but not a trace', where, 'make one with ptilab import TRACE -o FILE.arrow');
    if (version > TRACE_VERSION)
      throw inputError(
        `a trace of version ${version}, newer than ${TRACE_VERSION}`,
        where,
        'read it with a newer ptilab',
      );
    if (namesOf(schema.fields) !== namesOf(traceSchema(new Map()).fields))
      throw inputError('a trace with other columns than its version has', where, AGAIN);
    return { reader, metadata: decodeMetadata(schema.metadata) };
  });
}

const namesOf = (fields: readonly Field[]): string => fields.map((field) => field.toString()).join();

type TypedColumn = BigInt64Array | Int32Array | Int16Array | Uint8Array;
type ColumnType<T extends TypedColumn> = new (length: number) => T;

/** The values of a column of a batch; a damaged file may lack them, or hold fewer than it says. */
function column<T extends TypedColumn>(rows: RecordBatch, name: string, type: ColumnType<T>, where: string): T {
  const values: unknown = rows.getChild(name)?.data[0]?.values;
  if (!(values instanceof type) || values.length < rows.numRows)
    throw inputError(`an Arrow file with a damaged column ${name}`, where, AGAIN);
  return values;
}

/** Reads a text column as ids in the trace's own table; each text of its dictionary is interned once. */
function textColumn(
  rows: RecordBatch,
  name: string,
  intern: (text: string) => number,
  known: number[],
  where: string,
): (i: number) => number {
  const keys = column(rows, name, Int32Array, where);
  const dictionary = rows.getChild(name)?.data[0]?.dictionary;
  return (i) => (known[keys[i]] ??= intern((dictionary?.get(keys[i]) ?? '') as string));
}

/** Pushes the rows of batches into a sink. */
function createPusher(
  strings: StringTable,
  originNs: bigint,
  health: Health,
  where: string,
): (rows: RecordBatch, sink: EventSink) => void {
  const batch = createBatch();
  const known = { kind: [] as number[], text: [] as number[], text2: [] as number[] };
  const intern = (text: string): number => strings.intern(text);
  return (rows, sink) => {
    const time = column(rows, 'timeNs', BigInt64Array, where);
    const cpu = column(rows, 'cpu', Int16Array, where);
    const tid = column(rows, 'tid', Int32Array, where);
    const pid = column(rows, 'pid', Int32Array, where);
    const kind = textColumn(rows, 'kind', (text) => EVENT_KINDS.indexOf(text as EventKind), known.kind, where);
    const nr = column(rows, 'nr', Int32Array, where);
    const args = Array.from({ length: ARGS }, (_, i) => column(rows, `a${i}`, BigInt64Array, where));
    const result = column(rows, 'result', BigInt64Array, where);
    const depth = column(rows, 'depth', Uint8Array, where);
    const flags = column(rows, 'flags', Uint8Array, where);
    const text = textColumn(rows, 'text', intern, known.text, where);
    const text2 = textColumn(rows, 'text2', intern, known.text2, where);
    const flush = (): void => {
      if (batch.length > 0) sink(batch, 0, batch.length);
      batch.length = 0;
    };
    for (let i = 0; i < rows.numRows; i++) {
      if (kind(i) < 0) {
        health.count('unknown-event');
        continue;
      }
      if (batch.length === batch.time.length) flush();
      const row = batch.length++;
      batch.time[row] = Number(time[i] - originNs);
      batch.cpu[row] = cpu[i];
      batch.tid[row] = tid[i];
      batch.pid[row] = pid[i];
      batch.kind[row] = kind(i);
      batch.nr[row] = nr[i];
      for (let a = 0; a < ARGS; a++) batch.args[row * ARGS + a] = args[a][i];
      batch.result[row] = result[i];
      batch.depth[row] = depth[i];
      batch.flags[row] = flags[i];
      batch.text[row] = text(i);
      batch.text2[row] = text2(i);
    }
    flush();
  };
}
