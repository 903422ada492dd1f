import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { bytesOf } from '../../src/io/memory.ts';
import { openTrace } from '../../src/pipeline.ts';
import { EVENT_KINDS } from '../../src/trace/event.ts';
import { csv } from '../../src/trace/readers/csv.ts';
import { recognise } from '../../src/trace/readers/index.ts';
import type { Trace } from '../../src/trace/trace.ts';
import { damageOf, damaged, fuzz, survives } from '../support/damage.ts';
import { endless } from '../support/endless.ts';
import { eventsOf } from '../support/events.ts';
import { fixture, fixturePath } from '../support/fixtures.ts';
import { openBytes, replayFile, withFile } from '../support/replay.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { expectedOf, fixturesOf, truthOf } from '../support/texts.ts';

const temporary = temporaryFolder();
const FILE = fixture('fx-lseek.csv');

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const open = (text: string): Promise<Trace> => openBytes(encode(text));
const read = async (text: string): Promise<readonly string[]> => eventsOf(await open(text));
const healthOf = async (text: string): Promise<Readonly<Record<string, number>>> => {
  const trace = await open(text);
  await eventsOf(trace);
  return Object.fromEntries(trace.health.entries().map(({ key, count }) => [key, count]));
};

const HEADER = 'timeNs,cpu,tid,pid,kind,nr,a0,a1,result,text';
const ROW = '1000,0,417,400,sys-enter,1,2,3,0,';
const EVENT = '0 sys-enter 0 417 400 1 2,3,0,0,0,0 0 255 0 "" ""';
const table = (...rows: readonly string[]): string => `${[HEADER, ...rows].join('\n')}\n`;

describe.each(fixturesOf('csv'))('$file', (recording) => {
  const { file } = recording;

  test('has the totals and samples that another program counted', async () => {
    const { result } = await replayFile(fixturePath(file));
    expect({ totals: result.totals, events: result.trace.events }).toEqual(expectedOf(truthOf(recording)));
    expect(result.trace.health.filter(({ severity }) => severity !== 'info')).toEqual([]);
  });

  test('has the events of the recording it was made from', async () => {
    const [ours, original] = [await openBytes(FILE), await openBytes(fixture('fx-lseek.perf.data'))];
    expect(await eventsOf(ours)).toEqual(await eventsOf(original));
    expect(ours.originNs).toBe(original.originNs);
  });

  test('is recognised by its content, under another name', async () => {
    const unknown = temporary.file('unknown', readFileSync(fixturePath(file)));
    expect(await withFile(unknown, async (source) => (await openTrace(source, {})).format)).toBe('csv');
  });

  test.each([1, 7, 61, 4_096])('reads the same in pieces of %i bytes', async (size) => {
    const pieces = await csv.open(bytesOf(FILE, 'pieces', size), { strict: true });
    expect(await eventsOf(pieces)).toEqual(await eventsOf(await openBytes(FILE)));
  });
});

describe('the columns', () => {
  test('may come in any order, and all but three be left out', async () => {
    expect(await read('kind,tid,timeNs\nsys-enter,417,5\n')).toEqual([
      '0 sys-enter -1 417 -1 0 0,0,0,0,0,0 0 255 0 "" ""',
    ]);
  });

  test.each(['timeNs', 'tid', 'kind'])('must hold %s, which is named where it is missing', async (name) => {
    const text = table(ROW).replace(name, 'other');
    await expect(open(text)).rejects.toMatchObject({ kind: 'input', what: expect.stringContaining(name) as string });
  });

  test('must not be there twice', async () => {
    await expect(open(table(ROW).replace('pid,', 'tid,'))).rejects.toMatchObject({ kind: 'input' });
  });

  test('that are not known are counted and ignored', async () => {
    const text = 'timeNs,user,tid,kind,"and, another"\n7,root,417,nmi,"x, ""y"""\n';
    expect(await read(text)).toEqual(['0 nmi -1 417 -1 0 0,0,0,0,0,0 0 255 0 "" ""']);
    expect(await healthOf(text)).toEqual({ 'unknown-column': 2 });
  });

  test('may be in quotes, with blanks around, behind a byte order mark', async () => {
    expect(await read(`\ufeff"timeNs", tid ,"kind"\n7,417,nmi\n`)).toHaveLength(1);
  });
});

describe('a cell', () => {
  const wide = async (cell: string): Promise<string | undefined> =>
    (await read(table(ROW, ROW.replace(',2,3,0,', `,${cell},3,${cell},`))))[1];

  test.each([
    ['0', '0', '0'],
    ['18446744073709551615', '18446744073709551615', '-1'],
    ['-1', '18446744073709551615', '-1'],
    ['-4294967296', '18446744069414584320', '-4294967296'],
    ['0xffffffffffffffff', '18446744073709551615', '-1'],
    ['0xFFFFFF9C', '4294967196', '4294967196'],
    ['9223372036854775808', '9223372036854775808', '-9223372036854775808'],
    ['-9223372036854775808', '9223372036854775808', '-9223372036854775808'],
    ['9007199254740993', '9007199254740993', '9007199254740993'],
    [' 12 ', '12', '12'],
    ['"12"', '12', '12'],
    ['', '0', '0'],
  ])('of 64 bits %j is kept bit for bit', async (cell, argument, result) => {
    const columns = (await wide(cell))?.split(' ');
    expect(columns?.[6].split(',')[0]).toBe(argument);
    expect(columns?.[7]).toBe(result);
  });

  test.each([
    '18446744073709551616',
    '-9223372036854775809',
    '0x10000000000000000',
    '1.5',
    'x',
    '1e3',
    '--1',
    '0x',
    '-',
  ])('of 64 bits cannot be %j: the row is counted as damaged', async (cell) => {
    expect(await wide(cell)).toBeUndefined();
    expect(await healthOf(table(ROW, ROW.replace(',2,3,0,', `,${cell},3,${cell},`)))).toEqual({ 'damaged-record': 1 });
  });

  test.each([
    ['a CPU above 32767', '1000,32768,417,400,sys-enter,1,2,3,0,'],
    ['a task above 2^31 - 1', '1000,0,2147483648,400,sys-enter,1,2,3,0,'],
    ['no time', ',0,417,400,sys-enter,1,2,3,0,'],
    ['no task', '1000,0,,400,sys-enter,1,2,3,0,'],
    ['no kind', '1000,0,417,400,,1,2,3,0,'],
    ['a time that is no whole number', '1000.5,0,417,400,sys-enter,1,2,3,0,'],
    ['a cell less than the header', '1000,0,417,400,sys-enter,1,2,3,0'],
    ['a cell more', '1000,0,417,400,sys-enter,1,2,3,0,,'],
  ])('makes a row with %s damaged', async (_what, row) => {
    expect(await healthOf(table(ROW, row, ROW))).toEqual({ 'damaged-record': 1 });
    expect(await read(table(ROW, row, ROW))).toEqual([EVENT, EVENT]);
  });

  test.each(EVENT_KINDS.map((kind) => [kind]))('of the kind may be %s', async (kind) => {
    expect((await read(table(ROW, ROW.replace('sys-enter', kind))))[1].split(' ')[1]).toBe(kind);
  });

  test('of another kind is one the model has no use for', async () => {
    expect(await healthOf(table(ROW, ROW.replace('sys-enter', 'page-out')))).toEqual({ 'unknown-event': 1 });
  });

  test.each([
    ['"a,b"', 'a,b'],
    ['"a ""b"""', 'a "b"'],
    ['"a\nb"', 'a\nb'],
    ['"a\r\nb,""\n"', 'a\r\nb,"\n'],
    ['""', ''],
    [' a ', ' a '],
    ['日本', '日本'],
  ])('of text %j is kept as it is', async (cell, text) => {
    const events = await read(table(ROW + cell, ROW));
    expect(events[0].endsWith(` ${JSON.stringify(text)} ""`)).toBe(true);
    expect(events[1]).toBe(EVENT);
  });
});

describe('times', () => {
  const times = async (...cells: readonly string[]): Promise<readonly number[]> =>
    (await read(table(...cells.map((cell) => ROW.replace('1000', cell))))).map((event) => Number(event.split(' ')[0]));

  test('count from the first event, to the nanosecond, at any clock', async () => {
    const later = `0x${1795420989000000000n.toString(16)}`;
    expect(await times('1795420987999999999', '1795420988000000006', later)).toEqual([0, 7, 1_000_000_001]);
    expect(await times('0', '999999999', '1000000001')).toEqual([0, 999_999_999, 1_000_000_001]);
  });

  test('within 10 ms of a later one are put in order', async () => {
    expect(await times('20000000', '10000001', '20000000', '15000000')).toEqual([0, 4_999_999, 9_999_999, 9_999_999]);
  });

  test('further back are kept where they are and counted, once rows before them are handed on', async () => {
    const rows = Array.from({ length: 5_000 }, (_, i) => ROW.replace('1000', String(1_000_000 * (i + 100))));
    expect(await healthOf(table(...rows, ROW))).toEqual({ 'late-event': 1 });
  });

  test('of notes may lie before the first sample', async () => {
    const events = await read(table(ROW.replace('sys-enter', 'noted-fork'), ROW.replace('1000', '1500')));
    expect(events.map((event) => event.split(' ')[0])).toEqual(['-500', '0']);
  });
});

describe('line ends', () => {
  test('may be CR LF', async () => {
    expect(await read(table(ROW, `${ROW}"a"`).replaceAll('\n', '\r\n'))).toEqual(await read(table(ROW, `${ROW}"a"`)));
  });

  test('may be missing behind the last row, as RFC 4180 has it', async () => {
    expect(await read(table(ROW, ROW).trimEnd())).toEqual([EVENT, EVENT]);
    expect(await healthOf(table(ROW, ROW).trimEnd())).toEqual({});
  });

  test('of empty lines mean nothing', async () => {
    expect(await read(table(ROW, '', ROW, ''))).toEqual([EVENT, EVENT]);
    expect(await healthOf(table(ROW, '', ROW, ''))).toEqual({});
  });
});

describe('a file that breaks off', () => {
  test.each([
    ['inside a row', '1000,0,417'],
    ['inside quotes', `${ROW}"and so`],
  ])('%s is read up to there, which is counted with its place', async (_what, rest) => {
    const text = table(ROW) + rest;
    const trace = await open(text);
    expect(await eventsOf(trace)).toEqual([EVENT]);
    expect(trace.health.entries()).toMatchObject([{ key: 'truncated', count: 1, first: { byte: table(ROW).length } }]);
    await expect(eventsOf(await openBytes(encode(text), 'cut', true))).rejects.toMatchObject({ kind: 'input' });
  });
});

describe('a quote that should not be there', () => {
  test.each([
    ['inside a cell', `${ROW}5" disk`],
    ['behind a cell in quotes', `${ROW}"a"b`],
    ['that opens a cell and is never closed', `${ROW}"a`],
  ])('%s costs its own line and no other', async (_what, row) => {
    for (const rows of [
      [row, ROW, ROW],
      [ROW, row, ROW],
      [row, ROW, row, ROW],
    ]) {
      const bad = rows.filter((each) => each === row).length;
      expect(await read(table(...rows))).toEqual(rows.slice(bad).map(() => EVENT));
      expect(await healthOf(table(...rows))).toEqual({ 'damaged-record': bad });
    }
  });
});

test('a table without a row of use is refused', async () => {
  await expect(read(`${HEADER}\n`)).rejects.toMatchObject({ kind: 'input' });
  await expect(read(HEADER)).rejects.toMatchObject({ kind: 'input' });
});

test('lost events that a row tells of, or a line of bpftrace, are counted', async () => {
  expect(await healthOf(table(ROW, 'Lost 4 events', ROW, 'Lost 3 events'))).toEqual({ lost: 7 });
  expect(await healthOf(table(ROW, 'Lost events', 'Lost x events'))).toEqual({ 'damaged-record': 2 });
  expect(await healthOf(table(ROW, '1001,0,-1,-1,lost,0,70,0,0,'))).toEqual({ lost: 70 });
});

test.each(['a,b,c\n1,2,3\n', 'name;tid;kind\n', 'timeNs tid kind\n', 'x,"tid\n', '\0,\0\n'])(
  '%j is not taken for it',
  (text) => expect(recognise(encode(text))).toBeUndefined(),
);

describe('whatever the bytes', () => {
  const CELL = fc.oneof(
    fc.constantFrom(
      '',
      '0',
      '-1',
      '0x10',
      '1000',
      'sys-enter',
      'switch',
      '"',
      '""',
      '"a"',
      ' ',
      '\n',
      '\r\n',
      ',',
      '\0',
    ),
    fc.string({ maxLength: 6 }),
  );
  const ROWS = fc.array(fc.array(CELL, { maxLength: 12 }), { maxLength: 8 });
  const text = (rows: readonly (readonly string[])[]): string =>
    table(ROW, ...rows.map((cells) => cells.join(',')), ROW, ROW);

  test('a table gives an answer or a clear refusal', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(ROWS, async (rows) => {
        await survives(encode(text(rows)));
      }),
      fuzz(8),
    );
  });

  test('a table is read in pieces as it is as a whole', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(ROWS, fc.integer({ min: 1, max: 40 }), async (rows, size) => {
        const data = encode(text(rows));
        const [pieces, whole] = [
          await csv.open(bytesOf(data, 'pieces', size), { strict: false }),
          await csv.open(bytesOf(data), { strict: false }),
        ];
        expect(await eventsOf(pieces)).toEqual(await eventsOf(whole));
        expect(pieces.health.entries()).toEqual(whole.health.entries());
      }),
      fuzz(9),
    );
  });

  test('cells are the same to the library and without it', { timeout: 120_000 }, async () => {
    const cell = fc.constantFrom(
      '0',
      '-1',
      '7',
      '0x1f',
      '9007199254740993',
      '',
      'x',
      '2147483648',
      '99999999999999999999',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(cell, { minLength: 8, maxLength: 8 }), async (cells) => {
        const [time, cpu, tid, pid, nr, a0, a1, result] = cells;
        const row = (kind: string, quoted: string): string =>
          [time, cpu, tid, pid, kind, nr, a0, a1, result, quoted].join(',');
        // A doubled quote is for the library alone.
        const [plain, library] = await Promise.all(
          ['q', '"""q"'].map((name) => read(table(ROW, row('sys-enter', name)))),
        );
        expect(library.map((event) => event.replace('\\"', ''))).toEqual(plain);
      }),
      fuzz(10),
    );
  });

  test('a damaged file gives an answer or a clear refusal', { timeout: 120_000 }, async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(damageOf(FILE.length, fc.nat({ max: 3_000 })), async (damage) => {
        seen.add(await survives(damaged(FILE, damage)));
      }),
      fuzz(11),
    );
    expect([...seen]).toContain('answer');
  });
});

describe('a record of a gigabyte', () => {
  test.each([
    ['without quotes', ''],
    ['that begins inside quotes', `${ROW}"`],
  ])('%s is passed over and counted, in little memory', { timeout: 60_000 }, async (_what, begin) => {
    const source = endless(encode(table(ROW) + begin), 1024 * 1024, 1024, encode(`\n${ROW}\n`));
    const before = process.memoryUsage().arrayBuffers;
    const trace = await csv.open(source.bytes, { strict: true });
    expect(await eventsOf(trace)).toEqual([EVENT, EVENT]);
    expect(trace.health.of('damaged-record')).toBe(1);
    expect(source.handedOut()).toBeGreaterThan(2 ** 30);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
  });
});
