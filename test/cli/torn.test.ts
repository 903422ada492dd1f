import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { ReplayResult } from '../../src/report/result.ts';
import { expectFailure, run } from '../support/cli.ts';
import { gzipSync, zstdOf } from '../support/compress.ts';
import { fixture, FIXTURES } from '../support/fixtures.ts';
import { SAMPLE, changed, takeApart } from '../support/perf-data.ts';
import { importBytes } from '../support/replay.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { totalsOf } from '../support/truth.ts';

const temporary = temporaryFolder();
const FILE = fixture('fx-true.perf.data');
const { truth } = FIXTURES.find(({ name }) => name === 'fx-true')!;
const { attrs, data, features, records } = takeApart(FILE);
const formats = features.get(1)!;
const end = data.offset + data.size;

describe.concurrent('a recording cut before the end of its event formats is bad input', () => {
  test.each([
    ['inside the header', 40],
    ['inside the list of events', attrs[2].offset + 30],
    ['inside the data', data.offset + 5_000],
    ['inside the table of features', end + 40],
    ['inside the formats', formats.offset + formats.size / 2],
  ])('%s', async (_where, cut) => {
    const output = temporary.fresh('out');
    const ran = await run(['replay', temporary.file('cut.perf.data', FILE.subarray(0, cut)), '-o', output]);
    expectFailure(ran, 3);
    expect(existsSync(output)).toBe(false);
  });
});

test.each([
  ['zstd', zstdOf(FILE).subarray(0, 12)],
  ['gzip', gzipSync(FILE).subarray(0, 15)],
])('a %s stream cut before anything could be read is torn, not empty', async (_codec, cut) => {
  const ran = await run(['info', temporary.file('cut', cut)]);
  expectFailure(ran, 3);
  expect(ran.stderr).toContain('before any event');
});

/** A later tear: all before it is read, and that is said once. */
async function expectCountedLoss(file: Uint8Array, name: string, byte: number): Promise<ReplayResult> {
  const path = temporary.file(name, file);
  const ran = await run(['replay', path, '--json']);
  expect(ran.status).toBe(0);
  expect(ran.stderr).toMatch(/^ptilab: [^\n]+: [^\n]+: [^\n]+\n$/);
  expect(ran.stderr).toContain(`at byte ${byte}`);
  const result = JSON.parse(ran.stdout) as ReplayResult;
  expect(result.trace.health).toContainEqual({ key: 'truncated', severity: 'data-loss', count: 1, first: { byte } });
  return result;
}

async function expectRefusedWhenStrict(file: Uint8Array, name: string): Promise<void> {
  const output = temporary.fresh('out');
  expectFailure(await run(['replay', temporary.file(name, file), '--strict', '-o', output]), 3);
  expect(existsSync(output)).toBe(false);
}

/** What the file looks like without its last bytes, in each way to store it; and where it breaks off. */
const CUT = FILE.length - 1_500;
const zstd = zstdOf(FILE);
const gzip = gzipSync(FILE, { level: 0 });

describe.concurrent.each([
  ['a plain file', FILE.subarray(0, CUT)],
  ['a zstd file', zstd.subarray(0, zstd.length - 1_500)],
  ['a gzip file', gzip.subarray(0, gzip.length - 1_500)],
])('%s cut behind the formats', (_what, file) => {
  test('is read up to there, with the byte of the file as it is stored', async () => {
    const result = await expectCountedLoss(file, 'cut', file.length);
    expect(result.totals).toEqual(totalsOf(truth));
  });

  test('is refused where that was asked for', async () => {
    await expectRefusedWhenStrict(file, 'cut');
  });
});

describe.concurrent('a compressed file cut before the end of the formats is bad input', () => {
  test.each([
    ['zstd', fixture('fx-setu.perf.data.zst'), 0.9],
    ['zstd', fixture('fx-setu.perf.data.zst'), 0.1],
    ['gzip', fixture('fx-true.perf.data.gz'), 0.5],
    ['gzip', fixture('fx-true.perf.data.gz'), 0.01],
  ])('%s', async (_codec, file, share) => {
    expectFailure(await run(['replay', temporary.file('cut', file.subarray(0, file.length * share))]), 3);
  });
});

test('a changed byte in compressed data is told with its place', async () => {
  const bad = changed(gzip, (_view, bytes) => bytes.set([bytes[bytes.length - 5] ^ 1], bytes.length - 5));
  const ran = await run(['info', temporary.file('bad.gz', bad)]);
  expect(ran.status).toBe(0);
  expect(ran.stderr).toMatch(/^ptilab: .*at byte \d+/);
});

test('a record that breaks the data off is told with its byte', async () => {
  const middle = records.filter(({ type }) => type === SAMPLE)[250];
  const torn = changed(FILE, (view) => view.setUint16(middle.offset + 6, 3, true));
  const result = await expectCountedLoss(torn, 'torn', middle.offset);
  expect(result.totals.syscalls).toBeLessThan(truth.per_kind['raw_syscalls:sys_enter']);
});

test('a tear in front of the first event is bad input', async () => {
  const [first] = records;
  expectFailure(
    await run([
      'replay',
      temporary.file(
        'torn',
        changed(FILE, (view) => view.setUint16(first.offset + 6, 3, true)),
      ),
    ]),
    3,
  );
});

describe.concurrent('a canonical trace', () => {
  test.each([0.2, 0.7, 0.99])('cut at %d of its length is bad input', async (share) => {
    const file = await importBytes(FILE);
    expectFailure(await run(['replay', temporary.file('cut.arrow', file.subarray(0, file.length * share))]), 3);
  });
});

test('import of a cut recording keeps what is told of the cut', async () => {
  const output = temporary.fresh('cut.arrow');
  const ran = await run(['import', temporary.file('cut.perf.data', FILE.subarray(0, CUT)), '-o', output]);
  expect(ran.status).toBe(0);
  expect(ran.stderr.split('\n')).toHaveLength(2);
  const replayed = await run(['replay', output, '--json']);
  expect((JSON.parse(replayed.stdout) as ReplayResult).trace.health.map(({ key }) => key)).toContain('truncated');
});
