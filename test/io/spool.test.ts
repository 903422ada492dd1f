import { readdirSync } from 'node:fs';
import { afterEach, expect, test, vi } from 'vitest';
import { bytesOf } from '../../src/io/memory.ts';
import { decompressed } from '../../src/io/node/decompress.ts';
import { seekable, spool } from '../../src/io/node/spool.ts';
import { contentOf, data, failureOf, folder, sample, unseekable } from './helpers.ts';

afterEach(() => vi.unstubAllEnvs());

function temporaryFolder(): string {
  const path = folder();
  vi.stubEnv('TMPDIR', path);
  return path;
}

test('a spooled stream can be sought and keeps its name', async () => {
  const spooled = await spool(unseekable(bytesOf(sample(), 'a name', 1000)));
  const into = new Uint8Array(100);
  expect(spooled.name).toBe('a name');
  expect(spooled.length).toBe(sample().length);
  expect(spooled.readAt?.(5000, into)).toBe(100);
  expect(into).toEqual(sample().subarray(5000, 5100));
  expect((await contentOf(spooled)).equals(sample())).toBe(true);
  await spooled.close();
});

test('a spooled stream keeps its tear', async () => {
  const spooled = await spool(decompressed(bytesOf(data('sample.zst').subarray(0, 9000), 'x'), 'zstd'));
  expect(spooled.tear?.byte).toBe(9000);
  await spooled.close();
});

test.skipIf(process.platform === 'win32')(
  'no name is left in the temporary folder, even while it is read',
  async () => {
    const path = temporaryFolder();
    const spooled = await spool(bytesOf(sample(), 'x'));
    expect(readdirSync(path)).toEqual([]);
    await spooled.close();
  },
);

test('nothing is left where the source fails', async () => {
  const path = temporaryFolder();
  await failureOf(() => spool(decompressed(bytesOf(data('window-256m.zst'), 'x'), 'zstd')));
  expect(readdirSync(path)).toEqual([]);
});

test('closing what was spooled closes its source', async () => {
  let closed = 0;
  const source = { ...bytesOf(sample(), 'x'), close: () => Promise.resolve(closed++).then(() => undefined) };
  await (await spool(source)).close();
  expect(closed).toBe(1);
});

test.skipIf(process.platform === 'win32')('a missing temporary folder is told, and what to set', async () => {
  vi.stubEnv('TMPDIR', '/nowhere');
  const failure = await failureOf(() => spool(bytesOf(sample(), 'x')));
  expect(failure.kind).toBe('output');
  expect(failure.where).toBe('/nowhere');
  expect(failure.todo).toContain('TMPDIR');
});

test('only what cannot seek is spooled', async () => {
  const file = bytesOf(sample(), 'x');
  expect(await seekable(file)).toBe(file);
  const spooled = await seekable(unseekable(file));
  expect(spooled.readAt).toBeDefined();
  await spooled.close();
});
