import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CLI, expectFailure, expectSuccess, run } from '../support/cli.ts';
import { fixture, fixturePath } from '../support/fixtures.ts';
import { bytesOfFolder } from '../support/result.ts';
import { beside, temporaryFolder } from '../support/temporary.ts';

const temporary = temporaryFolder();
const TRACE = fixturePath('fx-true.perf.data');
const LINUX = process.platform === 'linux';

describe.concurrent('a result directory', () => {
  test('is made with the folders on the way to it', async () => {
    const output = join(temporary.fresh('a'), 'b', 'c');
    expectSuccess(await run(['replay', TRACE, '-o', output]));
    expect(readdirSync(output)).toContain('manifest.json');
    expect(readdirSync(join(output, '..'))).toEqual(['c']);
  });

  test('is the same bytes each time, and replaced by the next', async () => {
    const [one, two] = [temporary.fresh('one'), temporary.fresh('two')];
    expectSuccess(await run(['replay', TRACE, '-o', one]));
    expectSuccess(await run(['replay', fixturePath('fx-setu.perf.data'), '-o', two]));
    expectSuccess(await run(['replay', TRACE, '-o', two]));
    expect(bytesOfFolder(two)).toEqual(bytesOfFolder(one));
  });

  test('that is there and empty is used', async () => {
    const output = temporary.fresh('empty');
    mkdirSync(output);
    expectSuccess(await run(['replay', TRACE, '-o', output]));
    expect(readdirSync(output)).toContain('lanes.arrow');
  });

  test.each([
    ['the files of somebody else', { 'thesis.tex': 'chapter' }],
    ['the files of somebody else beside a result', { 'manifest.json': '{"schema":"ptilab.result"}', 'thesis.tex': '' }],
    ['a manifest of another program', { 'manifest.json': '{"name":"app"}' }],
  ])('with %s is refused and left alone', async (_what, files) => {
    const output = temporary.fresh('taken');
    mkdirSync(output);
    for (const [name, content] of Object.entries(files)) writeFileSync(join(output, name), content);
    expectFailure(await run(['replay', TRACE, '-o', output]), 5);
    expect(bytesOfFolder(output)).toEqual(files);
  });

  test('that is a file is refused and left alone', async () => {
    const output = temporary.file('file', 'precious');
    expectFailure(await run(['replay', TRACE, '-o', output]), 5);
    expect(readFileSync(output, 'utf8')).toBe('precious');
  });

  test('below a file cannot be made', async () => {
    expectFailure(await run(['replay', TRACE, '-o', join(temporary.file('file', ''), 'out')]), 5);
  });

  test('is refused before the trace is read', async () => {
    expectFailure(await run(['replay', temporary.fresh('missing'), '-o', temporary.file('file', 'x')]), 5);
  });
});

describe.concurrent('an imported trace', () => {
  test('is written whole, and nothing beside it', async () => {
    const output = temporary.fresh('trace.arrow');
    expectSuccess(await run(['import', TRACE, '-o', output]));
    expect(beside(output)).toEqual(['trace.arrow']);
    expectSuccess(await run(['info', output]));
  });

  test('is the same bytes each time, and replaced by the next', async () => {
    const [one, two] = [temporary.fresh('one.arrow'), temporary.fresh('two.arrow')];
    expectSuccess(await run(['import', TRACE, '-o', one]));
    expectSuccess(await run(['import', fixturePath('fx-setu.perf.data'), '-o', two]));
    expectSuccess(await run(['import', TRACE, '-o', two]));
    expect(readFileSync(two).equals(readFileSync(one))).toBe(true);
  });

  test.each([
    ['a text', 'precious'],
    ['a recording', fixture('fx-true.perf.data')],
  ])('does not replace %s', async (_what, content) => {
    const output = temporary.file('precious', content);
    expectFailure(await run(['import', TRACE, '-o', output]), 5);
    expect(readFileSync(output).equals(Buffer.from(content as Uint8Array))).toBe(true);
  });

  test('does not replace the recording it is made from', async () => {
    const trace = temporary.file('own.perf.data', fixture('fx-true.perf.data'));
    expectFailure(await run(['import', trace, '-o', trace]), 5);
    expect(readFileSync(trace).equals(fixture('fx-true.perf.data'))).toBe(true);
  });

  test('below a file cannot be written', async () => {
    expectFailure(await run(['import', TRACE, '-o', join(temporary.file('file', ''), 'trace.arrow')]), 5);
  });

  test('leaves nothing behind where its recording is bad', async () => {
    const output = temporary.fresh('trace.arrow');
    expectFailure(await run(['import', temporary.file('bad', 'PERFILE2'), '-o', output]), 3);
    expect(beside(output)).toEqual([]);
  });

  test.skipIf(!LINUX)('on a full disk is one line', async () => {
    const ran = await run(['import', TRACE, '-o', '/dev/full']);
    expectFailure(ran, 5);
    expect(ran.stderr).toContain('disk full');
  });

  test('into a folder is refused', async () => {
    const output = temporary.fresh('folder');
    mkdirSync(output);
    expectFailure(await run(['import', TRACE, '-o', output]), 5);
    expect(readdirSync(output)).toEqual([]);
  });
});

test.skipIf(process.getuid?.() === 0)('a folder without permission is refused', async () => {
  const folder = temporary.fresh('closed');
  mkdirSync(folder);
  chmodSync(folder, 0o500);
  expectFailure(await run(['replay', TRACE, '-o', join(folder, 'out')]), 5);
  expect(existsSync(join(folder, 'out'))).toBe(false);
});

test.skipIf(!LINUX)('a standard output on a full disk is one line', async () => {
  const { status, stderr } = await shell(`"${process.execPath}" "${CLI}" cpus > /dev/full`);
  expect(stderr).toMatch(/^ptilab: [^\n]+: [^\n]+: [^\n]+\n$/);
  expect(status).toBe(5);
});

test.skipIf(!LINUX).each([
  ['a list', 'cpus --json'],
  ['an answer', `replay "${TRACE}" --json`],
])('%s whose reader goes away ends quietly', async (_what, args) => {
  const { status, stderr } = await shell(
    `"${process.execPath}" "${CLI}" ${args} | head -c 1 > /dev/null; exit \${PIPESTATUS[0]}`,
  );
  expect(stderr).toBe('');
  expect(status).toBe(0);
});

function shell(script: string): Promise<{ readonly status: number | null; readonly stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn('bash', ['-c', script], { stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()));
    child.on('close', (status) => resolve({ status, stderr }));
  });
}
