import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { bytesOf } from '../../src/io/memory.ts';
import { hashing, sha256Of } from '../../src/io/node/hash.ts';
import { openInput } from '../../src/io/node/input.ts';
import { contentOf, data, dataPath, failureOf, folder, sample } from './helpers.ts';

const whole = sample();
const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

function file(content: Uint8Array | string): string {
  const path = join(folder(), 'name-says.nothing');
  writeFileSync(path, content);
  return path;
}

test('a plain file can be sought', async () => {
  const input = await openInput(file(whole));
  expect(input.length).toBe(whole.length);
  expect(input.readAt?.(0, new Uint8Array(5))).toBe(5);
  expect(input.codec).toBeUndefined();
  await input.close();
});

test('a zstd file is decompressed, whatever its name', async () => {
  const input = await openInput(file(data('sample.zst')));
  expect(input.readAt).toBeUndefined();
  expect(input.codec).toBe('zstd');
  expect((await contentOf(input)).equals(whole)).toBe(true);
  await input.close();
});

test('a gzip file is decompressed', async () => {
  const input = await openInput(file(gzipSync(whole)));
  expect((await contentOf(input)).equals(whole)).toBe(true);
  await input.close();
});

test('the tear of a compressed file shows', async () => {
  const input = await openInput(file(data('sample.zst').subarray(0, 5000)));
  await contentOf(input);
  expect(input.tear?.byte).toBe(5000);
  await input.close();
});

test('a compressed file is identified by its stored bytes, read or not', async () => {
  const path = dataPath('sample.zst');
  const identity = { sha256: sha256(data('sample.zst')), size: data('sample.zst').length };
  const input = await openInput(path);
  expect(await input.identity()).toEqual(identity);
  await contentOf(input);
  expect(await input.identity()).toEqual(identity);
  await input.close();
});

test.skipIf(process.platform !== 'linux')('a stream is identified by what was read of it', async () => {
  const input = await openInput('/dev/null');
  await contentOf(input);
  expect(await input.identity()).toEqual({ sha256: sha256(new Uint8Array(0)), size: 0 });
  await input.close();
});

test('a compression that we do not undo is refused with the command that does', async () => {
  const path = file(Buffer.concat([Buffer.from('BZh91AY&SY'), whole]));
  const failure = await failureOf(() => openInput(path));
  expect(failure.what).toBe('compressed with bzip2');
  expect(failure.todo).toContain('bzip2 -dc');
});

test('an empty file is an input without bytes', async () => {
  const input = await openInput(file(''));
  expect(await contentOf(input)).toHaveLength(0);
  await input.close();
});

test('hashing sees what passes by, and no more', async () => {
  const watched = hashing(bytesOf(Uint8Array.of(1, 2, 3, 4), 'x', 2));
  const pieces = watched.chunks()[Symbol.asyncIterator]();
  await pieces.next();
  expect(watched.count).toBe(2);
  expect(watched.digest()).toBe(sha256(Uint8Array.of(1, 2)));
  await pieces.next();
  expect(watched.digest()).toBe(sha256(Uint8Array.of(1, 2, 3, 4)));
});

test('the hash of a source does not depend on its pieces', async () => {
  expect(await sha256Of(bytesOf(whole, 'x', 777))).toEqual({ sha256: sha256(whole), size: whole.length });
});
