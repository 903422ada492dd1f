import { closeSync, existsSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { expectFailure, run, type RunOptions } from '../support/cli.ts';
import { fixturePath } from '../support/fixtures.ts';
import { temporaryFolder } from '../support/temporary.ts';

const temporary = temporaryFolder();

/** The same bytes each time, and no trace. */
function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0, x = 417; i < length; i++) {
    x = (Math.imul(x, 1_103_515_245) + 12_345) >>> 0;
    bytes[i] = x >>> 16;
  }
  return bytes;
}

const JPEG = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 0x10, 0x4a, 0x46, 0x49, 0x46, 0, 1, ...noise(3_000));

describe.concurrent('replay refuses in one line and leaves nothing behind', () => {
  test.each([
    ['an empty file', ''],
    ['a picture', JPEG],
    ['noise', noise(100_000)],
    ['one byte', 'P'],
    ['a text', 'Lorem ipsum\ndolor sit amet\n'],
    ['a single brace', '{'],
    ['only the magic of perf', 'PERFILE2'],
    ['only the magic of Arrow', 'ARROW1'],
    ['a zstd file of nothing', Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd)],
    ['a gzip file of nothing', Uint8Array.of(0x1f, 0x8b)],
    ['an xz file', Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 4, ...noise(100))],
  ])('%s', async (_what, content) => {
    const output = temporary.fresh('out');
    expectFailure(await run(['replay', temporary.file('trace', content), '-o', output]), 3);
    expect(existsSync(output)).toBe(false);
  });
});

describe.concurrent.each(['replay', 'info', 'import'])('%s refuses', (command) => {
  /** Runs it with a place to write where it has one; nothing may be there afterwards. */
  const refusal = async (trace: string, options: RunOptions = {}): Promise<string> => {
    const output = temporary.fresh('out');
    const ran = await run([command, trace, ...(command === 'info' ? [] : ['-o', output])], options);
    expectFailure(ran, 3);
    expect(existsSync(output)).toBe(false);
    return ran.stderr;
  };

  test('what is no trace', async () => {
    expect(await refusal(temporary.file('trace', noise(1_000)))).toContain('not a trace of a known format');
  });

  test('a file that does not exist', async () => {
    expect(await refusal(temporary.fresh('missing'))).toContain('no such file');
  });

  test('a directory', async () => {
    expect(await refusal(temporary.path)).toContain('is a directory');
  });

  test('an empty standard input', async () => {
    expect(await refusal('-', { input: new Uint8Array(0) })).toContain('the input is empty');
  });
});

test('a bzip2 file is refused with the command that undoes it', async () => {
  const ran = await run(['info', temporary.file('trace.bz2', new TextEncoder().encode('BZh91AY&SY'))]);
  expectFailure(ran, 3);
  expect(ran.stderr).toContain('bzip2 -dc');
});

test('a name with control characters stays one line', async () => {
  const ran = await run(['info', temporary.fresh('a\nb\u001b[31m')]);
  expectFailure(ran, 3);
  expect(ran.stderr).not.toContain('\u001b');
});

test('a single line of 200 MB is refused soon', { timeout: 60_000 }, async () => {
  const path = temporary.fresh('line');
  const fd = openSync(path, 'w');
  const piece = Buffer.alloc(4 * 1024 * 1024, 'x');
  for (let i = 0; i < 50; i++) writeSync(fd, piece);
  closeSync(fd);
  expectFailure(await run(['replay', path], { timeoutMs: 20_000 }), 3);
});

test('200 MB of zeros are refused soon', { timeout: 60_000 }, async () => {
  const path = temporary.fresh('zeros');
  const fd = openSync(path, 'w');
  ftruncateSync(fd, 200 * 1024 * 1024);
  closeSync(fd);
  expectFailure(await run(['replay', path], { timeoutMs: 20_000 }), 3);
});

test('an error in its parts is shown with its stack where that was asked for', async () => {
  const ran = await run(['info', temporary.file('trace', 'nothing')], { env: { PTILAB_DEBUG: '1' } });
  expect(ran.status).toBe(3);
  expect(ran.stderr).toMatch(/^PtilabError: .*\n {4}at /);
  expect(ran.stderr.trimEnd().split('\n').at(-1)).toMatch(/^ptilab: /);
});

test('the fixture that the other tests damage is good', async () => {
  expect((await run(['info', fixturePath('fx-true.perf.data')])).status).toBe(0);
});
