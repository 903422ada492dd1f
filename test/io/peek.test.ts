import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesOf } from '../../src/io/memory.ts';
import { peek } from '../../src/io/peek.ts';
import { contentOf, unseekable } from './helpers.ts';

test('peeking at a pipe shows its head and loses nothing, whatever the sizes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 100 }),
      fc.integer({ min: 1, max: 40 }),
      fc.nat(120),
      async (data, chunkSize, n) => {
        const { head, bytes } = await peek(unseekable(bytesOf(data, 'x', chunkSize)), n);
        expect([...head]).toEqual([...data.subarray(0, n)]);
        expect([...(await contentOf(bytes))]).toEqual([...data]);
      },
    ),
    { numRuns: 100 },
  );
});

test('peeking at a pipe twice still loses nothing', async () => {
  const once = await peek(unseekable(bytesOf(Uint8Array.of(1, 2, 3, 4, 5), 'x', 2)), 3);
  const twice = await peek(once.bytes, 4);
  expect([...twice.head]).toEqual([1, 2, 3, 4]);
  expect([...(await contentOf(twice.bytes))]).toEqual([1, 2, 3, 4, 5]);
});

test('peeking at a file leaves it as it was', async () => {
  const file = bytesOf(Uint8Array.of(1, 2, 3), 'x');
  const { head, bytes } = await peek(file, 2);
  expect([...head]).toEqual([1, 2]);
  expect(bytes).toBe(file);
});
