import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ReplayResult } from '../../src/report/result.ts';
import { expectFailure, expectSuccess, run } from '../support/cli.ts';
import { fixturePath } from '../support/fixtures.ts';
import { temporaryFolder } from '../support/temporary.ts';

const temporary = temporaryFolder();
const TRACE = fixturePath('fx-lseek.perf.data');

/** Baseline cycles of the isolated lane on a CPU whose clock is set to 1 GHz. */
async function baseline(cpu: string, ...options: readonly string[]): Promise<number> {
  const ran = await run(['replay', TRACE, '--json', '--cpu', cpu, '--ghz', '1', ...options]);
  expectSuccess(ran);
  return (JSON.parse(ran.stdout) as ReplayResult).lanes[1].baselineCycles!.mid;
}

test('untraced seconds are the baseline, on the CPU that they were taken on', async () => {
  expect(await baseline('haswell', '--untraced', 'user=1.5,sys=0.5,cpu=haswell')).toBe(2e9);
});

test('for another CPU they are scaled by the speeds of the two', async () => {
  // Haswell 0.96, skylake-sp 1: the work takes 0.96 of the time there.
  expect(await baseline('skylake-sp', '--untraced', 'user=1.5,sys=0.5,cpu=haswell')).toBeCloseTo(0.96 * 2e9, 3);
});

test('without a CPU they are those of the recording host', async () => {
  expect(await baseline('skylake-sp', '--untraced', 'user=2', '--host', 'cpu=haswell')).toBeCloseTo(0.96 * 2e9, 3);
  expect(await baseline('skylake-sp', '--untraced', 'user=2')).toBe(2e9);
});

test('a sidecar file has them too', async () => {
  const folder = temporary.fresh('sidecar');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'alone.json');
  writeFileSync(
    path,
    JSON.stringify({ schema: 'ptilab.host', version: 1, cpu: 'haswell', untraced: { user: 1, sys: 1 } }),
  );
  expect(await baseline('haswell', '--untraced', path)).toBe(2e9);
});

describe('is refused', () => {
  test.each([
    ['user=1,user=2', 2],
    ['user=-1', 2],
    ['wall=3', 2],
    ['user=0,sys=0', 2],
    ['user=1,cpu=hasswell', 2],
    ['cores=3', 2],
    ['no-such-file.json', 3],
  ])('%s', async (text, code) => {
    expectFailure(await run(['replay', TRACE, '--untraced', text]), code);
  });
});
