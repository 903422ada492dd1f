import { describe, expect, test } from 'vitest';
import { PtilabError } from '../../src/errors.ts';
import type { HealthEntry } from '../../src/trace/health.ts';
import { eventsOf } from '../support/events.ts';
import { fixture } from '../support/fixtures.ts';
import { changed, grown, InSample, lostRecord, SAMPLE, takeApart } from '../support/perf-data.ts';
import { openBytes } from '../support/replay.ts';

const FILE = fixture('fx-true.perf.data');
const PARTS = takeApart(FILE);
const SAMPLES = PARTS.records.filter((record) => record.type === SAMPLE);
const MIDDLE = SAMPLES[SAMPLES.length >> 1];

async function read(file: Uint8Array): Promise<{ events: readonly string[]; health: readonly HealthEntry[] }> {
  const trace = await openBytes(file);
  const events = await eventsOf(trace);
  return { events, health: trace.health.entries().filter(({ key }) => !key.startsWith('inferred-')) };
}

const failureOf = async (file: Uint8Array, strict = false): Promise<PtilabError> => {
  const error: unknown = await openBytes(file, 'file', strict).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(PtilabError);
  return error as PtilabError;
};

test('an undamaged recording has nothing to report', async () => {
  const { events, health } = await read(FILE);
  expect(events.length).toBeGreaterThan(SAMPLES.length);
  expect(health).toEqual([]);
});

test('a sample shorter than its format is counted with its place and skipped', async () => {
  const damaged = changed(FILE, (view) => view.setUint32(MIDDLE.offset + InSample.rawSize, 4, true));
  const { events, health } = await read(damaged);
  expect(health).toMatchObject([{ key: 'damaged-record', count: 1, first: { byte: MIDDLE.offset } }]);
  expect(events.length).toBe((await read(FILE)).events.length - 1);
});

test('a sample of an event that was never announced is counted and skipped', async () => {
  const damaged = changed(FILE, (view) => view.setBigUint64(MIDDLE.offset + InSample.id, 1n << 60n, true));
  const { health } = await read(damaged);
  expect(health).toMatchObject([{ key: 'damaged-record', count: 1, first: { byte: MIDDLE.offset } }]);
});

test('samples of an event without a format are counted as of no use', async () => {
  const flushes = 34;
  const id = idOfFormat('tlb_flush');
  const foreign = changed(FILE, (view) => {
    for (const attr of PARTS.attrs)
      if (view.getBigUint64(attr.offset + 8, true) === BigInt(id)) view.setBigUint64(attr.offset + 8, 65_000n, true);
  });
  const { events, health } = await read(foreign);
  expect(health).toMatchObject([{ key: 'unknown-event', severity: 'info', count: flushes }]);
  expect(events.length).toBe((await read(FILE)).events.length - flushes);
});

test('a record without a size ends the reading there, with all before it kept', async () => {
  const torn = changed(FILE, (view) => view.setUint16(MIDDLE.offset + 6, 0, true));
  const { events, health } = await read(torn);
  expect(health.find(({ key }) => key === 'truncated')).toMatchObject({
    severity: 'data-loss',
    count: 1,
    first: { byte: MIDDLE.offset },
  });
  expect(events.length).toBeGreaterThan(SAMPLES.length / 2 - 1);
  expect(events.length).toBeLessThan(SAMPLES.length);
});

test('lost events are an event, and are counted', async () => {
  const last = SAMPLES[SAMPLES.length - 1];
  const view = new DataView(FILE.buffer, FILE.byteOffset);
  const time = view.getBigUint64(last.offset + InSample.time, true);
  const { events, health } = await read(grown(FILE, { records: lostRecord(70, time, 1) }));
  expect(health).toMatchObject([{ key: 'lost', severity: 'data-loss', count: 70 }]);
  expect(events.filter((event) => event.split(' ')[1] === 'lost')).toHaveLength(1);
});

test('a file cut behind its formats is read whole and the cut is told with its byte', async () => {
  const cut = FILE.length - 1_000;
  const { events, health } = await read(FILE.subarray(0, cut));
  expect(events).toEqual((await read(FILE)).events);
  expect(health).toMatchObject([{ key: 'truncated', severity: 'data-loss', count: 1, first: { byte: cut } }]);
});

test('a file cut behind its formats is refused where that was asked for', async () => {
  const error = await failureOf(FILE.subarray(0, FILE.length - 1_000), true);
  expect(error).toMatchObject({ kind: 'input', what: 'perf.data breaks off' });
});

describe('a file cut before the end of its formats is bad input', () => {
  const formats = PARTS.features.get(1)!;
  test.each([
    ['inside the magic', 5],
    ['inside the header', 60],
    ['inside the list of events', PARTS.attrs[3].offset + 20],
    ['at the first record', PARTS.data.offset],
    ['inside the data', MIDDLE.offset + 11],
    ['at the end of the data', PARTS.data.offset + PARTS.data.size],
    ['inside the table of features', PARTS.data.offset + PARTS.data.size + 24],
    ['inside the formats', formats.offset + 900],
    ['one byte before their end', formats.offset + formats.size - 1],
  ])('%s', async (_where, cut) => {
    expect((await failureOf(FILE.subarray(0, cut))).kind).toBe('input');
  });
});

describe('what perf can write and this reader cannot read is refused in words', () => {
  const magic = (text: string): Uint8Array => changed(FILE, (_view, bytes) => bytes.set(Buffer.from(text)));
  test.each([
    ['the format of 2009', magic('PERFFILE'), 'version 1'],
    ['an unfinished file', changed(FILE, (view) => view.setBigUint64(48, 0n, true)), 'was not finished'],
  ])('%s', async (_what, file, words) => {
    expect(await failureOf(file)).toMatchObject({ kind: 'input', what: expect.stringContaining(words) as string });
  });
});

/** The number of a tracepoint, from the format text in the file. */
function idOfFormat(name: string): number {
  const text = Buffer.from(FILE).toString('latin1');
  return Number(/ID: (\d+)/.exec(text.slice(text.indexOf(`name: ${name}\n`)))![1]);
}

describe('a text whose place lies outside its sample', () => {
  const exec = SAMPLES.find(({ offset, size }) =>
    Buffer.from(FILE.subarray(offset, offset + size)).includes('/bin/true'),
  )!;
  /** Where the sample holds the place of its file name: behind the fields that all tracepoints have. */
  const place = exec.offset + InSample.raw + 8;
  const outside = changed(FILE, (view) => view.setUint32(place, (40 << 16) | 0xfff0, true));
  const filesOf = (events: readonly string[]): readonly string[] =>
    events.filter((event) => event.split(' ')[1] === 'exec').map((event) => event.split(' ').at(-2)!);

  test('is the one that was meant', async () => {
    expect(filesOf((await read(FILE)).events)).toEqual(['"/usr/bin/env"', '"/bin/true"']);
  });

  test('is not read from other records', async () => {
    const inside = changed(FILE, (view) => view.setUint32(place, (16 << 16) | 200, true));
    expect(['"/usr/bin/env" ""', '"/usr/bin/env"']).toContain(filesOf((await read(inside)).events).join(' '));
  });

  test.each([0, 8, 1_000, 60_000])('does no harm %i bytes before the edge of a block', async (distance) => {
    const padding = 256 * 1024 - (exec.offset + exec.size) - distance;
    const { events } = await read(grown(outside, { padding }));
    expect(filesOf(events)[0]).toBe('"/usr/bin/env"');
  });
});
