import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openResult } from '../../src/cli/compare-source.ts';
import { PtilabError } from '../../src/errors.ts';
import type { CompareResult } from '../../src/report/compare.ts';
import { bytesOfTable, TABLES } from '../../src/report/tables.ts';
import { expectFailure, expectSuccess, run } from '../support/cli.ts';
import { changeManifest } from '../support/compare.ts';
import { gzipSync } from '../support/compress.ts';
import { damaged, damageOf, fuzz } from '../support/damage.ts';
import { fixture, fixturePath } from '../support/fixtures.ts';
import { writtenResult } from '../support/result.ts';
import { temporaryFolder } from '../support/temporary.ts';

const temporary = temporaryFolder();
const TRACE = fixturePath('fx-true.perf.data');
const SETU = fixturePath('fx-setu.perf.data');
const { folder: RESULT, done: DONE } = await writtenResult(temporary, 'fx-true.perf.data', {});
const { folder: OTHER } = await writtenResult(temporary, 'fx-setu.perf.data', {});
const { folder: MACHINES } = await writtenResult(temporary, 'fx-true.perf.data', { cpus: ['haswell', 'zen2'] });

/** A copy of a result, to be damaged. */
function copy(name = 'result'): string {
  const folder = temporary.fresh(name);
  cpSync(RESULT, folder, { recursive: true });
  return folder;
}

async function answer(...args: readonly string[]): Promise<CompareResult> {
  const ran = await run(['compare', ...args, '--json']);
  expectSuccess(ran);
  expect(ran.stdout.split('\n')).toHaveLength(2);
  return JSON.parse(ran.stdout) as CompareResult;
}

const lanesOf = ({ a, b }: CompareResult): readonly string[] => [a.lane, b.lane];
const kindsOf = ({ a, b }: CompareResult): readonly string[] => [a.kind, b.kind];

describe.concurrent('sides may be', () => {
  test('two lanes of one result', async () => {
    const result = await answer(`${RESULT}:pti`, `${RESULT}:optout`);
    expect(result).toMatchObject({ schema: 'ptilab.compare', version: 1, same: { recording: true, machine: true } });
    expect(lanesOf(result)).toEqual(['pti', 'optout']);
  });

  test('a recording and its result, which do not differ', async () => {
    const result = await answer(TRACE, RESULT);
    expect(kindsOf(result)).toEqual(['trace', 'result']);
    expect(result.totals.addedCycles.difference).toEqual({ low: 0, mid: 0, high: 0 });
  });

  test('two recordings, by their lanes with isolation', async () => {
    const result = await answer(TRACE, SETU);
    expect(lanesOf(result)).toEqual(['pti', 'pti']);
    expect(result.same.recording).toBe(false);
  });

  test('two lanes of one recording, with lane options', async () => {
    const result = await answer(`${TRACE}:pti@haswell`, `${TRACE}:optout@zen2`, '--cpu', 'haswell,zen2');
    expect(lanesOf(result)).toEqual(['pti@haswell', 'optout@zen2']);
  });

  test('standard input, with a lane or without', async () => {
    const ran = await run(['compare', '--json', '--', '-', '-:nopti'], { input: fixture('fx-true.perf.data') });
    expectSuccess(ran);
    expect(lanesOf(JSON.parse(ran.stdout) as CompareResult)).toEqual(['pti', 'nopti']);
  });

  test('a result whose only lane with isolation has another name', async () => {
    const { folder } = await writtenResult(temporary, 'fx-true.perf.data', {
      cpus: ['haswell', 'zen2'],
      policies: ['nopti'],
    });
    expect(lanesOf(await answer(`${folder}:nopti@zen2`, `${MACHINES}:pti@zen2`))).toEqual(['nopti@zen2', 'pti@zen2']);
  });
});

describe.concurrent('a path with a colon', () => {
  const inFolder = (name: string): string => join(temporary.path, name);

  test('of a recording is a path', async () => {
    const path = temporary.file('C:\\work:pti', fixture('fx-true.perf.data'));
    expect(lanesOf(await answer(path, `${path}:optout`))).toEqual(['pti', 'optout']);
  });

  test('of a result is a path', async () => {
    const path = copy('build:2');
    expect(kindsOf(await answer(path, `${path}:optout`))).toEqual(['result', 'result']);
  });

  test('that is there is a path even where it could be a lane', async () => {
    const path = copy();
    cpSync(OTHER, `${path}:pti`, { recursive: true });
    expect((await answer(path, `${path}:pti`)).same.recording).toBe(false);
  });

  test('that is not there is missing', async () => {
    const ran = await run(['compare', `${inFolder('missing')}:pti`, RESULT]);
    expectFailure(ran, 3);
    expect(ran.stderr).toContain('no such file');
  });
});

describe.concurrent('wrong usage ends with 2', () => {
  test.each([
    ['a lane that a result has not', [`${RESULT}:ptti`, RESULT], 'did you mean pti?'],
    ['a lane that a recording has not', [`${TRACE}:global`, RESULT], 'no lane "global"'],
    ['an empty lane', [`${RESULT}:`, RESULT], 'no lane ""'],
    ['several lanes that could be meant', [MACHINES, RESULT], 'pti@haswell, pti@zen2'],
    ['no lane with isolation', [TRACE, RESULT, '--policy', 'nopti'], 'no lane with isolation for all'],
    ['an option of lanes for two results', [RESULT, OTHER, '--cpu', 'zen2'], '--cpu'],
    ['one side', [RESULT], "missing required argument 'b'"],
    ['three sides', [RESULT, OTHER, RESULT], 'too many arguments'],
  ])('%s', async (_what, args, words) => {
    const ran = await run(['compare', ...args]);
    expectFailure(ran, 2);
    expect(ran.stderr).toContain(words);
  });
});

describe.concurrent('bad input ends with 3 and one line', () => {
  const refused = async (folder: string, words: string): Promise<void> => {
    const ran = await run(['compare', RESULT, folder]);
    expectFailure(ran, 3);
    expect(ran.stderr).toContain(words);
  };

  test('a directory that is no result', async () => {
    const folder = temporary.fresh('folder');
    mkdirSync(folder);
    await refused(folder, 'no ptilab result');
    await refused(`${folder}:pti`, 'no ptilab result');
  });

  test('a file that is no recording', () => refused(temporary.file('x', 'Lorem ipsum'), 'not a trace'));

  test.each([
    ['of another program', () => ({ name: 'app' }), 'not a ptilab result'],
    ['of another version', (manifest: object) => ({ ...manifest, version: 2 }), 'version 2'],
    ['of an older ptilab', (manifest: object) => ({ ...manifest, doubts: undefined }), 'replay the recording again'],
    ['with a doubt that is none', (manifest: object) => ({ ...manifest, doubts: [{ name: 'lost' }] }), '"doubts"'],
    ['with less than no events', (manifest: object) => ({ ...manifest, recording: { events: -1 } }), '"events"'],
    ['with a host that is none', (manifest: object) => ({ ...manifest, host: { pcid: 'yes' } }), 'pcid'],
  ])('a manifest %s', async (_what, change, words) => {
    const folder = copy();
    changeManifest(folder, change);
    await refused(folder, words);
  });

  test('a manifest that is no JSON', async () => {
    const folder = copy();
    writeFileSync(join(folder, 'manifest.json'), '{"schema": "ptilab.result"');
    await refused(folder, 'no JSON');
  });

  test.each(['lanes', 'processes', 'ledger'])('a result without its table %s', async (name) => {
    const folder = copy();
    rmSync(join(folder, `${name}.arrow`));
    await refused(folder, `without ${name}.arrow`);
  });

  test.each(['lanes', 'processes', 'ledger'])('a torn table %s', async (name) => {
    const folder = copy();
    truncateSync(join(folder, `${name}.arrow`), 1_000);
    await refused(folder, 'damaged or torn');
  });

  test('a table in the place of another', async () => {
    const folder = copy();
    renameSync(join(folder, 'costs.arrow'), join(folder, 'ledger.arrow'));
    await refused(folder, 'not ptilab.ledger of version 1');
  });

  test('a table of another version', async () => {
    const folder = copy();
    const ledger = { ...TABLES.find(({ name }) => name === 'ledger')!, version: 2 };
    writeFileSync(join(folder, 'ledger.arrow'), bytesOfTable(ledger, DONE));
    await refused(folder, 'not ptilab.ledger of version 1');
  });

  test('tables of two results', async () => {
    const folder = copy();
    cpSync(join(OTHER, 'ledger.arrow'), join(folder, 'ledger.arrow'));
    await refused(folder, 'do not belong together');
  });

  test('a name with control characters, which stays one line', async () => {
    const ran = await run(['compare', RESULT, temporary.fresh('a\nb\u001b[31m')]);
    expectFailure(ran, 3);
    expect(ran.stderr).not.toContain('\u001b');
  });
});

test.each(['lanes', 'processes', 'ledger'])(
  'a damaged table %s gives counts or a clear refusal',
  { timeout: 120_000 },
  async (name) => {
    const folder = copy();
    const path = join(folder, `${name}.arrow`);
    const file = new Uint8Array(readFileSync(path));
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(damageOf(file.length, fc.nat({ max: file.length - 1 })), async (damage) => {
        writeFileSync(path, damaged(file, damage));
        try {
          const { lanes, groups } = await openResult(folder);
          await groups(lanes);
          seen.add('counts');
        } catch (error) {
          if (!(error instanceof PtilabError && error.kind === 'input')) throw error;
          seen.add('input');
        }
      }),
      { ...fuzz(7), ...(process.env['PTILAB_FUZZ_RUNS'] === undefined && { numRuns: 100 }) },
    );
    expect(seen).toContain('input');
  },
);

test('a torn recording is compared up to the tear, and that is said', async () => {
  const text = readFileSync(fixturePath('fx-ftrace-pingpong.txt'));
  const torn = temporary.file('torn.txt.gz', gzipSync(text).subarray(0, 8_000));
  const ran = await run(['compare', fixturePath('fx-ftrace-pingpong.txt'), torn, '--json']);
  expect(ran.status).toBe(0);
  expect(ran.stderr).toMatch(/^ptilab: the recording breaks off at byte \d+: [^\n]+\n$/);
  expect((JSON.parse(ran.stdout) as CompareResult).totals.events.difference).toBeLessThan(0);
});
