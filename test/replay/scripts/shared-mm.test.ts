import { describe, expect, test } from 'vitest';
import type { Recording } from '../recording.ts';
import { replayScript, script, SHARER, THREAD, VFORK, type ScriptRun } from '../script.ts';

/** Writes of a process at its crossings in the lane with the opt-out. */
const writes = (run: ScriptRun, pid: number): number => run.process('optout', pid).crossing;
const execed = (recording: Recording, tid: number, file: string): Recording =>
  recording.enter(tid, 'execve').exec(tid, file).exit(tid);

describe('an address space with several users', () => {
  /** 10 is out and waits in vfork on CPU 0; its child 11 shares its space on CPU 1; its thread 12 is inside a read on CPU 2. */
  const shared = (): Recording =>
    script()
      .call(10, 'geteuid', [], 0)
      .enter(10, 'clone')
      .fork(10, 12, THREAD)
      .exit(10)
      .cpu(2)
      .switch(0, 12)
      .exit(12)
      .enter(12, 'read')
      .cpu(0)
      .enter(10, 'vfork')
      .fork(10, 11, VFORK)
      .switch(10, 0, 'D')
      .cpu(1)
      .switch(0, 11)
      .exit(11);
  const vetoed = (): Recording => shared().call(11, 'setuid', [1000]);

  test('is open while all are out: 0 writes of the child at its birth', async () => {
    const run = await replayScript(shared(), { optOut: ['root'] });
    expect([writes(run, 11), writes(run, 10)]).toEqual([0, 0]);
    expect(run.state(11)).toBe('off (opted out)');
  });

  test('a child that shares without vfork inherits too: 0 writes at its birth and in its call', async () => {
    const sharer = script()
      .enter(10, 'clone')
      .fork(10, 11, SHARER)
      .exit(10)
      .cpu(1)
      .switch(0, 11)
      .exit(11)
      .call(11, 'getpid');
    expect(writes(await replayScript(sharer, { optOut: ['root'] }), 11)).toBe(0);
  });

  test('a child that loses it vetoes its parent: setuid 0 + 1, and both are isolated', async () => {
    const run = await replayScript(vetoed(), { optOut: ['root'] });
    expect(writes(run, 11)).toBe(0 + 1);
    expect([run.state(11), run.state(10)]).toEqual(['on', 'on (shared mm)']);
  });

  test('a thread of the parent inside a call returns isolated: 0 of the entry + 1 of the exit', async () => {
    const run = await replayScript(vetoed().cpu(2).exit(12).enter(12, 'read'), { optOut: ['root'] });
    // read 0 + 1, and the entry after it 1
    expect(writes(run, 10)).toBe(0 + 1 + 1);
  });

  test('the exec of the child ends the veto: its parent returns from vfork with 0 writes', async () => {
    const run = await replayScript(execed(vetoed(), 11, '/bin/x').cpu(0).switch(0, 10).exit(10), { optOut: ['root'] });
    expect(writes(run, 10)).toBe(0);
    expect([run.state(11), run.state(10)]).toEqual(['on', 'off (opted out)']);
    // setuid 0 + 1, execve 1 + 1
    expect(writes(run, 11)).toBe(1 + 2);
  });

  test('the end of the child ends the veto too', async () => {
    const run = await replayScript(vetoed().enter(11, 'exit_group').end(11), { optOut: ['root'] });
    expect(run.state(10)).toBe('off (opted out)');
  });

  test('a thread in user mode when the veto ends stays isolated until its next exit: entry 1, exit 0, then 0 + 0', async () => {
    const inUserMode = vetoed().cpu(2).exit(12).cpu(1).at(80_000);
    const run = await replayScript(execed(inUserMode, 11, '/bin/x').cpu(2).call(12, 'getpid').call(12, 'getpid'), {
      optOut: ['root'],
    });
    // read 0 + 1, getpid 1 + 0, getpid 0 + 0
    expect(writes(run, 10)).toBe(0 + 1 + 1 + 0);
  });

  test('the veto and its end are the transitions of the parent, beside those of the child', async () => {
    const { replayed } = await replayScript(execed(vetoed(), 11, '/bin/x'), { optOut: ['root'] });
    const steps = replayed.optOuts[2]!.transitions.map(({ process, event, from, to }) => [
      process.pid,
      event,
      from,
      to,
    ]);
    expect(steps).toEqual([
      [10, 'start', 'on', 'off (opted out)'],
      [11, 'clone-vm', 'on', 'off (opted out)'],
      [10, 'clone-vm', 'off (opted out)', 'on (shared mm)'],
      [11, 'setid', 'off (opted out)', 'on'],
      [10, 'sharer-left', 'on (shared mm)', 'off (opted out)'],
    ]);
  });
});
