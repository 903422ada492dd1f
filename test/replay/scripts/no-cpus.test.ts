/** Recordings that name no CPU, as strace makes them: nothing tells what runs where, and no switch may be invented. */
import { describe, expect, test } from 'vitest';
import { FORK, replayScript, script, THREAD, VFORK } from '../script.ts';

const NOWHERE = -1;
const recording = () => {
  const begun = script().cpu(NOWHERE);
  begun.switchesShown = false;
  return begun;
};

describe('without CPUs', () => {
  test('calls of two processes in turn cross 2 times each and switch nothing', async () => {
    const run = await replayScript(
      recording().call(10, 'getpid').call(20, 'getpid').call(10, 'getpid').call(20, 'read'),
    );
    expect(run.of('pti')).toMatchObject({ entries: 4, exits: 4, writes: { crossing: 8, switch: 0, flush: 0 } });
    expect(run.replayed.inferred).toMatchObject({ switches: 0, interruptsUser: 0, syscallEntries: 0 });
    expect(run.trace.health.entries()).toEqual([]);
  });

  test('calls that overlap cross 2 times each: a call that sleeps has its return when it ends', async () => {
    const run = await replayScript(recording().enter(10, 'read').call(20, 'getpid').exit(10).enter(20, 'read'));
    expect(run.of('pti')).toMatchObject({ entries: 3, exits: 2, writes: { crossing: 5, switch: 0 } });
  });

  test('an exec loads one address space, and the end of its process another', async () => {
    const run = await replayScript(
      recording()
        .enter(10, 'execve')
        .exec(10, '/bin/x')
        .exit(10)
        .call(20, 'getpid')
        .enter(10, 'exit_group')
        .end(10)
        .call(20, 'getpid'),
    );
    expect(run.of('pti')).toMatchObject({ entries: 4, exits: 3, writes: { crossing: 7, switch: 2 } });
    expect(run.process('pti', 20)).toMatchObject({ switch: 0 });
  });

  test('a fork flushes its parent, whoever had an event before', async () => {
    const run = await replayScript(
      recording().call(10, 'getpid').call(20, 'getpid').enter(10, 'clone', FORK).newTask(10, 11, FORK).exit(10, 11),
    );
    expect(run.of('pti').writes).toMatchObject({ flush: 1, switch: 0 });
  });

  test('a thread that ends neither flushes nor loads', async () => {
    const run = await replayScript(
      recording().enter(10, 'clone3').newTask(10, 11, THREAD).exit(10, 11).enter(11, 'exit').end(11).call(10, 'getpid'),
    );
    expect(run.of('pti').writes).toMatchObject({ flush: 0, switch: 0 });
  });

  test('a child that shares its parent in vfork leaves it by its exec: one load, and one flush as the new stack moves', async () => {
    const run = await replayScript(
      recording().enter(10, 'vfork').newTask(10, 11, VFORK).enter(11, 'execve').exec(11, '/x').exit(11).exit(10, 11),
    );
    expect(run.of('pti').writes).toMatchObject({ flush: 1, switch: 1 });
  });

  test('who had returned when another thread lost the opt-out had returned without a write', async () => {
    const run = await replayScript(
      recording()
        .enter(10, 'clone3')
        .newTask(10, 11, THREAD)
        .exit(10, 11)
        .call(11, 'getpid')
        .call(10, 'getuid', [], 0)
        .call(10, 'setuid', [5])
        .call(11, 'getpid'),
      { optOut: ['root'] },
    );
    // Only the returns from setuid and from the call behind it write.
    expect(run.of('optout').writes).toMatchObject({ crossing: 2 });
    expect(run.state(10)).toBe('on');
  });

  test('a task that has had an event takes a new name; one that has not is only listed', async () => {
    const run = await replayScript(
      recording().call(10, 'getpid').rename(10, 'new').listed(20, 20, 'old').call(20, 'read'),
    );
    const names = run.replayed.tree.processes.map(({ pid, comm }) => [pid, run.trace.strings.text(comm)]);
    expect(names).toEqual([
      [0, 'kernel'],
      [10, 'new'],
      [20, 'old'],
    ]);
  });
});
