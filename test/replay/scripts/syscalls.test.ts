import { describe, expect, test } from 'vitest';
import { replayScript, script } from '../script.ts';

describe('syscalls', () => {
  test('two calls are 2 entries + 2 exits = 4 writes', async () => {
    const run = await replayScript(script().call(10, 'getpid').call(10, 'getpid'));
    expect(run.of('pti')).toMatchObject({ entries: 2, exits: 2, writes: { crossing: 4 } });
  });

  test('a call that still runs at the end is 1 entry + 0 exits = 1 write', async () => {
    const run = await replayScript(script().enter(10, 'read'));
    expect(run.of('pti')).toMatchObject({ entries: 1, exits: 0, writes: { crossing: 1 } });
  });

  test('without isolation 2 calls cross 2 + 2 times and write 0 times', async () => {
    const run = await replayScript(script().call(10, 'getpid').call(10, 'getpid'));
    expect(run.of('nopti')).toMatchObject({ entries: 2, exits: 2, cr3Read: 0, optTest: 0, writes: { crossing: 0 } });
  });

  test('without PCIDs every write drops all: 1 entry + 1 exit = 2 writes of that kind', async () => {
    const run = await replayScript(script().call(10, 'getpid'), { pcid: false });
    expect(run.of('pti')).toMatchObject({ cr3WriteNoPcid: 2, cr3WriteKeep: 0, cr3WriteFlush: 0 });
  });

  test('a crossing reads CR3 once before it writes: 1 + 1 = 2 reads', async () => {
    const run = await replayScript(script().call(10, 'getpid'));
    expect(run.of('pti')).toMatchObject({ cr3Read: 2, optTest: 0 });
  });

  test('a kernel with the opt-out tests at each crossing, also for those who stay in: 1 + 1 = 2 tests', async () => {
    const run = await replayScript(script().call(10, 'getpid'));
    expect(run.of('optout')).toMatchObject({ optTest: 2, cr3Read: 2, writes: { crossing: 2 } });
  });

  test('an exec is 1 entry + 1 exit = 2 writes, and 1 switch write for its new address space', async () => {
    const run = await replayScript(script().enter(10, 'execve').exec(10, '/bin/x').exit(10));
    expect(run.of('pti')).toMatchObject({ entries: 1, exits: 1, writes: { crossing: 2, switch: 1 } });
  });

  test('exit_group never returns: 1 entry + 0 exits = 1 write', async () => {
    const run = await replayScript(script().enter(10, 'exit_group').end(10).switch(10, 0, 'Z'));
    expect(run.of('pti')).toMatchObject({ entries: 1, exits: 0, writes: { crossing: 1 } });
  });

  test('rt_sigreturn returns as number -1 and is 1 entry + 1 exit all the same', async () => {
    const run = await replayScript(script().enter(10, 'rt_sigreturn').exit(10, 0, -1));
    expect(run.of('pti')).toMatchObject({ entries: 1, exits: 1, writes: { crossing: 2 } });
    expect(run.replayed.inferred.syscallEntries).toBe(0);
  });

  test('a call that began before the recording is 0 entries + 1 exit = 1 write', async () => {
    const run = await replayScript(script().exit(10));
    expect(run.of('pti')).toMatchObject({ entries: 0, exits: 1, writes: { crossing: 1 } });
    expect(run.replayed.inferred.syscallEntries).toBe(0);
  });

  test('a return without an entry later on had one: (1 + 1) + (1 inferred + 1) = 4 writes', async () => {
    const run = await replayScript(script().call(10, 'getpid').exit(10));
    expect(run.of('pti')).toMatchObject({ entries: 2, exits: 2, writes: { crossing: 4 } });
    expect(run.replayed.inferred.syscallEntries).toBe(1);
    expect(run.trace.health.of('inferred-entry')).toBe(1);
  });

  test('two entries in a row had a return between: (1 + 1 inferred) + (1 + 1) = 4 writes', async () => {
    const run = await replayScript(script().enter(10, 'read').enter(10, 'getpid').exit(10));
    expect(run.of('pti')).toMatchObject({ entries: 2, exits: 2, writes: { crossing: 4 } });
    expect(run.trace.health.of('inferred-exit')).toBe(1);
  });

  test('a call that sleeps and wakes on another CPU returns once: 1 + 1 = 2 writes', async () => {
    const sleeping = script().enter(10, 'read').switch(10, 0).cpu(1).switch(0, 10).exit(10);
    expect((await replayScript(sleeping)).of('pti')).toMatchObject({ entries: 1, exits: 1, writes: { crossing: 2 } });
  });

  test('a task rescheduled on its way out returns once, when it runs again: 1 + 1 = 2 writes', async () => {
    const run = await replayScript(
      script().call(10, 'read').switch(10, 20, 'R').call(20, 'getpid').at(50_000).switch(20, 10),
    );
    expect(run.process('pti', 10)).toMatchObject({ entries: 1, exits: 1, crossing: 2 });
  });

  test('a task that is off its CPU at the end has not returned: 1 + 0 = 1 write', async () => {
    const run = await replayScript(script().call(10, 'read').switch(10, 0));
    expect(run.of('pti')).toMatchObject({ entries: 1, exits: 0, writes: { crossing: 1 } });
  });

  test('a task that moves between CPUs without a recorded switch returns once for each entry: 2 + 2 = 4', async () => {
    const run = await replayScript(script().cpu(0).call(10, 'getpid').cpu(1).call(10, 'getpid'));
    expect(run.of('pti')).toMatchObject({ entries: 2, exits: 2, writes: { crossing: 4 } });
  });

  test('calls are counted as they are recorded, with what was inferred apart: 2 recorded + 1 inferred', async () => {
    const run = await replayScript(script().call(10, 'getpid').exit(10).call(10, 'getpid'));
    expect(run.replayed.totals.syscalls).toBe(2);
    expect(run.of('pti').entries).toBe(2 + 1);
  });

  test('the entry and the exit of a call count for its number: 2 for getpid, 2 + 1 for read', async () => {
    const run = await replayScript(script().call(10, 'read').call(10, 'getpid').enter(10, 'read'));
    expect(run.causes('pti')).toEqual({ 'syscall:39': 2, 'syscall:0': 2 + 1 });
  });

  test('an event without a CPU crosses like any other: 1 + 1 for the call that the next one proves over, and 1', async () => {
    const run = await replayScript(script().cpu(-1).call(10, 'getpid').enter(10, 'read'));
    expect(run.of('pti')).toMatchObject({ entries: 2, exits: 1, writes: { crossing: 3, switch: 0 } });
  });
});
