import { describe, expect, test } from 'vitest';
import type { Recording } from '../recording.ts';
import { FORK, replayScript, script, THREAD } from '../script.ts';

/** Process 10 with a thread 11 on CPU 1, alone since its leader ended, inside execve. */
const threadExecs = (): Recording =>
  script()
    .enter(10, 'clone')
    .fork(10, 11, THREAD)
    .exit(10)
    .cpu(1)
    .switch(0, 11)
    .exit(11)
    .cpu(0)
    .enter(10, 'exit')
    .end(10)
    .switch(10, 0, 'Z')
    .cpu(1)
    .enter(11, 'execve');

describe('a thread other than the leader that execs', () => {
  test('goes on under the id of the leader: clone 1 + 1, exit 1 + 0, birth 0 + 1, execve 1 + 1, getpid 1 + 1', async () => {
    const run = await replayScript(threadExecs().exec(10, '/bin/x', 11).exit(10).call(10, 'getpid'));
    expect(run.process('pti', 10)).toMatchObject({ entries: 4, exits: 4, crossing: 8 });
    expect(run.replayed.inferred).toMatchObject({ syscallEntries: 0, switches: 0 });
  });

  test('is one process: the kernel, and 10', async () => {
    const run = await replayScript(threadExecs().exec(10, '/bin/x', 11).exit(10));
    expect(run.replayed.tree.processes.map((process) => process.pid)).toEqual([0, 10]);
  });

  test('loads its new address space, and idle CPU 0, which borrows the old one, that of the kernel: 1 + 1 switch writes', async () => {
    const run = await replayScript(threadExecs().exec(10, '/bin/x', 11).exit(10));
    expect(run.of('pti').writes.switch).toBe(1 + 1);
  });

  test('takes a fault of the kernel under its new id before the exec is logged: the same 4 + 4, no inferred switch', async () => {
    const faulting = threadExecs().kernelFault(10).exec(10, '/bin/x', 11).exit(10).call(10, 'getpid');
    const run = await replayScript(faulting.switch(10, 0).switch(0, 10).enter(10, 'read'));
    expect(run.process('pti', 10)).toMatchObject({ entries: 4 + 1, exits: 4, crossing: 9 });
    expect(run.replayed.inferred.switches).toBe(0);
  });

  test('takes the name that it sets before the exec is logged', async () => {
    const renamed = threadExecs().thread(11, 10).rename(10, 'x').exec(10, '/bin/x', 11).exit(10);
    const run = await replayScript(renamed, { optOut: ['comm:x'] });
    expect(run.trace.strings.text(run.replayed.tree.processes[1].comm)).toBe('x');
    expect(run.state(10)).toBe('off (opted out)');
  });
});

describe('names', () => {
  const nameOf = async (recording: Recording): Promise<string> => {
    const run = await replayScript(recording);
    return run.trace.strings.text(run.replayed.tree.processes[1].comm);
  };

  test('a process has the name that a switch shows', async () => {
    expect(await nameOf(script().named(10, 'shell').switch(10, 0).switch(0, 10))).toBe('shell');
  });

  test('an older process has the name that the recorder listed', async () => {
    expect(await nameOf(script().listed(10, 10, 'daemon').call(10, 'getpid'))).toBe('daemon');
  });

  test('an exec names it after the file, cut to 15 characters, where no renames are recorded', async () => {
    expect(await nameOf(script().exec(10, '/usr/libexec/a-rather-long-name').exit(10))).toBe('a-rather-long-n');
  });

  test('a rename before the exec is what counts where they are recorded', async () => {
    expect(await nameOf(script().call(10, 'getpid').rename(10, 'short').exec(10, '/bin/other').exit(10))).toBe('short');
  });

  test('a rename of another thread than the leader does not name the process', async () => {
    const threads = script().named(10, 'leader').switch(0, 10).fork(10, 11, THREAD).cpu(1).switch(0, 11).exit(11);
    expect(await nameOf(threads.rename(11, 'worker'))).toBe('leader');
  });
});

describe('kernel threads', () => {
  test('a user program with the name of one is a process from its first entry on: 1 + 1', async () => {
    const run = await replayScript(script().named(30, 'kworker/evil').switch(0, 30).call(30, 'getpid'));
    expect(run.process('pti', 30)).toMatchObject({ entries: 1, exits: 1, crossing: 2 });
  });

  test('such a program has an address space of its own: 1 + 1 switch writes', async () => {
    const run = await replayScript(
      script().call(10, 'getpid').named(30, 'kworker/evil').switch(10, 30).call(30, 'getpid').switch(30, 10),
    );
    expect(run.of('pti').writes.switch).toBe(2);
  });

  test('such a program keeps its name', async () => {
    const run = await replayScript(script().named(30, 'kworker/evil').switch(0, 30).call(30, 'getpid'));
    expect(run.trace.strings.text(run.replayed.tree.processes[1].comm)).toBe('kworker/evil');
  });

  test('a name that only starts like one is a user program: 1 + 1 switch writes', async () => {
    const run = await replayScript(script().call(10, 'getpid').named(30, 'kworkers').switch(10, 30).switch(30, 10));
    expect(run.of('pti').writes.switch).toBe(2);
  });

  test('a program that the kernel starts becomes a process at its exec: execve 0 + 1, getpid 1 + 1', async () => {
    const helper = script().named(30, 'kworker/u8:0').switch(0, 30).fork(30, 40, FORK).cpu(1).switch(0, 40);
    const run = await replayScript(helper.exec(40, '/sbin/helper').exit(40).call(40, 'getpid'));
    expect(run.process('pti', 40)).toMatchObject({ entries: 0 + 1, exits: 1 + 1, crossing: 3 });
  });

  test('such a program was born in the recording, so it is no root', async () => {
    const helper = script().named(30, 'kworker/u8:0').switch(0, 30).fork(30, 40, FORK).cpu(1).switch(0, 40);
    const run = await replayScript(helper.exec(40, '/sbin/helper').exit(40), { optOut: ['root'] });
    expect(run.state(40)).toBe('on');
  });

  test('a kernel thread whose name comes only with its switch is one all the same: 0 switch writes', async () => {
    const late = script().cpu(1).named(30, 'kworker/0:1').irq(30, 236, { depth: 1 }).switch(30, 0);
    const run = await replayScript(late.cpu(0).call(10, 'getpid').switch(10, 30).switch(30, 10));
    expect(run.of('pti').writes.switch).toBe(0);
  });
});

describe('time on a CPU', () => {
  test('is from switch to switch, also where it moves without one: 300 + 400 ns', async () => {
    const ran = script().at(0).call(10, 'getpid').at(300).switch(10, 0).at(500).switch(0, 10).at(900).switch(10, 0);
    expect((await replayScript(ran)).replayed.tree.processes[1].onCpuNs).toBe(300 + 400);
  });

  test('is not counted twice for a task that moves without a recorded switch: 1000 ns', async () => {
    const moved = script().at(0).call(10, 'getpid').cpu(1).at(400).call(10, 'getpid').at(1_000).switch(10, 0);
    expect((await replayScript(moved)).replayed.tree.processes[1].onCpuNs).toBe(1_000);
  });
});
