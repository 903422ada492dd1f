import { describe, expect, test } from 'vitest';
import { FORK, SHARER, THREAD, VFORK } from '../script.ts';
import { replayTlb, tlbScript, type TlbScript } from './tlb-script.ts';

const FULL = { cr3Read: 1, cr3WriteFlush: 1 };
const PAGE = 0x5000;

/** Task 10 has the CPU, and has written a page. */
const parent = (): TlbScript => tlbScript().call(10, 'getpid').write(10, PAGE);
const forking = (): TlbScript => parent().enter(10, 'fork').fork(10, 11, FORK).exit(10, 11);
/** The child runs on the same CPU: 1 write for its first switch. */
const toChild = (script: TlbScript): TlbScript => script.switch(10, 11).exit(11);

describe('a fork', () => {
  test('flushes all of the parent once: 1 read + 1 write', async () => {
    const { issued, of } = await replayTlb(forking());
    expect([issued, of(/^flush:fork$/)]).toEqual([FULL, FULL]);
  });

  test.each([
    ['vfork', VFORK],
    ['a thread', THREAD],
    ['a child in the same space', SHARER],
  ])('as %s flushes nothing', async (_what, flags) => {
    expect((await replayTlb(parent().fork(10, 11, flags))).issued).toEqual({});
  });

  test('where another thread runs on a second CPU: 1 + 1 interrupts, 2 reads + 2 writes', async () => {
    const two = tlbScript().call(10, 'getpid').cpu(1).thread(12, 10).call(12, 'getpid').cpu(0);
    const { issued } = await replayTlb(two.enter(10, 'fork').fork(10, 11, FORK).exit(10, 11));
    expect(issued).toEqual({ ipiSend: 1, ipiReceive: 1, cr3Read: 2, cr3WriteFlush: 2 });
  });
});

describe('a write to a page after a fork', () => {
  test('by the parent copies: 1 page', async () => {
    expect((await replayTlb(forking().write(10, PAGE, true))).of(/^flush:fault$/)).toEqual({ invlpg: 1 });
  });

  test('by the child, when the parent has copied, reuses: 1 + 0 pages', async () => {
    const script = toChild(forking().write(10, PAGE, true)).write(11, PAGE, true);
    expect((await replayTlb(script)).of(/^flush:fault$/)).toEqual({ invlpg: 1 });
  });

  test('by the child first copies, then the parent reuses: 1 + 0 pages', async () => {
    const script = toChild(forking()).write(11, PAGE, true).switch(11, 10).write(10, PAGE, true);
    expect((await replayTlb(script)).of(/^flush:fault$/)).toEqual({ invlpg: 1 });
  });

  test('by the parent reuses when the child has ended: 0 pages', async () => {
    const gone = toChild(forking()).enter(11, 'exit_group').end(11).switch(11, 10, 'Z').write(10, PAGE, true);
    expect((await replayTlb(gone)).of(/^flush:fault$/)).toEqual({});
  });

  test('by the parent reuses when the child has started a program: 0 pages', async () => {
    const gone = toChild(forking()).enter(11, 'execve').exec(11, '/bin/x').exit(11).switch(11, 10);
    expect((await replayTlb(gone.write(10, PAGE, true))).of(/^flush:fault$/)).toEqual({});
  });

  test('of three that share it: the parent and one child copy, the other child reuses: 1 + 1 + 0 = 2 pages', async () => {
    const three = forking().enter(10, 'fork').fork(10, 13, FORK).exit(10, 13).write(10, PAGE, true);
    const all = toChild(three).write(11, PAGE, true).switch(11, 13).exit(13).write(13, PAGE, true);
    expect((await replayTlb(all)).of(/^flush:fault$/)).toEqual({ invlpg: 2 });
  });

  test('that was not there before the fork copies nothing: 0 pages', async () => {
    expect((await replayTlb(forking().write(10, PAGE + 1))).of(/^flush:fault$/)).toEqual({});
  });

  test('that was only read, of a file or of zeros, copies: 1 page', async () => {
    const { of } = await replayTlb(tlbScript().call(10, 'getpid').write(10, PAGE, true));
    expect(of(/^flush:fault$/)).toEqual({ invlpg: 1 });
  });
});

describe('an exec', () => {
  const execed = (script: TlbScript): TlbScript => script.enter(10, 'execve').exec(10, '/bin/x').exit(10);

  test('loads a new space, and flushes 1 page + all of it for the stack', async () => {
    const { of } = await replayTlb(execed(parent()));
    expect([of(/^exec$/), of(/^flush:execve$/)]).toEqual([{ cr3WriteFlush: 1 }, { ...FULL, invlpg: 1 }]);
  });

  test('before 5.19: 1 + 1 = 2 pages + all', async () => {
    const { of } = await replayTlb(execed(parent()), { kernel: '5.13' });
    expect(of(/^flush:execve$/)).toEqual({ ...FULL, invlpg: 2 });
  });

  test('of a forked child does not flush the parent: its way back keeps', async () => {
    const script = toChild(forking()).enter(11, 'execve').exec(11, '/bin/x').exit(11).switch(11, 10);
    expect((await replayTlb(script)).of(/^switch$/)).toEqual({ cr3WriteFlush: 1, cr3WriteKeep: 1 });
  });

  test('takes the old space from a CPU that borrows it: 1 + 1 interrupts, 1 write there', async () => {
    // To task 10 on CPU 0: 1; exec: 1; its flush: 1; CPU 1 loads the own space of the kernel: 1.
    const moved = tlbScript().cpu(1).call(10, 'getpid').switch(10, 0, 'R').cpu(0).call(20, 'getpid').switch(20, 10);
    const { issued } = await replayTlb(execed(moved));
    expect(issued).toEqual({ cr3WriteFlush: 4, cr3Read: 1, invlpg: 1, ipiSend: 1, ipiReceive: 1 });
  });
});

describe('an end', () => {
  test('takes the space from a CPU that borrows it: 1 + 1 interrupts, 2 writes', async () => {
    const moved = tlbScript().cpu(1).call(10, 'getpid').switch(10, 0, 'R').cpu(0).call(20, 'getpid').switch(20, 10);
    const { of } = await replayTlb(moved.enter(10, 'exit_group').end(10).switch(10, 0, 'Z'));
    expect(of(/^exit$/)).toEqual({ cr3WriteFlush: 2, ipiSend: 1, ipiReceive: 1 });
  });

  test('of one of two threads: 0 writes, but 4.15 with PCIDs loads its own space and comes back: 1 + 1', async () => {
    const thread = (): TlbScript =>
      parent().fork(10, 11, THREAD).switch(10, 11).exit(11).enter(11, 'exit').end(11).switch(11, 10, 'Z');
    expect((await replayTlb(thread())).issued).toEqual({});
    // exit_mm calls enter_lazy_tlb, which there switches to init_mm.
    expect((await replayTlb(thread(), { kernel: '4.15' })).issued).toEqual({ cr3WriteFlush: 1, cr3WriteKeep: 1 });
  });
});
