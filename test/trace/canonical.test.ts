import { Schema, Table, tableFromArrays, tableFromIPC, tableToIPC } from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { PtilabError } from '../../src/errors.ts';
import { bytesOf } from '../../src/io/memory.ts';
import { openTrace } from '../../src/pipeline.ts';
import { bytesOfTable, TABLES } from '../../src/report/tables.ts';
import { isKernelThreadName } from '../../src/trace/kernel-threads.ts';
import { traceSchema } from '../../src/trace/canonical.ts';
import { coverageOf } from '../../src/trace/coverage.ts';
import { READERS, recognise, SNIFF_BYTES } from '../../src/trace/readers/index.ts';
import { gzipSync, zstdOf } from '../support/compress.ts';
import { eventsOf } from '../support/events.ts';
import { FIXTURES, fixture, KERNEL_BUILD } from '../support/fixtures.ts';
import {
  importBytes,
  importFile,
  openBytes,
  replayBytes,
  replayFile,
  sourceOf,
  withoutFiles,
} from '../support/replay.ts';
import { readTable } from '../support/polars.ts';
import { temporaryFolder } from '../support/temporary.ts';

const temporary = temporaryFolder();

describe.each(FIXTURES)('$name as a canonical trace', ({ name }) => {
  const file = fixture(`${name}.perf.data`);

  test('has the same events, column for column', async () => {
    const imported = await openBytes(await importBytes(file));
    expect(await eventsOf(imported)).toEqual(await eventsOf(await openBytes(file)));
  });

  test('replays to the same answer', async () => {
    const [original, imported] = [await replayBytes(file), await replayBytes(await importBytes(file))];
    expect(imported.result.trace.files[0].format).toBe('ptilab');
    expect(withoutFiles(imported.result)).toEqual(withoutFiles(original.result));
  });

  test('is written twice as the same bytes', async () => {
    expect(Buffer.from(await importBytes(file)).equals(await importBytes(file))).toBe(true);
  });

  test('imported again is the same file', async () => {
    const once = await importBytes(file);
    expect(Buffer.from(await importBytes(once)).equals(once)).toBe(true);
  });

  test('is recognised by exactly one reader, and so is the original', async () => {
    const sniffedBy = (data: Uint8Array): readonly string[] =>
      READERS.filter((reader) => reader.sniff(data.subarray(0, SNIFF_BYTES))).map((reader) => reader.id);
    expect(sniffedBy(file)).toEqual(['perf.data']);
    expect(sniffedBy(await importBytes(file))).toEqual(['ptilab']);
  });

  test('is recognised by its content under any name', async () => {
    const trace = await openTrace(sourceOf(bytesOf(await importBytes(file), 'unknown')), {});
    expect(trace.format).toBe('ptilab');
  });
});

test('half a million events in several batches replay to the same answer', { timeout: 60_000 }, async () => {
  const { result } = await replayFile(KERNEL_BUILD.path);
  const imported = await replayFile(temporary.file('build.arrow', await importFile(KERNEL_BUILD.path)));
  expect(withoutFiles(imported.result)).toEqual(withoutFiles(result));
});

test('the columns and their types are those of the contract', async () => {
  const table = tableFromIPC(await importBytes(fixture('fx-true.perf.data')));
  expect(table.schema.fields.map((field) => `${field.name} ${String(field.type)}`)).toEqual([
    'timeNs Int64',
    'cpu Int16',
    'tid Int32',
    'pid Int32',
    'kind Dictionary<Int32, Utf8>',
    'nr Int32',
    ...['a0', 'a1', 'a2', 'a3', 'a4', 'a5', 'result'].map((name) => `${name} Int64`),
    'depth Uint8',
    'flags Uint8',
    'text Dictionary<Int32, Utf8>',
    'text2 Dictionary<Int32, Utf8>',
  ]);
  expect(table.schema.metadata.get('schema')).toBe('ptilab.trace');
  expect(table.schema.metadata.get('version')).toBe('1');
});

test('another program reads the columns with their types, and every row', async () => {
  const file = fixture('fx-true.perf.data');
  const { columns, rows } = readTable(temporary.file('trace.arrow', await importBytes(file)));
  expect(columns.map(([name, type]) => `${name} ${type}`).join(', ')).toBe(
    'timeNs Int64, cpu Int16, tid Int32, pid Int32, kind Categorical, nr Int32, a0 Int64, a1 Int64, a2 Int64, ' +
      'a3 Int64, a4 Int64, a5 Int64, result Int64, depth UInt8, flags UInt8, text Categorical, text2 Categorical',
  );
  const events = await eventsOf(await openBytes(file));
  expect(rows.map(({ kind, cpu, tid, nr }) => [kind, cpu, tid, nr].join(' '))).toEqual(
    events.map((event) => event.split(' ')).map(([, kind, cpu, tid, , nr]) => [kind, cpu, tid, nr].join(' ')),
  );
});

test.each([
  ['gzip', (data: Uint8Array) => new Uint8Array(gzipSync(data))],
  ['zstd', zstdOf],
])('a canonical trace compressed with %s is read as it is', async (codec, compress) => {
  const plain = await importBytes(fixture('fx-setu.perf.data'));
  const { result } = await replayFile(temporary.file(`trace.arrow.${codec}`, compress(plain)));
  expect(withoutFiles(result)).toEqual(withoutFiles((await replayBytes(plain)).result));
});

describe('a redacted trace', () => {
  test.each(FIXTURES)('of $name has no name of a task, file or command of the user', async ({ name }) => {
    const file = fixture(`${name}.perf.data`);
    const trace = await openBytes(file);
    const texts = new Set<string>();
    await trace.readEvents((batch, from, to) => {
      for (let row = from; row < to; row++)
        for (const id of [batch.text[row], batch.text2[row]]) texts.add(trace.strings.text(id));
    });
    for (const word of trace.host.command?.argv ?? []) texts.add(word);
    // What decides whose task it is stays.
    for (const text of texts) if (text === trace.recorderName || isKernelThreadName(text)) texts.delete(text);
    const redacted = Buffer.from(await importBytes(file, true)).toString('latin1');
    const long = [...texts].filter((text) => text.length > 3);
    expect(long.length).toBeGreaterThan(5);
    expect(long.filter((text) => redacted.includes(text))).toEqual([]);
  });

  test.each(FIXTURES)('of $name keeps every count, of what was measured and of others', async ({ name }) => {
    const file = fixture(`${name}.perf.data`);
    const { result } = await replayBytes(await importBytes(file, true));
    const plain = (await replayBytes(file)).result;
    const counted = ({ totals, inferred, lanes, trace: { scope } }: typeof plain): unknown => ({
      totals,
      inferred,
      lanes,
      scope,
    });
    expect(counted(result)).toEqual(counted(plain));
  });
});

describe('an Arrow file that is no trace of ours is refused in words', () => {
  const SOUND = JSON.stringify({ originNs: '0', samples: 0, host: {}, coverage: coverageOf(new Set()), health: [] });
  const withColumns = (columns: number, version: string, metadata = SOUND): Uint8Array => {
    const described = { schema: 'ptilab.trace', version, ptilab: metadata };
    const fields = traceSchema(new Map()).fields.slice(0, columns);
    return tableToIPC(new Table(new Schema(fields, new Map(Object.entries(described)))), 'file');
  };

  test.each([
    ['any table', tableToIPC(tableFromArrays({ a: Int32Array.of(1) }), 'file'), 'not a trace'],
    ['a newer version', withColumns(17, '2'), 'version 2, newer than 1'],
    ['a newer version with other columns', withColumns(9, '3'), 'version 3, newer than 1'],
    ['a newer version with other metadata', withColumns(17, '4', '{"clock":[]}'), 'version 4, newer than 1'],
    ['a version without its columns', withColumns(9, '1'), 'other columns'],
    ['only the magic', new Uint8Array(Buffer.from('ARROW1\0\0')), 'damaged or torn'],
  ])('%s', async (_what, file, words) => {
    const error: unknown = await openBytes(file).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PtilabError);
    expect(error).toMatchObject({ kind: 'input', what: expect.stringContaining(words) as string });
  });

  test('a table of a result', async () => {
    const lanes = bytesOfTable(TABLES[0], await replayBytes(fixture('fx-true.perf.data')));
    await expect(openBytes(lanes)).rejects.toThrow('not a trace');
  });
});

test.each(['', 'no trace at all\n', '\u0001\u0002\u0003', 'ARROW', 'PERFILE'])(
  '%j is recognised by no reader',
  (text) => {
    expect(recognise(new Uint8Array(Buffer.from(text)))).toBeUndefined();
  },
);

test('a reader is listed once', () => {
  expect(new Set(READERS.map(({ id }) => id)).size).toBe(READERS.length);
});
