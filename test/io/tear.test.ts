import fc from 'fast-check';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { PtilabError } from '../../src/errors.ts';
import type { CodecId } from '../../src/io/codecs.ts';
import { bytesOf } from '../../src/io/memory.ts';
import { decompressed } from '../../src/io/node/decompress.ts';
import { contentOf, data, sample } from './helpers.ts';

const whole = sample();
/** What one block of zstd holds at most; gzip gives back nearly everything. */
const BLOCK = 128 * 1024;

async function outcome(stored: Uint8Array, codec: CodecId, chunkSize?: number) {
  const source = decompressed(bytesOf(stored, 'file', chunkSize), codec);
  const content = await contentOf(source);
  return {
    content,
    tear: source.tear,
    isPrefix: content.equals(whole.subarray(0, content.length)),
  };
}

const stored: readonly [CodecId, Uint8Array][] = [
  ['zstd', data('sample.zst')],
  ['zstd', data('sample-long27.zst')],
  ['gzip', gzipSync(whole)],
  ['xz', data('sample.xz')],
  ['xz', data('sample-streams.xz')],
  ['lz4', data('sample.lz4')],
  ['lz4', data('sample-frames.lz4')],
];

test('a file cut anywhere yields a prefix of the whole and is torn where it was cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...stored),
      fc.double({ min: 0, max: 0.999999, noNaN: true }),
      fc.integer({ min: 100, max: 100_000 }),
      async ([codec, all], where, chunkSize) => {
        const cut = Math.max(2, Math.floor(where * all.length));
        const { tear, isPrefix } = await outcome(all.subarray(0, cut), codec, chunkSize);
        expect(isPrefix).toBe(true);
        expect(tear?.byte).toBe(cut);
      },
    ),
    { numRuns: 120 },
  );
});

test('every block that is whole before the cut is delivered', async () => {
  const all = data('sample.zst');
  for (const { start, blocks } of blocksOf(all)) {
    const { content } = await outcome(all.subarray(0, start), 'zstd');
    expect(content.length).toBe(Math.min(blocks * BLOCK, whole.length));
  }
});

test('a corrupt zstd block takes no earlier block with it', async () => {
  const all = new Uint8Array(data('sample.zst'));
  const third = blocksOf(all)[2].start;
  all.fill(0xff, third - 3, third); // a block header of a reserved type
  const { content, tear, isPrefix } = await outcome(all, 'zstd');
  expect(content.length).toBe(2 * BLOCK);
  expect(isPrefix).toBe(true);
  expect(tear?.reason).toBe('a compressed block is corrupt');
  expect(Math.abs((tear?.byte ?? 0) - third)).toBeLessThan(20_000);
});

test('a changed byte in a zstd frame is found by its checksum', async () => {
  const all = new Uint8Array(data('sample.zst'));
  all[all.length - 1] ^= 1;
  const { content, tear } = await outcome(all, 'zstd');
  expect(content.length).toBe(whole.length);
  expect(tear?.reason).toContain('checksum');
});

test('a changed byte of xz or lz4 is never taken for the content', async () => {
  const all: readonly [CodecId, Uint8Array][] = [
    ['xz', data('sample.xz')],
    ['lz4', data('sample.lz4')],
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...all),
      fc.double({ min: 0, max: 0.999999, noNaN: true }),
      fc.integer({ min: 1, max: 255 }),
      async ([codec, good], where, change) => {
        const bad = new Uint8Array(good);
        bad[Math.floor(where * good.length)] ^= change;
        const told = await outcome(bad, codec).then(
          ({ tear, content }) => tear !== undefined || content.equals(whole),
          (error: unknown) => error instanceof PtilabError,
        );
        expect(told).toBe(true);
      },
    ),
    { numRuns: 200 },
  );
});

test('a changed checksum of a gzip member is found', async () => {
  const all = new Uint8Array(gzipSync(whole));
  all[all.length - 8] ^= 1;
  const { content, tear } = await outcome(all, 'gzip');
  expect(content.length).toBe(whole.length);
  expect(tear?.reason).toContain('checksum');
});

test('corrupt deflate data tears the file after at most 64 KiB were lost', async () => {
  const good = gzipSync(whole.subarray(0, 300_000));
  const bad = Buffer.concat([good.subarray(0, 10), new Uint8Array(100).fill(0xff)]);
  const { content, tear, isPrefix } = await outcome(Buffer.concat([good, bad]), 'gzip');
  expect(content.length).toBe(300_000);
  expect(isPrefix).toBe(true);
  expect(tear).toEqual({ byte: good.length + 10, reason: 'the deflate data is corrupt' });
});

test('garbage after a zstd frame is a tear at the end of the frame', async () => {
  const all = data('sample.zst');
  const { content, tear } = await outcome(Buffer.concat([all, Buffer.from('garbage')]), 'zstd');
  expect(content.length).toBe(whole.length);
  expect(tear).toEqual({ byte: all.length, reason: 'what follows is not a zstd frame' });
});

test('garbage after the magic ends soon and never throws anything unexpected', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (junk) => {
      const { tear } = await outcome(Buffer.concat([Buffer.of(0x1f, 0x8b, 8, 0), junk]), 'gzip');
      expect(tear).toBeDefined();
    }),
    { numRuns: 50 },
  );
});

/** Where the content of each block of a zstd file of one frame begins, and how many blocks are whole before there. */
function blocksOf(file: Uint8Array): readonly { readonly start: number; readonly blocks: number }[] {
  const found: { start: number; blocks: number }[] = [];
  const descriptor = file[4];
  expect(descriptor).toBe(0xa4); // one segment, checksum, four bytes of size: a header of nine bytes
  for (let at = 9, last = false; !last;) {
    const header = file[at] | (file[at + 1] << 8) | (file[at + 2] << 16);
    last = (header & 1) === 1;
    found.push({ start: at + 3, blocks: found.length });
    at += 3 + (header >> 3);
  }
  return found;
}
