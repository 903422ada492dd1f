import { expect, test } from 'vitest';
import { summaryText } from '../../src/report/summary.ts';
import { FIXTURES, fixture, fixturePath, KERNEL_BUILD } from '../support/fixtures.ts';
import { replayBytes, replayFile } from '../support/replay.ts';
import { bytesOfFolder, REQUESTS, writtenResult } from '../support/result.ts';
import { temporaryFolder } from '../support/temporary.ts';

const temporary = temporaryFolder();

test.each(REQUESTS)('the same work gives the same bytes: %s', async (_what, file, request) => {
  const [one, two] = [await writtenResult(temporary, file, request), await writtenResult(temporary, file, request)];
  expect(bytesOfFolder(two.folder)).toEqual(bytesOfFolder(one.folder));
});

test.each(FIXTURES)('the answer for $name does not depend on how the lanes are ordered', async ({ name }) => {
  const file = fixture(`${name}.perf.data`);
  const forwards = await replayBytes(file, { policies: ['nopti', 'pti', 'optout'] });
  const backwards = await replayBytes(file, { policies: ['optout', 'pti', 'nopti'] });
  expect([...backwards.result.lanes].reverse().map(({ lane, operations }) => ({ lane, operations }))).toEqual(
    forwards.result.lanes.map(({ lane, operations }) => ({ lane, operations })),
  );
});

test('a lane is the same alone and among others', async () => {
  const file = fixture('fx-setu.perf.data');
  const alone = await replayBytes(file, { policies: ['optout'], cpus: ['haswell'] });
  const among = await replayBytes(file, { cpus: ['zen2', 'haswell'] });
  const lane = among.result.lanes.find((each) => each.lane === 'optout@haswell')!;
  expect(alone.result.lanes[0].operations).toEqual(lane.operations);
});

test.each([
  ['fx-true', fixturePath('fx-true.perf.data')],
  ['fx-setu', fixturePath('fx-setu.perf.data')],
  ['fx-shoot', fixturePath('fx-shoot.perf.data')],
  ['fx-pingpong', fixturePath('fx-pingpong.perf.data')],
  ['kernel-build', KERNEL_BUILD.path],
])('the summary of %s is the one a person looked at', async (name, path) => {
  const text = summaryText(await replayFile(path));
  expect(text.split('\n').length - 1).toBeLessThanOrEqual(12);
  await expect(text).toMatchFileSnapshot(`./goldens/${name}.txt`);
});
