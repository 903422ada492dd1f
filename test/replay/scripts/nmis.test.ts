import { expect, describe, test } from 'vitest';
import type { Recording } from '../recording.ts';
import { replayScript, script, type ScriptRun } from '../script.ts';

/** A task that made a call at time 0 and returned at 100 ns: the base of each script is 1 + 1 crossings. */
const afterCall = (): Recording => script().at(0).call(10, 'getpid');
const crossings = (run: ScriptRun): readonly number[] => [
  run.of('pti').entries,
  run.of('pti').exits,
  run.of('pti').writes.crossing,
];
const ONE_MORE = [1 + 1, 1 + 1, 2 + 2];

describe('NMIs', () => {
  const userNmi = (): Recording => afterCall().at(50_000).nmi(10);
  const kernelNmi = (): Recording => script().enter(10, 'read').at(50_000).nmi(10);

  test('one from user mode is 1 + 1 more and restores nothing else', async () => {
    const run = await replayScript(userNmi());
    expect(crossings(run)).toEqual(ONE_MORE);
    expect(run.of('pti').writes.other).toBe(0);
  });

  test('two handlers within 10 us on a CPU are one NMI: 1 + 1 more, and no restore', async () => {
    const run = await replayScript(userNmi().at(60_000).nmi(10));
    expect([...crossings(run), run.of('pti').writes.other]).toEqual([...ONE_MORE, 0]);
  });

  test('two handlers more than 10 us apart inside a call are two NMIs: 2 restores', async () => {
    expect((await replayScript(kernelNmi().at(60_001).nmi(10))).of('pti').writes.other).toBe(2);
  });

  test('handlers on two CPUs are two NMIs: 2 + 2 more of two tasks', async () => {
    const run = await replayScript(afterCall().cpu(1).call(20, 'getpid').at(50_000).nmi(20).cpu(0).nmi(10));
    expect(crossings(run)).toEqual([2 + 2, 2 + 2, 8]);
  });

  test.each([
    ['6.1', 'pti', 1],
    ['6.9', 'pti', 0],
    ['6.1', 'optout', 1],
    ['6.1', 'nopti', 0],
  ])('one from the kernel on %s in lane %s restores CR3 %i times and crosses 0 times', async (kernel, lane, other) => {
    const run = await replayScript(kernelNmi(), { kernel });
    expect(run.of(lane)).toMatchObject({ entries: 1, exits: 0, writes: { other } });
  });

  test('one of idle restores CR3 once on 6.1', async () => {
    expect((await replayScript(script().at(50_000).nmi(0))).of('pti')).toMatchObject({
      entries: 0,
      writes: { other: 1 },
    });
  });

  test('one from an opted-out task in user mode is 1 + 1 crossings and 0 writes', async () => {
    const run = await replayScript(userNmi(), { optOut: ['root'] });
    expect(run.of('optout')).toMatchObject({ entries: 2, exits: 2, writes: { crossing: 0, other: 0 } });
  });
});
