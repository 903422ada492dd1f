import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { CHARTS } from '../../src/report/charts/index.ts';
import { expectFailure, expectSuccess, run } from '../support/cli.ts';
import { fixturePath } from '../support/fixtures.ts';
import { build } from '../support/report-data.ts';
import { reportText } from '../../src/report/report-file.ts';
import { bytesOfFolder } from '../support/result.ts';
import { beside, temporaryFolder } from '../support/temporary.ts';

const temporary = temporaryFolder();
const TRACE = fixturePath('fx-setu.perf.data');
/** The recording has no cgroups. */
const IDS = CHARTS.map(({ id }) => id).filter((id) => id !== 'cgroups');

/** What `replay -o` wrote. */
let result = '';
beforeAll(async () => {
  result = temporary.fresh('result');
  expectSuccess(await run(['replay', TRACE, '--what-if', '-o', result]));
});

describe('a report', () => {
  test('of a recording is that of its result directory, name of the page apart', async () => {
    const [one, two] = [temporary.fresh('one.html'), temporary.fresh('two.html')];
    const [ran, again] = [await run(['report', TRACE, '-o', one]), await run(['report', result, '-o', two])];
    expectSuccess(ran);
    expectSuccess(again);
    expect([ran.stdout, again.stdout]).toEqual([`${one}\n`, `${two}\n`]);
    expect(readFileSync(two, 'utf8')).toBe(readFileSync(one, 'utf8'));
    expect(beside(one)).toEqual(['one.html']);
  });

  test('has each chart that the recording can show', async () => {
    const page = temporary.fresh('page.html');
    expectSuccess(await run(['report', result, '-o', page]));
    const html = readFileSync(page, 'utf8');
    for (const id of IDS) expect(html).toContain(`<section id="${id}"`);
    expect(html).toContain('<dt>recorded</dt>');
    expect(html).toContain('What the recording can show at all');
  });

  test('as JSON is the figures that lie in the result directory', async () => {
    const ran = await run(['report', TRACE, '--json']);
    expectSuccess(ran);
    expect(ran.stdout).toBe(readFileSync(join(result, 'report.json'), 'utf8'));
  });

  test('takes the lane options', async () => {
    const ran = await run(['report', TRACE, '--json', '--cpu', 'haswell,nehalem', '--policy', 'nopti,pti']);
    expectSuccess(ran);
    const { lanes } = JSON.parse(ran.stdout) as { lanes: readonly { lane: string }[] };
    expect(lanes.map(({ lane }) => lane)).toEqual(['nopti@haswell', 'pti@haswell', 'nopti@nehalem', 'pti@nehalem']);
  });

  test('may lie in the result directory that it is made from, which a replay replaces all the same', async () => {
    const folder = temporary.fresh('both');
    expectSuccess(await run(['replay', TRACE, '--what-if', '-o', folder]));
    expectSuccess(await run(['report', folder, '-o', join(folder, 'report.html')]));
    expectSuccess(await run(['replay', TRACE, '--what-if', '-o', folder]));
    expect(bytesOfFolder(folder)).toEqual(bytesOfFolder(result));
  });
});

describe('charts as files', () => {
  test('are in one folder, in every kind that was asked for, and replaced by the next', async () => {
    const folder = temporary.fresh('charts');
    const args = ['report', result, '--svg', folder, '--png', folder, '--spec', folder];
    const ran = await run(args);
    expectSuccess(ran);
    expect(ran.stdout).toBe(`${folder}\n`);
    const files = IDS.flatMap((id) => [`${id}.png`, `${id}.svg`, `${id}.vl.json`]);
    expect(readdirSync(folder).sort()).toEqual([...files, 'manifest.json'].sort());
    const before = bytesOfFolder(folder);
    expectSuccess(await run(args));
    expect(bytesOfFolder(folder)).toEqual(before);
  });

  test('are pictures, and specifications that name their schema', async () => {
    const [svg, spec] = [temporary.fresh('svg'), temporary.fresh('spec')];
    expectSuccess(await run(['report', result, '--svg', svg, '--spec', spec]));
    for (const id of IDS) {
      expect(readFileSync(join(svg, `${id}.svg`), 'utf8')).toMatch(/^<svg xmlns[^>]*><style>@font-face[^]*<\/svg>\n$/);
      const { $schema } = JSON.parse(readFileSync(join(spec, `${id}.vl.json`), 'utf8')) as { $schema: string };
      expect($schema).toBe('https://vega.github.io/schema/vega-lite/v6.json');
    }
  });

  test('that cannot be drawn are named with the reason', async () => {
    const folder = temporary.fresh('charts');
    expectSuccess(await run(['report', TRACE, '--policy', 'nopti,pti', '--spec', folder]));
    const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as { missing: readonly unknown[] };
    expect(manifest.missing).toMatchObject([
      { id: 'cgroups', reason: expect.stringContaining('--all-cgroups') as string },
      { id: 'rules', reason: expect.stringContaining('other rules were not tried') as string },
      { id: 'states', reason: 'no lane with an opt-out was asked for' },
    ]);
    expect(existsSync(join(folder, 'states.vl.json'))).toBe(false);
  });

  test('do not replace what somebody else wrote', async () => {
    const folder = temporary.fresh('figures');
    mkdirSync(folder);
    writeFileSync(join(folder, 'thesis.tex'), 'chapter');
    expectFailure(await run(['report', result, '--svg', folder]), 5);
    expect(bytesOfFolder(folder)).toEqual({ 'thesis.tex': 'chapter' });
  });

  test('do not replace a result directory', async () => {
    const before = bytesOfFolder(result);
    expectFailure(await run(['report', result, '--svg', result]), 5);
    expect(bytesOfFolder(result)).toEqual(before);
  });
});

describe.concurrent('a report is refused', () => {
  test.each<readonly [string, () => readonly string[], number]>([
    ['without anything to write', () => [result], 2],
    ['with lanes of a result directory', () => [result, '-o', temporary.fresh('x.html'), '--cpu', 'haswell'], 2],
    ['of a CPU that is not listed', () => [TRACE, '-o', temporary.fresh('x.html'), '--cpu', 'haswel'], 2],
    ['of nothing', () => ['-o', temporary.fresh('x.html')], 2],
    ['of a missing file', () => [temporary.fresh('missing'), '-o', temporary.fresh('x.html')], 3],
    ['of a folder that is no result', () => [temporary.path, '-o', temporary.fresh('x.html')], 3],
    ['over a file of somebody else', () => [result, '-o', temporary.file('x.html', '<!DOCTYPE html><p>mine')], 5],
    ['over a folder', () => [result, '-o', temporary.path], 5],
  ])('(%s)', async (_what, args, status) => {
    expectFailure(await run(['report', ...args()]), status);
  });

  test('where the figures are damaged, with the field', async () => {
    const folder = temporary.fresh('damaged');
    mkdirSync(folder);
    writeFileSync(
      join(folder, 'report.json'),
      reportText(build()).replace('"durationNs":12400000000', '"durationNs":"x"'),
    );
    const ran = await run(['report', folder, '-o', temporary.fresh('x.html')]);
    expectFailure(ran, 3);
    expect(ran.stderr).toContain('durationNs is not a number');
  });

  test('and nothing is left behind', async () => {
    const output = temporary.fresh('x.html');
    expectFailure(await run(['report', temporary.file('bad', 'PERFILE2'), '-o', output]), 3);
    expect(beside(output)).toEqual([]);
  });
});

test('a page of ours is replaced', async () => {
  const page = temporary.fresh('page.html');
  expectSuccess(await run(['report', result, '-o', page]));
  const before = readFileSync(page, 'utf8');
  rmSync(page);
  writeFileSync(page, before.replace('</main>', '<p>older</p></main>'));
  expectSuccess(await run(['report', result, '-o', page]));
  expect(readFileSync(page, 'utf8')).toBe(before);
});

/** Names on standard error each package that is loaded. */
const TELL_LOADED = `data:text/javascript,${encodeURIComponent(`
import { register } from 'node:module';
register('data:text/javascript,' + encodeURIComponent(
  'export async function resolve(name, context, next) {' +
  'if (/^(vega|vega-lite|@resvg|apache-arrow|commander)/.test(name)) (await import("node:fs")).writeSync(2, "loaded " + name + "\\\\n");' +
  'return next(name, context); }'));
`)}`;

test.each([
  [['--help'], []],
  [['report', '--help'], ['loaded commander']],
  [['cpus'], ['loaded commander']],
])('%j loads no more than it needs: %j', async (args, packages) => {
  const { stderr } = await run(args, { node: ['--import', TELL_LOADED] });
  expect([...new Set(stderr.split('\n').filter((line) => line !== ''))]).toEqual(packages);
});
