import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PtilabError } from '../../src/errors.ts';
import type { Bytes } from '../../src/io/bytes.ts';
import { bytesOf } from '../../src/io/memory.ts';
import { isTar, membersOf } from '../../src/io/node/tar.ts';
import { contentOf, data, failureOf } from './helpers.ts';

const FORMATS = ['gnu', 'pax'] as const;
const archive = (format: (typeof FORMATS)[number]): Uint8Array => gunzipSync(data(`${format}.tar.gz`));
const LONG = `set/${'x'.repeat(120)}.333`;

/** Names and contents of the files of an archive. */
async function filesIn(stored: Uint8Array): Promise<readonly (readonly [name: string, content: string])[]> {
  const members = await membersOf(bytesOf(stored, 'set.tar'));
  return Promise.all(members.map(async (member) => [member.name, (await contentOf(member)).toString()] as const));
}

describe.each(FORMATS)('an archive of the format %s', (format) => {
  const whole = archive(format);

  test('is recognised', () => {
    expect(isTar(whole)).toBe(true);
  });

  test('has its files with their names, and neither folders, links nor empty files', async () => {
    expect(await filesIn(whole)).toEqual([
      ['set.tar:set/a.1', 'first\n'],
      ['set.tar:set/a.22', 'second file\n'],
      [`set.tar:${LONG}`, 'long\n'],
    ]);
  });

  test('has files that can be sought in', async () => {
    const [, member] = await membersOf(bytesOf(whole, 'set.tar'));
    const into = new Uint8Array(100);
    const got = await member.readAt!(7, into);
    expect([member.length, Buffer.from(into.subarray(0, got)).toString()]).toEqual([12, 'file\n']);
    expect(await member.readAt!(12, into)).toBe(0);
  });

  test('that breaks off has the files up to there, the last of them torn', async () => {
    // Headers and contents are 512 bytes each: the folder, a.1, and a.22, of which 3 bytes are left.
    const torn = whole.subarray(0, 4 * 512 + 3);
    const members = await membersOf(bytesOf(torn, 'set.tar'));
    const contents = await Promise.all(members.map(async (member) => (await contentOf(member)).toString()));
    expect(contents).toEqual(['first\n', 'sec']);
    expect(members.map(({ tear }) => tear?.byte)).toEqual([undefined, torn.length]);
  });

  test('with changed or missing bytes gives files of it or a clear refusal', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 })), { maxLength: 4 }),
        fc.nat({ max: whole.length }),
        async (changes, length) => {
          const bad = new Uint8Array(whole);
          for (const [at, to] of changes) bad[at] = to;
          const files = await filesIn(bad.subarray(0, length)).catch((error: unknown) => {
            expect(error).toBeInstanceOf(PtilabError);
            return [];
          });
          expect(files.reduce((sum, [, content]) => sum + content.length, 0)).toBeLessThanOrEqual(length);
        },
      ),
      { numRuns: 200 },
    );
  });
});

test.each(['sparse-gnu', 'sparse-pax'])('a sparse file (%s) is refused by its name', async (name) => {
  const failure = await failureOf(() => membersOf(bytesOf(gunzipSync(data(`${name}.tar.gz`)), 'set.tar')));
  expect(failure.what).toMatch(/^a file in the archive that is sparse, or of a kind of its own: (?:\S*\/)?big$/);
});

test('the same file twice is refused by its name', async () => {
  // As `tar -r` appends it: header and content of a.1, ahead of the end.
  const whole = archive('gnu');
  const twice = Buffer.concat([whole.subarray(0, 3 * 512), whole.subarray(512, 3 * 512), whole.subarray(3 * 512)]);
  const failure = await failureOf(() => membersOf(bytesOf(twice, 'set.tar')));
  expect(failure.what).toBe('the same file twice in the archive: set/a.1');
});

test('an archive cut between two files is torn there', async () => {
  const members = await membersOf(bytesOf(archive('gnu').subarray(0, 3 * 512), 'set.tar'));
  expect(members.map(({ name, tear }) => [name, tear?.byte])).toEqual([['set.tar:set/a.1', 3 * 512]]);
});

test('an archive with a damaged header in its middle is torn there', async () => {
  const members = await membersOf(bytesOf(archive('gnu').fill(1, 3 * 512, 3 * 512 + 10), 'set.tar'));
  expect(members.map(({ name, tear }) => [name, tear?.byte])).toEqual([['set.tar:set/a.1', 3 * 512]]);
});

test('text, short or long, is no archive, even with its mark in the right place', () => {
  for (const text of ['', 'ustar', 'x'.repeat(1000), `${'x'.repeat(257)}ustar  \0${'x'.repeat(1000)}`])
    expect(isTar(new TextEncoder().encode(text))).toBe(false);
});

test('an archive whose first header is damaged is refused', async () => {
  const bad: Bytes = bytesOf(archive('gnu').fill(1, 0, 10), 'set.tar');
  expect((await failureOf(() => membersOf(bad))).what).toBe('the archive is damaged ahead of its first file');
});
