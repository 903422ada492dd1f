import fc from 'fast-check';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { CodecId } from '../../src/io/codecs.ts';
import { bytesOf } from '../../src/io/memory.ts';
import { decompressed } from '../../src/io/node/decompress.ts';
import { contentOf, data, failureOf, sample } from './helpers.ts';

const whole = sample();
const bytes = (stored: Uint8Array, codec: CodecId, chunkSize?: number) =>
  decompressed(bytesOf(stored, 'file', chunkSize), codec);

async function isWhole(stored: Uint8Array, codec: CodecId, chunkSize?: number): Promise<boolean> {
  const source = bytes(stored, codec, chunkSize);
  return (await contentOf(source)).equals(whole) && source.tear === undefined;
}

test('zstd with a known size is undone', async () => {
  expect(await isWhole(data('sample.zst'), 'zstd')).toBe(true);
});

test('zstd with a window of 128 MiB and no size is undone', async () => {
  expect(await isWhole(data('sample-long27.zst'), 'zstd')).toBe(true);
});

test('zstd frames one after another, with skippable ones between, are undone', async () => {
  expect(await isWhole(data('sample-frames.zst'), 'zstd')).toBe(true);
});

test('xz of one stream is undone', async () => {
  expect(await isWhole(data('sample.xz'), 'xz')).toBe(true);
});

test('xz of several streams and blocks, with padding, is undone', async () => {
  expect(await isWhole(data('sample-streams.xz'), 'xz')).toBe(true);
});

test('lz4 whose blocks refer to those before them is undone', async () => {
  expect(await isWhole(data('sample.lz4'), 'lz4')).toBe(true);
});

test('lz4 frames one after another, with a skippable one between, are undone', async () => {
  expect(await isWhole(data('sample-frames.lz4'), 'lz4')).toBe(true);
});

test('gzip members one after another are undone', async () => {
  const half = whole.length >> 1;
  const members = [gzipSync(whole.subarray(0, half)), gzipSync(''), gzipSync(whole.subarray(half))];
  expect(await isWhole(Buffer.concat(members), 'gzip')).toBe(true);
});

test('a gzip header with a name, a comment, an extra field and a checksum is skipped', async () => {
  const plain = gzipSync(whole);
  const fields = Buffer.from('\x03\0abcname\0comment\0\x12\x34', 'latin1');
  const header = Buffer.concat([plain.subarray(0, 3), Buffer.of(0x1e), plain.subarray(4, 10), fields]);
  expect(await isWhole(Buffer.concat([header, plain.subarray(10)]), 'gzip', 1000)).toBe(true);
});

test('what follows the last gzip member is ignored', async () => {
  for (const tail of ['\0'.repeat(600), 'garbage', '\x1f', '\x1fgarbage']) {
    expect(await isWhole(Buffer.concat([gzipSync(whole), Buffer.from(tail, 'latin1')]), 'gzip')).toBe(true);
  }
});

test('the size of the pieces that come in does not matter', async () => {
  const inputs: readonly [Uint8Array, CodecId][] = [
    [data('sample-frames.zst'), 'zstd'],
    [gzipSync(whole), 'gzip'],
    [data('sample-streams.xz'), 'xz'],
    [data('sample-frames.lz4'), 'lz4'],
  ];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...inputs), fc.integer({ min: 1, max: 50_000 }), async ([stored, codec], size) => {
      expect(await isWhole(stored, codec, Math.max(size, 40))).toBe(true);
    }),
    { numRuns: 20 },
  );
});

test('the pieces that come out are small', async () => {
  for await (const piece of bytes(data('sample.zst'), 'zstd').chunks()) {
    expect(piece.length).toBeLessThanOrEqual(128 * 1024);
  }
});

test('content of exactly one output buffer is not taken for a tear', async () => {
  const source = bytes(gzipSync(new Uint8Array(64 * 1024)), 'gzip');
  expect(await contentOf(source)).toHaveLength(64 * 1024);
  expect(source.tear).toBeUndefined();
});

test('a file can be decompressed again from its beginning', async () => {
  const source = bytes(data('sample.zst'), 'zstd');
  await contentOf(source);
  expect((await contentOf(source)).equals(whole)).toBe(true);
});

test('several files can be decompressed at the same time', async () => {
  const zstd = ['sample.zst', 'sample-long27.zst', 'sample-frames.zst'].map((name) => bytes(data(name), 'zstd', 500));
  const xz = ['sample.xz', 'sample-streams.xz'].map((name) => bytes(data(name), 'xz', 500));
  const sources = [...zstd, ...xz, bytes(data('sample.lz4'), 'lz4', 500)];
  for (const content of await Promise.all(sources.map(contentOf))) expect(content.equals(whole)).toBe(true);
});

test('a zstd window above 128 MiB is refused in one line that says what to do', async () => {
  const failure = await failureOf(() => contentOf(bytes(data('window-256m.zst'), 'zstd')));
  expect(failure.kind).toBe('input');
  expect(failure.what).toBe('zstd window above 128 MiB');
  expect(failure.todo).toContain('zstd -dc --long=31 file | ptilab');
});

test.each([
  ['xz', 'sha256.xz', 'xz with a filter or a check that is not known here', 'xz -dc file | ptilab'],
  ['lz4', 'legacy.lz4', 'lz4 in its legacy format', 'lz4 -dc file | ptilab'],
] as const)('%s that needs what the decoder lacks is refused: %s', async (codec, file, what, todo) => {
  const failure = await failureOf(() => contentOf(bytes(data(file), codec)));
  expect([failure.kind, failure.what]).toEqual(['input', what]);
  expect(failure.todo).toContain(todo);
});

test('a bomb is refused before it fills the memory', async () => {
  let produced = 0;
  const failure = await failureOf(async () => {
    for await (const piece of bytes(data('bomb.zst'), 'zstd').chunks()) produced += piece.length;
  });
  expect(failure.what).toBe('more than 2000 times its compressed size');
  expect(produced).toBeLessThanOrEqual(256 * 1024 * 1024);
});
