import { describe, expect, test } from 'vitest';
import { forksOf } from '../../../src/replay/totals.ts';
import { FORK, replayScript, script, SHARER, THREAD, VFORK } from '../script.ts';

describe('births', () => {
  test('a child returns without an entry: 0 + 1, then its call 1 + 1 and its last entry 1 + 0', async () => {
    const forked = script().enter(10, 'clone', FORK).fork(10, 11, FORK).exit(10);
    const child = forked
      .cpu(1)
      .switch(0, 11)
      .exit(11)
      .call(11, 'getpid')
      .enter(11, 'exit_group')
      .end(11)
      .switch(11, 0, 'Z');
    const run = await replayScript(child);
    expect(run.process('pti', 11)).toMatchObject({ entries: 0 + 1 + 1, exits: 1 + 1 + 0, crossing: 4 });
    expect(run.process('pti', 10)).toMatchObject({ entries: 1, exits: 1, crossing: 2 });
    expect(run.replayed.inferred.syscallEntries).toBe(0);
  });

  test('a new thread returns without an entry: its process has (1 + 1) + (0 + 1) = 3 writes', async () => {
    const run = await replayScript(
      script().enter(10, 'clone').fork(10, 11, THREAD).exit(10).cpu(1).switch(0, 11).exit(11),
    );
    expect(run.process('pti', 10)).toMatchObject({ entries: 1, exits: 2, crossing: 3 });
  });

  test('a vfork child crosses 0 + 1 and 1 + 1 while its parent waits with 1 + 1', async () => {
    const waiting = script().enter(10, 'vfork').fork(10, 11, VFORK).switch(10, 11, 'D').exit(11);
    const execed = waiting.enter(11, 'execve').exec(11, '/bin/x').exit(11).cpu(1).switch(0, 10).exit(10);
    const run = await replayScript(execed);
    expect(run.process('pti', 11)).toMatchObject({ entries: 0 + 1, exits: 1 + 1, crossing: 3 });
    expect(run.process('pti', 10)).toMatchObject({ entries: 1, exits: 1, crossing: 2 });
  });

  test('a child that is killed before its first return crosses 0 times', async () => {
    const run = await replayScript(script().enter(10, 'clone', FORK).fork(10, 11, FORK).cpu(1).switch(0, 11).end(11));
    expect(run.process('pti', 11)).toEqual({ entries: 0, exits: 0, crossing: 0, switch: 1 });
  });

  test('a child whose first return was lost has it before its first entry: 1 inferred exit + 1 entry', async () => {
    const run = await replayScript(script().fork(10, 11, FORK).cpu(1).switch(0, 11).enter(11, 'getpid'));
    expect(run.process('pti', 11)).toMatchObject({ entries: 1, exits: 1, crossing: 2 });
  });

  test('two events tell of one birth: 1 new task, 1 more process', async () => {
    const { replayed } = await replayScript(script().fork(10, 11, FORK).cpu(1).switch(0, 11).exit(11));
    expect(forksOf(replayed.totals)).toBe(1);
    expect(replayed.tree.processes.map((process) => process.pid)).toEqual([0, 10, 11]);
  });

  test('an id that is born again is another process: 2 first returns without an entry', async () => {
    const twice = script().fork(10, 11, FORK).cpu(1).switch(0, 11).exit(11).switch(11, 0, 'Z').cpu(0);
    const run = await replayScript(twice.fork(10, 11, FORK).cpu(1).switch(0, 11).exit(11).call(11, 'getpid'));
    expect(run.replayed.tree.processes.map((process) => process.pid)).toEqual([0, 10, 11, 11]);
    // The first one left its CPU before anything showed it in user mode.
    expect(run.process('pti', 11)).toMatchObject({ entries: 0 + 1, exits: 0 + 1 + 1 });
  });

  test('an id that is born again without an end in between is counted: 1', async () => {
    const run = await replayScript(script().newTask(10, 11, FORK).newTask(10, 11, FORK));
    expect(run.trace.health.of('reused-id')).toBe(1);
  });
});

describe('what a new task shares', () => {
  /** The switch to the child on its parent's CPU: 0 writes where they share an address space, 1 where not. */
  const switchTo = async (born: ReturnType<typeof script>): Promise<number> =>
    (await replayScript(born.switch(10, 11, 'R'))).of('pti').writes.switch;

  test.each([
    ['fork', FORK, 1],
    ['vfork', VFORK, 0],
    ['thread', THREAD, 0],
    ['CLONE_VM', SHARER, 0],
  ])('the flags of a %s decide: %i writes', async (_, flags, writes) => {
    expect(await switchTo(script().enter(10, 'clone3').fork(10, 11, flags))).toBe(writes);
  });

  test.each([
    ['fork', [], 1],
    ['vfork', [], 0],
    ['clone', [FORK], 1],
    ['clone', [THREAD], 0],
    ['clone', [SHARER], 0],
  ] as const)('without flags in the event, the call decides: %s(%j) is %i writes', async (call, args, writes) => {
    expect(
      await switchTo(
        script()
          .enter(10, call, ...args)
          .forked(10, 11),
      ),
    ).toBe(writes);
  });

  test('clone3 shows no flags, so without an event that does the child is a process: 1 write', async () => {
    expect(await switchTo(script().enter(10, 'clone3').forked(10, 11))).toBe(1);
  });

  test('an event that tells the process of the child decides: 0 writes for a thread', async () => {
    expect(await switchTo(script().enter(10, 'clone3').forked(10, 11, 10))).toBe(0);
  });

  test('a child taken for a process is a thread once its own event says so: 1 + 1 and 0 + 1 of one process', async () => {
    const unknown = script().enter(10, 'clone3').forked(10, 11).exit(10).thread(11, 10).cpu(1).switch(0, 11).exit(11);
    const run = await replayScript(unknown);
    expect(run.process('pti', 10)).toMatchObject({ entries: 1 + 0, exits: 1 + 1 });
    expect(run.replayed.tree.find(11)?.process.pid).toBe(10);
  });

  test('a child of kthreadd is a kernel thread whatever its name: 0 writes on the way there and back', async () => {
    const made = script().call(10, 'getpid').switch(10, 2).fork(2, 40).switch(2, 40).switch(40, 10);
    expect((await replayScript(made)).of('pti').writes.switch).toBe(0);
  });
});
