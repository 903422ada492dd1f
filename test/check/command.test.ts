/** `ptilab check` as a user has it: exit codes, one line a failure, and what an update writes. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { baselineText, parseBaseline } from '../../src/check/baseline.ts';
import type { CheckResult } from '../../src/check/report.ts';
import { expectFailure, expectSuccess, run, type Ran } from '../support/cli.ts';
import { ROOT } from '../support/fixtures.ts';
import { temporaryFolder } from '../support/temporary.ts';

const temporary = temporaryFolder();
const NAME = 'fx-true';
const LANE = 'recorded pti@nehalem';
const ORIGINAL = join(ROOT, 'traces/baselines', `${NAME}.txt`);

/** A folder with the baseline of one recording. */
function baselines(): { readonly folder: string; readonly file: string } {
  const folder = temporary.fresh('baselines');
  mkdirSync(folder);
  const file = join(folder, `${NAME}.txt`);
  copyFileSync(ORIGINAL, file);
  return { folder, file };
}

/** The baseline as a model would have made it that says something else of one value. */
function withValue(value: string, is: string): string {
  const baseline = parseBaseline(readFileSync(ORIGINAL, 'utf8'), ORIGINAL);
  const sections = baseline.sections.map(({ title, values }) => ({
    title,
    values: title === LANE ? new Map([...values, [value, is]]) : values,
  }));
  return baselineText({ ...baseline, sections });
}

const check = (folder: string, ...args: readonly string[]): Promise<Ran> =>
  run(['check', NAME, '--baseline', folder, ...args]);
const answer = ({ stdout }: Ran): CheckResult => JSON.parse(stdout) as CheckResult;
const valuesIn = (file: string): string => readFileSync(file, 'utf8').split('\n\n').slice(1).join('\n\n');

test('what the baseline says is compared, and no difference is exit code 0', async () => {
  const ran = await check('traces/baselines');
  expectSuccess(ran);
  expect(ran.stdout).toMatch(/^1 recording, \d+ values compared: no difference\.\n$/);
});

test('a difference names recording, lane, value, old and new, and is exit code 1', async () => {
  const { folder, file } = baselines();
  writeFileSync(file, withValue('cycles.cr3', '1000'));
  const [text, json] = await Promise.all([check(folder), check(folder, '--json')]);
  expect(text.status).toBe(1);
  expect(text.stdout).toMatch(/^fx-true: recorded pti@nehalem: cycles\.cr3: 1000 -> \d+ \(\+\d/);
  expect(text.stderr).toMatch(/^ptilab: 1 difference[^\n]*: [^\n]*: [^\n]*--update --reason TEXT\n$/);
  expect(json.status).toBe(1);
  const { schema, version, different, compared, differences, updated, unexercised } = answer(json);
  expect({ schema, version, different, updated, unexercised }).toEqual({
    schema: 'ptilab.check',
    version: 1,
    different: 1,
    updated: [],
    unexercised: null,
  });
  expect(compared).toBeGreaterThan(400);
  expect(differences).toMatchObject([{ recording: NAME, lane: LANE, value: 'cycles.cr3', old: '1000' }]);
});

test('a missing baseline is a difference', async () => {
  const { folder, file } = baselines();
  rmSync(file);
  const ran = await check(folder);
  expect(ran.status).toBe(1);
  expect(ran.stdout).toContain('fx-true: baseline: not in the baselines\n');
});

test('--coverage adds what no baseline exercises', async () => {
  const ran = await check('traces/baselines', '--coverage', '--json');
  expect(ran.status).toBe(0);
  expect(answer(ran).unexercised?.operations).toContain('invpcidAll');
});

describe('an update', () => {
  test('writes what differs and adds its reason, on one line', async () => {
    const { folder, file } = baselines();
    writeFileSync(file, withValue('cycles.cr3', '1000'));
    const ran = await check(folder, '--update', '--reason', ' CR3 writes\ncost more ', '--json');
    expectSuccess(ran);
    expect(answer(ran)).toMatchObject({ different: 1, updated: [NAME] });
    expect(valuesIn(file)).toBe(valuesIn(ORIGINAL));
    expect(readFileSync(file, 'utf8')).toMatch(/\nreason: .*\nreason: CR3 writes\\x0acost more\n\n/);
    expectSuccess(await check(folder));
  });

  test('leaves alone what does not differ', async () => {
    const { folder, file } = baselines();
    expect(answer(await check(folder, '--update', '--reason', 'none', '--json'))).toMatchObject({ updated: [] });
    expect(readFileSync(file)).toEqual(readFileSync(ORIGINAL));
  });

  test('makes the folder, and nothing in it but baselines', async () => {
    const folder = join(temporary.fresh('new'), 'baselines');
    expectSuccess(await check(folder, '--update', '--reason', 'first'));
    expect(readdirSync(folder)).toEqual([`${NAME}.txt`]);
    expect(valuesIn(join(folder, `${NAME}.txt`))).toBe(valuesIn(ORIGINAL));
  });

  test('mends a baseline that was changed by hand, and keeps its reasons', async () => {
    const { folder, file } = baselines();
    writeFileSync(file, readFileSync(ORIGINAL, 'utf8').replace('\n\n', '\n<<<<<<< ours\n\n'));
    expectSuccess(await check(folder, '--update', '--reason', 'merged'));
    const [before, after] = [ORIGINAL, file].map((each) => parseBaseline(readFileSync(each, 'utf8'), each));
    expect(after).toEqual({ ...before, reasons: [...before.reasons, 'merged'] });
  });

  test.each([
    ['of a newer version', 'ptilab.baseline 2\n'],
    ['that is no baseline', 'shopping list\n'],
  ])('does not touch a file %s', async (_what, text) => {
    const { folder, file } = baselines();
    writeFileSync(file, text);
    expectFailure(await check(folder, '--update', '--reason', 'x'), 3);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  test('that cannot be written is exit code 5', async () => {
    const ran = await check('/proc/baselines', '--update', '--reason', 'x');
    expectFailure(ran, 5);
  });
});

describe('a baseline that cannot be used is exit code 3', () => {
  test.each<readonly [string, (file: string) => void]>([
    ['changed by hand', (file) => writeFileSync(file, readFileSync(file, 'utf8').replace(/exits \d+/, 'exits 1'))],
    ['of another version', (file) => writeFileSync(file, 'ptilab.baseline 2\n')],
    ['not a baseline', (file) => writeFileSync(file, 'no')],
    [
      'a folder',
      (file) => {
        rmSync(file);
        mkdirSync(file);
      },
    ],
    ['too large', (file) => truncateSync(file, 2 ** 25)],
  ])('%s', async (_what, damage) => {
    const { folder, file } = baselines();
    damage(file);
    const ran = await check(folder);
    expectFailure(ran, 3);
    expect(ran.stderr).toContain(`${NAME}.txt`);
  });

  test('a folder that is not there', async () => {
    expectFailure(await check(temporary.fresh('none')), 3);
  });

  test('a recording that is not there', async () => {
    const ran = await run(['check', NAME], { cwd: temporary.path });
    expectFailure(ran, 3);
    expect(ran.stderr).toContain('traces/fixtures/fx-true.perf.data');
  });
});

describe('wrong usage is exit code 2', () => {
  test.each([
    [['--update'], 'an update needs a reason'],
    [['--update', '--reason', ' '], 'an update needs a reason'],
    [['--reason', 'x'], 'a reason, and nothing to write'],
    [['fx-tru'], 'did you mean fx-true?'],
    [['--baselines', 'x'], '--baseline'],
  ])('%j', async (args, says) => {
    const ran = await run(['check', ...args]);
    expectFailure(ran, 2);
    expect(ran.stderr).toContain(says);
  });
});
