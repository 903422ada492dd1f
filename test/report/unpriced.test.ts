import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { reportData } from '../../src/report/report-data-build.ts';
import { summaryLines } from '../../src/report/summary.ts';
import { fixturePath } from '../support/fixtures.ts';
import { replayBytes, replayFile } from '../support/replay.ts';

const lineOf = (lines: readonly string[], label: string): string | undefined =>
  lines
    .find((line) => line.startsWith(label))
    ?.slice(label.length)
    .trim();

describe('a strace text without times', async () => {
  const text = readFileSync(fixturePath('fx-strace-sh.strace'), 'utf8').replace(/^(\d+ +)\d+\.\d+ /gm, '$1');
  const bytes = new TextEncoder().encode(text);
  const done = await replayBytes(bytes);

  test('has counts and no cycles: nothing bounds what it leaves out', () => {
    for (const lane of done.result.lanes)
      expect([lane.addedCycles, lane.cycles, lane.overheadPercent]).toEqual([null, null, null]);
    expect(done.result.lanes[1].crossingCr3Writes).toBeGreaterThan(0);
    expect(lineOf(summaryLines(done), 'isolation')).toBe('counts only, as the recording has no times');
    expect(lineOf(summaryLines(done), 'better')).toContain('strace -f -ttt -T');
  });

  test('with times, high carries what it does not show, and says so', async () => {
    const timed = await replayFile(fixturePath('fx-strace-sh.strace'));
    const { mid, high } = timed.result.lanes[1].addedCycles!;
    expect(high).toBeGreaterThan(2 * mid);
    expect(lineOf(summaryLines(timed), 'isolation')).toMatch(/^costs .*\(at least\)$/);
  });
});

test('a CPU without prices has counts, says why, and shows no figure for what is not known', async () => {
  const done = await replayFile(fixturePath('fx-lseek.perf.data'), { cpus: ['emulator-skl'] });
  expect(lineOf(summaryLines(done), 'isolation')).toBe('counts only, as emulator-skl is a reference and has no prices');
  const { programs, processes, causes } = reportData(done);
  expect([programs, processes, causes]).toEqual([[], [], []]);
});

test('untraced times that can hardly be of the same work are doubted aloud', async () => {
  const path = fixturePath('fx-lseek.perf.data');
  const doubtOf = async (user: number) =>
    lineOf(summaryLines(await replayFile(path, { host: { untraced: { user } } })), 'doubt');
  expect(await doubtOf(3)).toMatch(/^the untraced CPU time is \d+ times the recorded: is it the same work\? mostly /);
  expect(await doubtOf(0.004)).toMatch(/^mostly /);
});
