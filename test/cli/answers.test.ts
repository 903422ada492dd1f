import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { InfoResult } from '../../src/report/info.ts';
import type { ReplayResult } from '../../src/report/result.ts';
import { MODEL_VERSION } from '../../src/version.ts';
import { expectFailure, expectSuccess, run } from '../support/cli.ts';
import { zstdOf } from '../support/compress.ts';
import { fixture, fixturePath, FIXTURES, KERNEL_BUILD } from '../support/fixtures.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { totalsOf } from '../support/truth.ts';

const temporary = temporaryFolder();
const TRACE = fixturePath('fx-true.perf.data');
const { truth } = FIXTURES.find(({ name }) => name === 'fx-true')!;
const COMMANDS = ['replay', 'report', 'stat', 'compare', 'info', 'import', 'check', 'cpus', 'policies', 'formats'];

describe.concurrent('help', () => {
  test.each(COMMANDS)('of %s has an example', async (command) => {
    const ran = await run([command, '--help']);
    expectSuccess(ran);
    expect(ran.stdout).toMatch(new RegExp(`Example:\\n {2}ptilab ${command}( |\\n)`));
  });

  test.each([[['--help']], [[]]])('of the whole (%j) names every command', async (args) => {
    const ran = await run(args);
    expectSuccess(ran);
    for (const command of COMMANDS) expect(ran.stdout).toMatch(new RegExp(`^ {2}${command}[ |]`, 'm'));
  });

  test('shows the version of the model', async () => {
    expect(await run(['--version'])).toEqual({ status: 0, stdout: `${MODEL_VERSION}\n`, stderr: '' });
  });
});

describe.concurrent('standard input', () => {
  test.each([
    ['a plain recording', fixture('fx-true.perf.data')],
    ['a gzip file', fixture('fx-true.perf.data.gz')],
    ['a zstd file', zstdOf(fixture('fx-true.perf.data'))],
  ])('may be %s', async (_what, input) => {
    const ran = await run(['replay', '-', '--json'], { input });
    expectSuccess(ran);
    const { totals, trace } = JSON.parse(ran.stdout) as ReplayResult;
    expect(totals).toEqual(totalsOf(truth));
    expect(trace.files).toMatchObject([{ path: '-', bytes: input.length }]);
  });

  test('has the hash of the file that it is', async () => {
    const hash = async (args: readonly string[], input?: Uint8Array): Promise<string> =>
      (JSON.parse((await run(args, input && { input })).stdout) as InfoResult).trace.files[0].sha256;
    expect(await hash(['info', '-', '--json'], fixture('fx-true.perf.data.gz'))).toBe(
      await hash(['info', fixturePath('fx-true.perf.data.gz'), '--json']),
    );
  });

  test('has no facts beside it', async () => {
    const { trace } = JSON.parse(
      (await run(['info', '-', '--json'], { input: KERNEL_BUILD.path })).stdout,
    ) as InfoResult;
    expect(trace.host?.kernelThreads).toBeUndefined();
  });
});

describe.concurrent('--json puts one line of JSON on standard output and nothing else anywhere', () => {
  test.each([
    ['ptilab.replay', ['replay', TRACE]],
    ['ptilab.compare', ['compare', TRACE, TRACE]],
    ['ptilab.info', ['info', TRACE]],
    ['ptilab.cpus', ['cpus']],
    ['ptilab.policies', ['policies']],
    ['ptilab.formats', ['formats']],
    ['ptilab.import', ['import', TRACE, '-o', temporary.fresh('trace.arrow')]],
  ])('%s', async (schema, args) => {
    const ran = await run([...args, '--json']);
    expectSuccess(ran);
    expect(ran.stdout.split('\n')).toHaveLength(2);
    expect(JSON.parse(ran.stdout)).toMatchObject({ schema, version: 1 });
  });

  test('with a result directory too', async () => {
    const ran = await run(['replay', TRACE, '--json', '-o', temporary.fresh('out')]);
    expectSuccess(ran);
    expect(JSON.parse(ran.stdout)).toMatchObject({ schema: 'ptilab.replay' });
  });
});

describe.concurrent('facts of the recording host', () => {
  const hostOf = async (...args: readonly string[]): Promise<unknown> => {
    const ran = await run(['info', ...args, '--json']);
    expectSuccess(ran);
    return (JSON.parse(ran.stdout) as InfoResult).trace.host;
  };
  const facts = (content: object): string => temporary.file('facts.json', JSON.stringify(content));

  test('are taken from the command line', async () => {
    expect(
      await hostOf(TRACE, '--host', 'pcid=0,invpcid=0,pti=1,cpu=haswell,kernel=4.15,instrPerNs=2.5'),
    ).toMatchObject({
      pcid: false,
      invpcid: false,
      pti: true,
      cpu: 'haswell',
      kernel: '4.15',
      instrPerNs: 2.5,
    });
  });

  test('are taken from a file', async () => {
    const file = facts({ schema: 'ptilab.host', version: 1, pcid: true, kernelThreads: [2, 3] });
    expect(await hostOf(TRACE, '--host', file)).toMatchObject({ pcid: true, kernelThreads: [2, 3], arch: 'x86_64' });
  });

  test('are taken from the file beside the recording', async () => {
    const beside = JSON.parse(readFileSync(`${KERNEL_BUILD.path}.host.json`, 'utf8')) as InfoResult['trace']['host'];
    const { cpu, recorderPids, kernelThreads, untraced } = beside!;
    expect(recorderPids).toHaveLength(1);
    expect(await hostOf(KERNEL_BUILD.path)).toMatchObject({ cpu, recorderPids, kernelThreads, untraced });
  });

  test('on the command line hold over those beside the recording', async () => {
    expect(await hostOf(KERNEL_BUILD.path, '--host', 'cpu=haswell')).toMatchObject({ cpu: 'haswell', pcid: true });
  });

  test.each([
    ['no JSON', 'pcid: yes'],
    ['another schema', JSON.stringify({ schema: 'ptilab.trace', version: 1 })],
    ['a newer version', JSON.stringify({ schema: 'ptilab.host', version: 2 })],
    ['a field of the wrong type', JSON.stringify({ schema: 'ptilab.host', version: 1, pcid: 'yes' })],
    ['a list', '[]'],
    ['nothing', ''],
  ])('in a file with %s are bad input', async (_what, content) => {
    expectFailure(await run(['info', TRACE, '--host', temporary.file('facts.json', content)]), 3);
  });

  test('in a file that is missing are bad input', async () => {
    expectFailure(await run(['info', TRACE, '--host', temporary.fresh('missing.json')]), 3);
  });

  test('of a known CPU choose the one that is modelled', async () => {
    const ran = await run(['replay', TRACE, '--host', 'cpu=haswell,kernel=4.15', '--json']);
    expect((JSON.parse(ran.stdout) as ReplayResult).lanes[0]).toMatchObject({ cpu: 'haswell', kernel: '4.15' });
  });
});

test('the first line names what each CPU can do where they differ', async () => {
  const [first] = (await run(['replay', TRACE, '--cpu', 'nehalem,haswell'])).stdout.split('\n');
  expect(first).toContain('nehalem: kernel 6.13, bare, PCID off, switches and flushes by the model');
  expect(first).toContain('haswell: kernel 6.13, bare, PCID on, switches and flushes by the record');
});

test('info infers, totals and tells of the trace what replay does', { timeout: 60_000 }, async () => {
  const parts = ({ trace, totals, inferred }: InfoResult | ReplayResult): unknown => ({ trace, totals, inferred });
  const [info, replay] = await Promise.all(['info', 'replay'].map((name) => run([name, KERNEL_BUILD.path, '--json'])));
  expect(parts(JSON.parse(info.stdout) as InfoResult)).toEqual(parts(JSON.parse(replay.stdout) as ReplayResult));
});

test.each([
  ['skylake-sp', 'stands in'],
  ['zen2', 'zen2 does not need PTI: a stock kernel runs without it; figures are for PTI forced on'],
])('the first line for %s says what is modelled', async (cpu, words) => {
  const ran = await run(cpu === 'zen2' ? ['replay', TRACE, '--cpu', cpu] : ['replay', TRACE]);
  expect(ran.stdout.split('\n')[0]).toContain(words);
});

test('lanes of several machines are named after what differs', async () => {
  const ran = await run(['replay', TRACE, '--cpu', 'haswell,zen2', '--policy', 'pti', '--json']);
  expect((JSON.parse(ran.stdout) as ReplayResult).lanes.map(({ lane }) => lane)).toEqual(['pti@haswell', 'pti@zen2']);
});
