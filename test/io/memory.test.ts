import fc from 'fast-check';
import { expect, test } from 'vitest';
import { blobBytes } from '../../src/io/browser/file.ts';
import { bytesOf } from '../../src/io/memory.ts';
import { contentOf } from './helpers.ts';

const makers = {
  'an array': (data: Uint8Array, size?: number) => bytesOf(data, 'x', size),
  'a blob': (data: Uint8Array, size?: number) => blobBytes(new Blob([new Uint8Array(data)]), 'x', size),
};

for (const [what, make] of Object.entries(makers)) {
  test(`${what} yields its content in pieces of any size`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 1, max: 300 }), async (data, size) => {
        expect([...(await contentOf(make(data, size)))]).toEqual([...data]);
      }),
      { numRuns: 50 },
    );
  });

  test(`${what} is read at an offset as far as the buffer goes`, async () => {
    const into = new Uint8Array(2);
    expect(await make(Uint8Array.of(1, 2, 3, 4)).readAt?.(1, into)).toBe(2);
    expect([...into]).toEqual([2, 3]);
  });

  test(`${what} is read at an offset as far as it goes itself`, async () => {
    const bytes = make(Uint8Array.of(1, 2, 3));
    expect(await bytes.readAt?.(2, new Uint8Array(9))).toBe(1);
    expect(await bytes.readAt?.(3, new Uint8Array(9))).toBe(0);
    expect(await bytes.readAt?.(99, new Uint8Array(9))).toBe(0);
  });

  test(`${what} knows its length`, () => {
    expect(make(new Uint8Array(7)).length).toBe(7);
  });

  test(`${what} of no bytes yields nothing`, async () => {
    expect(await contentOf(make(new Uint8Array(0)))).toHaveLength(0);
  });
}
