import { describe, expect, test } from 'vitest';
import type { Recording } from '../recording.ts';
import { FORK, replayScript, script, SHARER, THREAD, VFORK } from '../script.ts';

/** Switch writes, which every lane has alike, with PCIDs and without. */
async function writesOf(recording: Recording): Promise<number> {
  const runs = [await replayScript(recording), await replayScript(recording, { pcid: false })];
  const writes = runs.flatMap((run) => ['nopti', 'pti', 'optout'].map((lane) => run.of(lane).writes.switch));
  expect(new Set(writes).size).toBe(1);
  return writes[0];
}

/** Task 10 has the CPU. */
const running = (): Recording => script().call(10, 'getpid');

describe('switches', () => {
  test('the first address space of a CPU was there before: 0 writes', async () => {
    expect(await writesOf(running())).toBe(0);
  });

  test('thread to thread of one process: 0 writes', async () => {
    expect(
      await writesOf(running().thread(11, 10).cpu(1).call(11, 'getpid').cpu(0).switch(10, 11).switch(11, 10)),
    ).toBe(0);
  });

  test('to another process and back: 1 + 1 = 2 writes', async () => {
    expect(await writesOf(running().switch(10, 20).switch(20, 10))).toBe(2);
  });

  test('over idle back to the same process: 0 writes', async () => {
    expect(await writesOf(running().switch(10, 0).switch(0, 10))).toBe(0);
  });

  test('over a kernel thread back to the same process: 0 writes', async () => {
    expect(await writesOf(running().named(30, 'kworker/0:1').switch(10, 30).switch(30, 10))).toBe(0);
  });

  test('over a kernel thread that only the host names: 0 writes', async () => {
    const recording = running().switch(10, 30).switch(30, 10);
    recording.host = { kernelThreads: [30] };
    expect(await writesOf(recording)).toBe(0);
  });

  test('over idle to another process: 1 write', async () => {
    expect(await writesOf(running().switch(10, 0).switch(0, 20))).toBe(1);
  });

  test('each CPU has its own: 1 write on CPU 1, where another process was, 0 on CPU 0', async () => {
    expect(
      await writesOf(running().cpu(1).call(20, 'getpid').switch(20, 0).cpu(0).switch(10, 0).cpu(1).switch(0, 10)),
    ).toBe(1);
  });

  test('to a forked child: 1 write', async () => {
    expect(await writesOf(running().enter(10, 'fork').fork(10, 11, FORK).switch(10, 11, 'R'))).toBe(1);
  });

  test('between a parent and a child that shares its address space: 0 + 0 writes', async () => {
    expect(await writesOf(running().fork(10, 11, SHARER).switch(10, 11, 'R').exit(11).switch(11, 10))).toBe(0);
  });

  test('to a vfork child, its exec, and back to the parent: 0 + 1 + 1 = 2 writes', async () => {
    const execed = running().enter(10, 'vfork').fork(10, 11, VFORK).switch(10, 11, 'D').exit(11);
    expect(await writesOf(execed.enter(11, 'execve').exec(11, '/bin/x').exit(11).switch(11, 10, 'R'))).toBe(2);
  });

  test('a task of which only switches are recorded is a process of its own: 1 + 1 writes', async () => {
    expect(await writesOf(running().switch(10, 12).switch(12, 10))).toBe(2);
  });

  test('such a task is a thread where the recorder listed it as one: 0 writes', async () => {
    expect(await writesOf(script().listed(12, 10, 'x').call(10, 'getpid').switch(10, 12).switch(12, 10))).toBe(0);
  });

  test('such a task shares from where its own event says that it is a thread: 1 + 1, then 0 + 0', async () => {
    const unknown = running()
      .switch(10, 12)
      .thread(12, 10)
      .call(12, 'getpid')
      .switch(12, 10)
      .switch(10, 12)
      .switch(12, 10);
    expect(await writesOf(unknown)).toBe(2);
  });

  test('the write belongs to the process that comes: 1 for 20, then 1 for 10', async () => {
    const run = await replayScript(running().switch(10, 20).switch(20, 10));
    expect([run.process('pti', 20).switch, run.process('pti', 10).switch]).toEqual([1, 1]);
  });
});

describe('the end of an address space', () => {
  test('an exec loads another: 1 write', async () => {
    expect(await writesOf(running().enter(10, 'execve').exec(10, '/bin/x').exit(10))).toBe(1);
  });

  test('after an exec the new one is what is loaded: exec 1 + to another 1 + back 1 = 3 writes', async () => {
    expect(
      await writesOf(running().exec(10, '/bin/x').exit(10).switch(10, 0).switch(0, 10).switch(10, 20).switch(20, 10)),
    ).toBe(3);
  });

  test('the end of its last user loads the own one of the kernel: 1 write', async () => {
    expect(await writesOf(running().enter(10, 'exit_group').end(10).switch(10, 0, 'Z'))).toBe(1);
  });

  test('the next process pays again: end 1 + switch 1 = 2 writes', async () => {
    expect(await writesOf(running().enter(10, 'exit_group').end(10).switch(10, 20, 'Z'))).toBe(2);
  });

  test('the end of one of two threads: 0 writes; of the other: 1 write', async () => {
    const one = running().fork(10, 11, THREAD).switch(10, 11).exit(11).enter(11, 'exit').end(11).switch(11, 10, 'Z');
    expect(await writesOf(one)).toBe(0);
    expect(await writesOf(one.enter(10, 'exit').end(10).switch(10, 0, 'Z'))).toBe(1);
  });

  test('a leader that ends before its thread does not end the process: 0, then 1 write', async () => {
    const leader = running().fork(10, 11, THREAD).enter(10, 'exit').end(10).switch(10, 11, 'Z').exit(11);
    expect(await writesOf(leader)).toBe(0);
    expect(await writesOf(leader.enter(11, 'exit').end(11).switch(11, 0, 'X'))).toBe(1);
  });

  test('the end of a child that still shares the space of its parent: 0 writes', async () => {
    const child = running().fork(10, 11, VFORK).switch(10, 11, 'D').exit(11).enter(11, 'exit_group').end(11);
    expect(await writesOf(child.switch(11, 10, 'Z'))).toBe(0);
  });

  test('a task that ended and is preempted on its way out comes back without a space: end 1 + to 20 1 + back 0 = 2', async () => {
    const ending = running()
      .enter(10, 'exit_group')
      .end(10)
      .switch(10, 20, 'R')
      .switch(20, 10, 'R')
      .switch(10, 20, 'Z');
    expect(await writesOf(ending)).toBe(2);
  });

  test('both writes belong to the process whose space it was: exec 1 + end 1 = 2', async () => {
    const run = await replayScript(
      running().exec(10, '/bin/x').exit(10).enter(10, 'exit_group').end(10).switch(10, 20, 'Z'),
    );
    expect(run.process('pti', 10).switch).toBe(2);
  });
});

describe('switches that were not recorded', () => {
  test('another task of the same CPU proves one: 1 write, 1 inferred switch', async () => {
    const gap = running().call(20, 'getpid');
    expect(await writesOf(gap)).toBe(1);
    expect((await replayScript(gap)).replayed.inferred.switches).toBe(1);
  });

  test('a switch out of a task that did not run there proves one: 1 inferred + 1 recorded = 2 writes', async () => {
    const gap = running().switch(20, 30);
    expect(await writesOf(gap)).toBe(2);
    expect((await replayScript(gap)).replayed.inferred.switches).toBe(1);
  });

  test('an unbroken chain proves none', async () => {
    expect((await replayScript(running().switch(10, 20).switch(20, 0).switch(0, 10))).replayed.inferred.switches).toBe(
      0,
    );
  });

  test('a record that says who came needs no inference: 1 write, 0 inferred switches', async () => {
    const told = running().switchIn(20);
    expect(await writesOf(told)).toBe(1);
    expect((await replayScript(told)).replayed.inferred.switches).toBe(0);
  });

  test('a task that left without a recorded switch still returns once when it comes back: 1 + 1', async () => {
    const run = await replayScript(running().call(20, 'getpid').call(10, 'getpid'));
    expect(run.process('pti', 10)).toMatchObject({ entries: 2, exits: 2, crossing: 4 });
  });

  test('a task whose last switch says that it is dead has ended', async () => {
    const { replayed } = await replayScript(running().switch(10, 20, 'Z'));
    expect(replayed.tree.processes.find((process) => process.pid === 10)?.endNs).toBeDefined();
  });
});
