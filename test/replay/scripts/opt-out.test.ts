import { describe, expect, test } from 'vitest';
import type { Recording } from '../recording.ts';
import { FORK, replayScript, script, THREAD, type ScriptRun } from '../script.ts';

/** Writes of a process at its crossings in the lane with the opt-out. */
const writes = (run: ScriptRun, pid: number): number => run.process('optout', pid).crossing;
/** A shell forks a child, which runs on CPU 1 and has returned from its birth: 1 write of the child. */
const child = (): Recording =>
  script().call(10, 'getpid').enter(10, 'clone', FORK).fork(10, 11, FORK).exit(10).cpu(1).switch(0, 11).exit(11);
const execed = (recording: Recording, tid: number, file: string): Recording =>
  recording.enter(tid, 'execve').exec(tid, file).exit(tid);

describe('a wrapper', () => {
  test('from the start: 2 calls are 2 + 2 crossings, 0 writes, 2 + 2 tests', async () => {
    const run = await replayScript(script().call(10, 'getpid').call(10, 'getpid'), { optOut: ['root'] });
    expect(run.of('optout')).toMatchObject({ entries: 2, exits: 2, optTest: 4, writes: { crossing: 0 } });
  });

  test('on an entry that finds nothing to switch, CR3 is read all the same: 1 read of the entry, 0 of the exit', async () => {
    const run = await replayScript(script().call(10, 'getpid'), { optOut: ['root'] });
    expect(run.of('optout').cr3Read).toBe(1);
  });

  test('at an exec: its entry writes 1, its exit 0, the call after it 0 + 0', async () => {
    const run = await replayScript(execed(child(), 11, '/bin/x').call(11, 'getpid'), { optOut: ['comm:x'] });
    expect(writes(run, 11)).toBe(1 + (1 + 0) + (0 + 0));
    expect(run.state(11)).toBe('off (opted out)');
  });

  test('costs and saves its parent nothing: the shell has 2 calls of 1 + 1 in both lanes', async () => {
    const run = await replayScript(execed(child(), 11, '/bin/x').call(11, 'getpid'), { optOut: ['comm:x'] });
    expect([writes(run, 10), run.process('pti', 10).crossing]).toEqual([4, 4]);
    expect(run.state(10)).toBe('on');
  });

  test('on an older process whose first event is an exec is there for its exit: 0 writes', async () => {
    const run = await replayScript(script().exec(10, '/bin/x').exit(10), { optOut: ['root'] });
    expect(run.of('optout')).toMatchObject({ exits: 1, writes: { crossing: 0 } });
  });

  test('chooses an older process once: what a setuid cleared stays cleared over its next exec', async () => {
    const cleared = script().call(10, 'geteuid', [], 0).call(10, 'setuid', [1000]);
    const run = await replayScript(execed(cleared, 10, '/bin/x').call(10, 'getpid'), { optOut: ['root'] });
    // geteuid 0 + 0, setuid 0 + 1, execve 1 + 1, getpid 1 + 1
    expect(writes(run, 10)).toBe(0 + 1 + 2 + 2);
  });

  test('is noted as the transition that it makes', async () => {
    const { replayed } = await replayScript(execed(child(), 11, '/bin/x'), { optOut: ['comm:x'] });
    const [transition] = replayed.optOuts[2]!.transitions;
    expect(replayed.optOuts[2]!.transitions).toHaveLength(1);
    expect(transition).toMatchObject({
      tid: 11,
      event: 'opt-out',
      rule: '--opt-out comm:x',
      from: 'on',
      to: 'off (opted out)',
    });
    expect(transition.process.pid).toBe(11);
  });
});

describe('inheritance', () => {
  test('over fork: the child of a process that is out writes 0 at its birth and in its calls', async () => {
    const run = await replayScript(child().call(11, 'getpid'), { optOut: ['pid:10'] });
    expect(run.process('optout', 11)).toMatchObject({ entries: 1, exits: 2, crossing: 0 });
  });

  test('over exec: the new program writes 0 at the exec and in its calls', async () => {
    const run = await replayScript(execed(child(), 11, '/bin/x').call(11, 'getpid'), { optOut: ['pid:10'] });
    expect(run.process('optout', 11)).toMatchObject({ entries: 2, exits: 3, crossing: 0 });
  });

  test('over two generations: 0 writes of the grandchild', async () => {
    const born = execed(child(), 11, '/bin/x').enter(11, 'clone', FORK).fork(11, 12, FORK).exit(11);
    const run = await replayScript(born.cpu(2).switch(0, 12).exit(12).call(12, 'getpid'), { optOut: ['pid:10'] });
    expect(writes(run, 12)).toBe(0);
    expect(run.state(12)).toBe('off (opted out)');
  });

  test('to a thread: 0 writes at its birth', async () => {
    const thread = script().enter(10, 'clone').fork(10, 11, THREAD).exit(10).cpu(1).switch(0, 11).exit(11);
    expect(writes(await replayScript(thread, { optOut: ['root'] }), 10)).toBe(0);
  });

  test('over the exec of a thread that is not the leader: entry 0, exit 0, call 0 + 0', async () => {
    const born = script().enter(10, 'clone').fork(10, 11, THREAD).exit(10).cpu(1).switch(0, 11).exit(11);
    const alone = born.cpu(0).enter(10, 'pause').end(10).switch(10, 0, 'Z').cpu(1);
    const run = await replayScript(alone.enter(11, 'execve').exec(10, '/bin/x', 11).exit(10).call(10, 'getpid'), {
      optOut: ['root'],
    });
    expect(writes(run, 10)).toBe(0);
    expect(run.state(10)).toBe('off (opted out)');
  });
});

describe('the second wrapper', () => {
  /** Out with its parent, back in where it execs x. */
  const options = { optOut: ['root'], optIn: ['comm:x'] };

  test('at an exec: its entry writes 0, its exit 1, the call after it 1 + 1', async () => {
    const run = await replayScript(execed(child(), 11, '/bin/x').call(11, 'getpid'), options);
    // birth 0, execve 0 + 1, getpid 1 + 1
    expect(writes(run, 11)).toBe(0 + 1 + 2);
    expect(run.state(11)).toBe('on');
  });

  test('leaves the parent out: 0 writes', async () => {
    const run = await replayScript(execed(child(), 11, '/bin/x').cpu(0).call(10, 'getpid'), options);
    expect(writes(run, 10)).toBe(0);
  });

  test('holds for its children: birth 1, call 1 + 1', async () => {
    const born = execed(child(), 11, '/bin/x').enter(11, 'clone', FORK).fork(11, 12, FORK).exit(11);
    const run = await replayScript(born.cpu(2).switch(0, 12).exit(12).call(12, 'getpid'), options);
    expect(writes(run, 12)).toBe(1 + 2);
  });

  test('has the last word on a process that both choose: exec 0 + 1', async () => {
    const run = await replayScript(execed(script(), 10, '/bin/x'), { optOut: ['comm:x', 'root'], optIn: ['comm:x'] });
    expect(writes(run, 10)).toBe(0 + 1);
    expect(run.state(10)).toBe('on');
  });
});
