import { describe, expect, test } from 'vitest';
import { FORK, replayScript, script, type ScriptRun } from '../script.ts';
import type { Recording } from '../recording.ts';

/** A task that made a call at time 0 and returned at 100 ns: the base of each script is 1 + 1 crossings. */
const afterCall = (): Recording => script().at(0).call(10, 'getpid');
const crossings = (run: ScriptRun): readonly number[] => [
  run.of('pti').entries,
  run.of('pti').exits,
  run.of('pti').writes.crossing,
];
const BASE = [1, 1, 2];
const ONE_MORE = [1 + 1, 1 + 1, 2 + 2];

describe('the mode that an interrupt came from', () => {
  test.each([
    ['of unknown depth', {}, ONE_MORE],
    ['at depth 0', { depth: 0 }, ONE_MORE],
    ['with only the hard-interrupt flag', { depth: 0, flags: 0x08 }, ONE_MORE],
    ['at depth 1', { depth: 1 }, BASE],
    ['with the softirq flag', { depth: 0, flags: 0x10 }, BASE],
    ['with bottom halves off', { depth: 0, flags: 0x80 }, BASE],
  ] as const)('long after a call, one %s', async (_, record, expected) => {
    expect(crossings(await replayScript(afterCall().at(50_000).irq(10, 236, record)))).toEqual(expected);
  });

  test('1000 ns after sys-exit the kernel still runs: 0 more', async () => {
    expect(
      crossings(
        await replayScript(
          afterCall()
            .at(100 + 1_000)
            .irq(10),
        ),
      ),
    ).toEqual(BASE);
  });

  test('1001 ns after sys-exit user mode runs: 1 + 1 more', async () => {
    expect(
      crossings(
        await replayScript(
          afterCall()
            .at(100 + 1_001)
            .irq(10),
        ),
      ),
    ).toEqual(ONE_MORE);
  });

  test('2000 ns after a user fault the kernel still runs: 1 + 1 of the fault alone', async () => {
    expect(crossings(await replayScript(script().at(0).fault(10).at(2_000).irq(10)))).toEqual([1, 1, 2]);
  });

  test('2001 ns after a user fault user mode runs: (1 + 1) + (1 + 1)', async () => {
    expect(crossings(await replayScript(script().at(0).fault(10).at(2_001).irq(10)))).toEqual([2, 2, 4]);
  });

  test('an interrupt within 10 us of another from user mode is nested in it: 1 + 1 for both', async () => {
    expect(crossings(await replayScript(afterCall().at(50_000).irq(10).at(60_000).irq(10)))).toEqual(ONE_MORE);
  });

  test('an interrupt later than 10 us after another came from user mode again: 2 + 2 for both', async () => {
    expect(crossings(await replayScript(afterCall().at(50_000).irq(10).at(60_001).irq(10)))).toEqual([3, 3, 6]);
  });

  test('an interrupt inside a call is 0 more, however long the call takes', async () => {
    expect(crossings(await replayScript(script().enter(10, 'read').at(9e6).irq(10).exit(10)))).toEqual(BASE);
  });

  test('an interrupt before the first return of a child is 0 more: 1 entry of the parent alone', async () => {
    const child = script().enter(10, 'clone').fork(10, 11, FORK).switch(10, 11, 'R').at(9e6).irq(11);
    expect(crossings(await replayScript(child))).toEqual([1, 0, 1]);
  });

  test('a task found running at the start was in user mode: 1 entry + 1 exit, and no return before it', async () => {
    expect(crossings(await replayScript(script().at(50_000).irq(10)))).toEqual([1, 1, 2]);
  });

  test('a task found running that then goes to sleep was in a call: 0 crossings', async () => {
    expect(crossings(await replayScript(script().switch(10, 0, 'S').switch(0, 10).at(50_000).irq(10)))).toEqual([
      0, 0, 0,
    ]);
  });

  test('a task that was asleep at the start was in a call: 0 crossings', async () => {
    expect(crossings(await replayScript(script().switch(0, 10).at(50_000).irq(10)))).toEqual([0, 0, 0]);
  });

  test('an interrupt of idle is 0 crossings', async () => {
    expect(crossings(await replayScript(script().at(50_000).irq(0).at(90_000).irq(0)))).toEqual([0, 0, 0]);
  });

  test('an interrupt of a kernel thread is 0 crossings', async () => {
    const run = await replayScript(
      script().named(30, 'kworker/0:1').switch(0, 30).at(50_000).irq(30).at(90_000).irq(30),
    );
    expect(crossings(run)).toEqual([0, 0, 0]);
  });

  test('an interrupt just after a task came back to finish its return is 0 more', async () => {
    const back = afterCall().switch(10, 0).at(900_000).switch(0, 10).at(900_900).irq(10);
    expect(crossings(await replayScript(back))).toEqual(BASE);
  });

  test('the entry and the exit count for the vector: 2 for 236, beside 2 for the call', async () => {
    const run = await replayScript(afterCall().at(50_000).irq(10, 236));
    expect(run.causes('pti')).toEqual({ 'syscall:39': 2, 'irq:236': 2 });
  });

  test('a device interrupt from user mode is 1 + 1 more', async () => {
    expect(crossings(await replayScript(afterCall().at(50_000).deviceIrq(10)))).toEqual(ONE_MORE);
  });

  test('without isolation one from user mode is 1 + 1 crossings more and 0 writes', async () => {
    const run = await replayScript(afterCall().at(50_000).irq(10));
    expect(run.of('nopti')).toMatchObject({ entries: 2, exits: 2, writes: { crossing: 0 } });
  });

  test('the judged ones are counted by what was found: 1 user + 1 kernel, and none for the proven one', async () => {
    const run = await replayScript(
      afterCall().after(500).irq(10).at(50_000).irq(10).at(90_000).irq(10, 236, { depth: 2 }),
    );
    expect(run.replayed.inferred).toMatchObject({ interruptsUser: 1, interruptsKernel: 1 });
    expect(run.replayed.totals.interrupts).toBe(3);
  });
});

describe('preemption', () => {
  test('a switch within 100 us of an interrupt is its own doing: (1 + 1) + (1 + 1), the last exit on coming back', async () => {
    const run = await replayScript(afterCall().at(50_000).irq(10).at(150_000).switch(10, 0, 'R').switch(0, 10));
    expect(crossings(run)).toEqual(ONE_MORE);
  });

  test('a switch later than 100 us after an interrupt needs one more that was not recorded: 1 + 2 + 0', async () => {
    const run = await replayScript(afterCall().at(50_000).irq(10).at(150_001).switch(10, 0, 'R').switch(0, 10));
    expect(crossings(run)).toEqual([3, 3, 6]);
  });

  test('a switch 10 us after sys-exit happened on the way out: 1 + 1', async () => {
    const run = await replayScript(
      afterCall()
        .at(100 + 10_000)
        .switch(10, 0, 'R')
        .switch(0, 10),
    );
    expect(crossings(run)).toEqual(BASE);
  });

  test('a switch later than 10 us after sys-exit needs an interrupt that was not recorded: (1 + 1) + (1 + 1)', async () => {
    const run = await replayScript(
      afterCall()
        .at(100 + 10_001)
        .switch(10, 0, 'R')
        .switch(0, 10),
    );
    expect(crossings(run)).toEqual(ONE_MORE);
    expect(run.trace.health.of('inferred-preemption')).toBe(1);
  });

  test('a preempted task returns once, on the CPU where it runs next: 2 + 2', async () => {
    const away = afterCall()
      .at(50_000)
      .irq(10)
      .after(900)
      .switch(10, 0, 'R')
      .at(9e6)
      .cpu(1)
      .switch(0, 10)
      .cpu(2)
      .irq(0);
    expect(crossings(await replayScript(away))).toEqual(ONE_MORE);
  });

  test('a preempted task that never runs again has not returned: 2 entries + 1 exit', async () => {
    expect(crossings(await replayScript(afterCall().at(50_000).irq(10).switch(10, 0, 'R')))).toEqual([2, 1, 3]);
  });
});
