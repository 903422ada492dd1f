import { describe, expect, test } from 'vitest';
import { replayScript, script } from '../script.ts';

describe('page faults', () => {
  test('a user fault is 1 entry + 1 exit = 2 writes', async () => {
    const run = await replayScript(script().fault(10));
    expect(run.of('pti')).toMatchObject({ entries: 1, exits: 1, writes: { crossing: 2 } });
  });

  test('three faults in a row are 3 entries + 3 exits = 6 writes', async () => {
    const run = await replayScript(script().fault(10).fault(10).fault(10));
    expect(run.of('pti')).toMatchObject({ entries: 3, exits: 3, writes: { crossing: 6 } });
  });

  test('a fault before a call has returned by then: (1 + 1) + (1 + 1) = 4 writes', async () => {
    const run = await replayScript(script().fault(10).call(10, 'getpid'));
    expect(run.of('pti')).toMatchObject({ entries: 2, exits: 2, writes: { crossing: 4 } });
  });

  test('a fault after a call proves its return: (1 + 1) + (1 + 1) = 4 writes', async () => {
    const run = await replayScript(script().call(10, 'getpid').fault(10));
    expect(run.of('pti')).toMatchObject({ entries: 2, exits: 2, writes: { crossing: 4 } });
  });

  test('a fault in the kernel crosses nothing: 1 + 1 of the call around it, 0 of its own', async () => {
    const run = await replayScript(script().enter(10, 'read').kernelFault(10).exit(10));
    expect(run.of('pti')).toMatchObject({ entries: 1, exits: 1, writes: { crossing: 2 } });
    expect(run.replayed.totals).toMatchObject({ userFaults: 0, kernelFaults: 1 });
  });

  test('a fault that waits for a disk returns once: 1 + 1 = 2 writes', async () => {
    const run = await replayScript(script().fault(10).at(90_000).switch(10, 0, 'D').at(9e6).switch(0, 10));
    expect(run.of('pti')).toMatchObject({ entries: 1, exits: 1, writes: { crossing: 2 } });
    expect(run.trace.health.of('inferred-preemption')).toBe(0);
  });

  test('a fault that kills its task never returns: 1 + 0 = 1 write', async () => {
    const run = await replayScript(script().fault(10).end(10).switch(10, 0, 'Z'));
    expect(run.of('pti')).toMatchObject({ entries: 1, exits: 0, writes: { crossing: 1 } });
  });

  test('a runnable task that leaves 10 us after its fault was rescheduled in it: 1 + 1 = 2 writes', async () => {
    const run = await replayScript(script().at(0).fault(10).at(10_000).switch(10, 0, 'R').switch(0, 10));
    expect(run.of('pti')).toMatchObject({ entries: 1, exits: 1, writes: { crossing: 2 } });
  });

  test('a runnable task that leaves later than 10 us after its fault was preempted: (1 + 1) + (1 + 1) = 4', async () => {
    const run = await replayScript(script().at(0).fault(10).at(10_001).switch(10, 0, 'R').switch(0, 10));
    expect(run.of('pti')).toMatchObject({ entries: 2, exits: 2, writes: { crossing: 4 } });
    expect(run.trace.health.of('inferred-preemption')).toBe(1);
  });

  test('faults cross without writing where isolation is off: 1 + 1 crossings, 0 writes', async () => {
    const run = await replayScript(script().fault(10));
    expect(run.of('nopti')).toMatchObject({ entries: 1, exits: 1, writes: { crossing: 0 } });
  });
});
