import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { CODEC_HEAD, codecOf, foreignCodecOf } from '../../src/io/codecs.ts';
import { data } from './helpers.ts';

const head = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, CODEC_HEAD);
const text = (content: string): Uint8Array => new TextEncoder().encode(content);

test('gzip is recognised', () => {
  expect(codecOf(head(gzipSync('x')))).toBe('gzip');
});

test('zstd is recognised', () => {
  expect(codecOf(head(data('sample.zst')))).toBe('zstd');
});

test('zstd is recognised by a skippable frame in front', () => {
  expect(codecOf(head(data('sample-frames.zst')))).toBe('zstd');
});

test.each(['sample.xz', 'sample-streams.xz', 'sample.lz4', 'sample-frames.lz4'])('%s is recognised', (name) => {
  expect(codecOf(head(data(name)))).toBe(name.split('.')[1]);
});

test('nothing is recognised in plain content, however short', () => {
  for (const plain of ['', 'P', 'PERFILE2', '(', 'P*M', 'BZh this is a text']) {
    expect(codecOf(text(plain))).toBeUndefined();
    expect(foreignCodecOf(text(plain))).toBeUndefined();
  }
});

test('a compression that we do not undo is told by name', () => {
  expect(foreignCodecOf(Uint8Array.of(2, 0x21, 0x4c, 0x18))?.id).toBe('lz4 in its legacy format');
  expect(foreignCodecOf(text('BZh91AY&SY'))?.id).toBe('bzip2');
});
