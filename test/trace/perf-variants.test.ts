import { describe, expect, test } from 'vitest';
import type { Bytes } from '../../src/io/bytes.ts';
import { bytesOf } from '../../src/io/memory.ts';
import { openTrace } from '../../src/pipeline.ts';
import { perfData } from '../../src/trace/readers/perf-data.ts';
import { byteSwapped } from '../support/big-endian.ts';
import { zstdBomb } from '../support/compress.ts';
import { eventsOf } from '../support/events.ts';
import { FIXTURES, fixture, PERF_VARIANTS, perfVariant } from '../support/fixtures.ts';
import {
  changed,
  grown,
  reversed,
  takeApart,
  withAlignedCompression,
  withAttrsOf,
  withData,
  withoutIds,
} from '../support/perf-data.ts';
import { openBytes, sourceOf, wholeOf, withFile } from '../support/replay.ts';
import { temporaryFolder } from '../support/temporary.ts';

const temporary = temporaryFolder();
const FILES = PERF_VARIANTS.filter(({ name }) => !name.startsWith('threads'));

const eventsIn = async (file: Uint8Array): Promise<readonly string[]> => eventsOf(await openBytes(file));
const healthOf = async (file: Uint8Array): Promise<unknown> => {
  const trace = await openBytes(file);
  await eventsOf(trace);
  return trace.health.entries();
};

describe.each(FILES)('$name', ({ name, path, truth }) => {
  test('reads the same from a stream of tiny chunks', async () => {
    const file = await wholeOf(path);
    const stream: Bytes = { ...bytesOf(file, 'stream', 13), readAt: undefined, length: undefined };
    expect(await eventsOf(await openTrace(sourceOf(stream), {}))).toEqual(await eventsIn(file));
  });

  test('reads the same where each read gives a few bytes only', async () => {
    const file = await wholeOf(path);
    const few: Bytes = {
      ...bytesOf(file),
      readAt(offset, into) {
        const some = file.subarray(offset, offset + Math.min(into.length, 1 + (offset % 37)));
        into.set(some);
        return some.length;
      },
    };
    expect(await eventsOf(await openTrace(sourceOf(few), {}))).toEqual(await eventsIn(file));
  });

  test('is recognised by its content under another name', async () => {
    const format = await withFile(temporary.file(`unknown-${name}`, await wholeOf(path)), async (source) => {
      return (await openTrace(source, {})).format;
    });
    expect(format).toBe('perf.data');
  });

  test('comes in the order of time, with all samples', async () => {
    const trace = await openBytes(await wholeOf(path));
    const times = (await eventsOf(trace)).map((event) => Number(event.split(' ')[0]));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(trace.samples).toBe(truth.events);
    expect(trace.health.entries()).toEqual([]);
  });
});

test('a recording is read in memory where nothing else is offered', async () => {
  const file = await wholeOf(perfVariant('compressed').path);
  expect(await eventsOf(await perfData.open(bytesOf(file), { strict: true }))).toEqual(await eventsIn(file));
});

describe('a compressed recording', () => {
  const whole = (): Promise<Uint8Array> => wholeOf(perfVariant('compressed').path);

  test('has records that are cut by the edges of compressed ones', async () => {
    const compressed = takeApart(await whole()).records.filter(({ type }) => type === 81);
    expect(compressed.length).toBeGreaterThan(8);
  });

  test('reads the same in the form that newer versions of perf write', async () => {
    const file = await whole();
    expect(await eventsIn(withAlignedCompression(file))).toEqual(await eventsIn(file));
  });

  test('reads the same where a record of the newer form is so long that its size became 0', async () => {
    const file = withAlignedCompression(await whole());
    const { records } = takeApart(file);
    const last = records.filter(({ type }) => type === 83).at(-1)!;
    // Without padding, as perf leaves it then.
    const inside = Number(new DataView(file.buffer).getBigUint64(last.offset + 8, true));
    const padding = last.size - 16 - inside;
    expect(padding).toBeGreaterThan(0);
    const { data } = takeApart(file);
    const [before, after] = [
      file.slice(data.offset, last.offset + 16 + inside),
      file.subarray(last.offset + last.size, data.offset + data.size),
    ];
    new DataView(before.buffer).setUint16(last.offset - data.offset + 6, 0, true);
    const cut = withData(file, data, Buffer.concat([before, after]));
    expect(await eventsIn(cut)).toEqual(await eventsIn(file));
  });

  test('whose stream is broken is read up to there, and the record is told', async () => {
    const file = await whole();
    const broken = takeApart(file).records.filter(({ type }) => type === 81)[5];
    const damaged = changed(file, (_view, bytes) => bytes.fill(0xa5, broken.offset + 8, broken.offset + broken.size));
    const [all, some] = [await eventsIn(file), await eventsIn(damaged)];
    expect(some.length).toBeGreaterThan(50);
    expect(some.length).toBeLessThan(all.length);
    expect(await healthOf(damaged)).toMatchObject([{ key: 'truncated', count: 1, first: { byte: broken.offset } }]);
  });

  test('that unpacks to more than any recording is refused', { timeout: 120_000 }, async () => {
    const file = await whole();
    const first = takeApart(file).records.find(({ type }) => type === 81)!;
    // Eights make records of 2 056 bytes.
    const inside = zstdBomb(8, 4_000);
    const record = Buffer.concat([Uint8Array.of(81, 0, 0, 0, 0, 0, 0, 0), inside]);
    record.writeUInt16LE(record.length, 6);
    const { data } = takeApart(file);
    const [before, after] = [
      file.subarray(data.offset, first.offset),
      file.subarray(first.offset, data.offset + data.size),
    ];
    await expect(openBytes(withData(file, data, Buffer.concat([before, record, after])))).rejects.toThrow(
      /more than 2000 times/,
    );
  });
});

describe('a recording of a big-endian machine', () => {
  const files: readonly (readonly [string, () => Promise<Uint8Array>])[] = [
    ...FIXTURES.map(({ name }) => [name, () => Promise.resolve(fixture(`${name}.perf.data`))] as const),
    ...['one-event', 'mixed', 'cgroups'].map((name) => [name, () => wholeOf(perfVariant(name).path)] as const),
  ];
  test.each(files)('%s reads as on a little-endian one', async (_name, read) => {
    const file = await read();
    const swapped = byteSwapped(file);
    expect(Buffer.from(swapped.subarray(0, 8)).toString()).toBe('2ELIFREP');
    expect(await eventsIn(swapped)).toEqual(await eventsIn(file));
    const [{ host }, { host: expected }] = [await openBytes(swapped), await openBytes(file)];
    expect(host).toEqual(expected);
  });
});

describe('structs of events of another length', () => {
  test.each([64, 72, 80, 96, 104, 112, 120, 136, 144, 4000])('%i bytes', async (size) => {
    const file = fixture('fx-setu.perf.data');
    expect(await eventsIn(withAttrsOf(file, size))).toEqual(await eventsIn(file));
  });
});

describe('samples without ids', () => {
  test('of one shape are told apart by the number of their tracepoint', async () => {
    const file = await wholeOf(perfVariant('cgroups').path);
    expect(await eventsIn(withoutIds(file))).toEqual(await eventsIn(file));
  });

  test('of shapes that differ are refused', async () => {
    const file = withoutIds(await wholeOf(perfVariant('cgroups').path));
    const { attrs } = takeApart(file);
    const differing = changed(file, (view) => view.setUint32(attrs[1].offset + 24, 0x587 | 32, true));
    await expect(openBytes(differing)).rejects.toThrow(/cannot be told apart/);
  });
});

describe('a folder of files', () => {
  test.each(['threads', 'threads-compressed'])('%s is one recording, in order', async (name) => {
    const { path, truth } = perfVariant(name);
    await withFile(path, async (source) => {
      expect(source.bytes.parts?.length).toBe(3);
      const trace = await openTrace(source, {});
      const times = (await eventsOf(trace)).map((event) => Number(event.split(' ')[0]));
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(trace.samples).toBe(truth.events);
      expect(trace.health.entries()).toEqual([]);
    });
  });

  test('without a file named data is told from a file', async () => {
    await expect(withFile(temporary.path, () => Promise.resolve())).rejects.toThrow(/is a directory/);
  });
});

describe('perf that was killed', () => {
  test('while it wrote into a pipe leaves what can be read', async () => {
    const { path, truth } = perfVariant('killed');
    expect((await openBytes(await wholeOf(path))).samples).toBe(truth.events);
  });

  test('leaves a file without formats, which is refused with what to do', async () => {
    const file = fixture('fx-true.perf.data');
    const { data } = takeApart(file);
    const killed = changed(file.subarray(0, data.offset + data.size), (view, bytes) => {
      view.setBigUint64(48, 0n, true);
      bytes.fill(0, 72, 104);
    });
    await expect(openBytes(killed)).rejects.toThrow(/was not finished.*pipe/);
  });
});

test('a pipe that ends inside a record is read up to there', async () => {
  const file = await wholeOf(perfVariant('pipe').path);
  const cut = file.subarray(0, file.length - 4_000);
  const events = await eventsIn(cut);
  expect(events.length).toBeGreaterThan(600);
  expect(await healthOf(cut)).toMatchObject([{ key: 'truncated', severity: 'data-loss', count: 1 }]);
});

test('a pipe that ends before its formats is bad input', async () => {
  const file = await wholeOf(perfVariant('pipe').path);
  await expect(openBytes(file.subarray(0, 8_000))).rejects.toThrow(/before its event formats/);
  await expect(openBytes(file.subarray(0, 20))).rejects.toThrow(/cut inside its header/);
});

test('one round that is the whole file, last record first, is put in order', async () => {
  const file = fixture('fx-setu.perf.data');
  const { records } = takeApart(file);
  expect(records.length).toBeGreaterThan(1_000);
  const times = (await eventsIn(reversed(grown(file, {})))).map((event) => Number(event.split(' ')[0]));
  expect(times).toEqual([...times].sort((a, b) => a - b));
});
