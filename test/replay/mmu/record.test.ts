import { describe, expect, test } from 'vitest';
import { FORK, replayScript } from '../script.ts';
import { traceOf } from '../recording.ts';
import { RECORDED } from './bench.ts';
import { replayTlb, tlbScript, type TlbRun, type TlbScript } from './tlb-script.ts';

const KEEP = { cr3WriteKeep: 1 };
const FLUSH = { cr3WriteFlush: 1 };

const recorded = (script: TlbScript, kernel = '6.1'): Promise<TlbRun> =>
  replayTlb(script, { evidence: RECORDED, kernel });

/** Task 10 has the CPU. */
const running = (): TlbScript => tlbScript().call(10, 'getpid');

describe('a switch and its event', () => {
  test.each([
    [0, KEEP],
    [-1, FLUSH],
  ])('with %d pages: 1 write as it says', async (pages, writes) => {
    const { issued, replayed } = await recorded(running().switch(10, 20).tlb(0, pages));
    expect(issued).toEqual(writes);
    expect(replayed.inferred.switches).toBe(0);
  });

  test('that says other than the model would is followed: to 20 1 keep, back to 10 1 flush', async () => {
    const { issued } = await recorded(running().switch(10, 20).tlb(0, 0).switch(20, 10).tlb(0, -1));
    expect(issued).toEqual({ cr3WriteKeep: 1, cr3WriteFlush: 1 });
  });

  test('that is missing: the model decides that 1, and says so', async () => {
    const { issued, replayed } = await recorded(running().switch(10, 20).tlb(0, -1).switch(20, 10).call(10, 'getpid'));
    expect(issued).toEqual({ cr3WriteFlush: 1, cr3WriteKeep: 1 });
    expect(replayed.inferred.switches).toBe(1);
  });

  test('that is missing at the end of the record is settled too: 1 inferred', async () => {
    const { replayed } = await recorded(running().switch(10, 20).tlb(0, -1).switch(20, 10));
    expect(replayed.inferred.switches).toBe(1);
  });

  test('over idle back to the same task needs none: 0 writes, 0 inferred', async () => {
    const { issued, replayed } = await recorded(running().tlb(3, 1).switch(10, 0).switch(0, 10).call(10, 'getpid'));
    expect(issued).toEqual({ invlpg: 1 });
    expect(replayed.inferred.switches).toBe(0);
  });

  test('over idle back to the same task after missed flushes: 1 write that flushes, 0 reads', async () => {
    const lazy = running().cpu(1).thread(11, 10).call(11, 'getpid').switch(11, 0);
    const { issued } = await recorded(lazy.cpu(0).call(10, 'getpid').tlb(3, -1).cpu(1).switch(0, 11).tlb(0, -1));
    expect(issued).toEqual({ cr3Read: 1, cr3WriteFlush: 2 });
  });
});

describe('a way back from idle after a flush on another CPU', () => {
  const back = (reason: number): TlbScript =>
    running().cpu(1).thread(11, 10).call(11, 'getpid').switch(11, 0).cpu(0).tlb(reason, -1).cpu(1).switch(0, 11);

  test('of its space, without an event: the model decides that 1, and says so', async () => {
    const { replayed, of } = await recorded(back(3).call(11, 'getpid'));
    expect(of(/^switch$/)).toMatchObject({ cr3WriteFlush: 1 });
    expect(replayed.inferred.switches).toBe(1);
  });

  test('of a batch, which is no request of its space: 0 writes, 0 inferred', async () => {
    const { replayed, of } = await recorded(back(2).call(11, 'getpid'));
    expect(of(/^switch$/)).toEqual({});
    expect(replayed.inferred.switches).toBe(0);
  });
});

describe('an event that no switch explains', () => {
  test('in an exec comes before the event of the exec: 1 write, of the exec', async () => {
    const run = await recorded(running().enter(10, 'execve').tlb(0, -1).exec(10, '/bin/x').exit(10));
    expect([run.issued, run.of(/^exec$/)]).toEqual([FLUSH, FLUSH]);
  });

  test('in an exec, another task runs before the event of the exec: 1 + 2 writes, none of them inferred', async () => {
    const away = running().enter(10, 'execve').tlb(0, -1).switch(10, 20, 'R').tlb(0, -1).switch(20, 10).tlb(0, 0);
    const run = await recorded(away.exec(10, '/bin/x').exit(10));
    expect([run.of(/^exec$/), run.of(/^switch$/)]).toEqual([FLUSH, { cr3WriteFlush: 1, cr3WriteKeep: 1 }]);
    expect(run.replayed.inferred.switches).toBe(0);
  });

  test('in the exec of a forked child: switch 1 + exec 1', async () => {
    const child = running().enter(10, 'fork').fork(10, 11, FORK).switch(10, 11, 'R').tlb(0, -1).exit(11);
    const run = await recorded(child.enter(11, 'execve').tlb(0, -1).exec(11, '/bin/x').exit(11));
    expect([run.of(/^switch$/), run.of(/^exec$/)]).toEqual([FLUSH, FLUSH]);
  });

  test('at the end of a process, before the event of the end: 1 write, of the end', async () => {
    const run = await recorded(running().enter(10, 'exit_group').tlb(0, 0).end(10).switch(10, 0, 'Z'));
    expect([run.issued, run.of(/^exit$/)]).toEqual([KEEP, KEEP]);
    expect(run.replayed.inferred.switches).toBe(0);
  });

  test('at the end of a process, after the event of the end: 1 write, of the end', async () => {
    const run = await recorded(running().enter(10, 'exit_group').end(10).tlb(0, 0).switch(10, 0, 'Z'));
    expect([run.issued, run.of(/^exit$/)]).toEqual([KEEP, KEEP]);
    expect(run.replayed.inferred.switches).toBe(0);
  });

  test('at the end of a process, after other events of the CPU: 1 write, of the end', async () => {
    const ending = running().enter(10, 'exit_group').end(10).irq(10).kernelFault(10).tlb(0, 0).switch(10, 0, 'Z');
    const run = await recorded(ending);
    expect([run.issued, run.of(/^exit$/)]).toEqual([KEEP, KEEP]);
    expect(run.replayed.inferred.switches).toBe(0);
  });

  test('at the end of a process that never comes: 1 inferred before the next switch', async () => {
    const run = await recorded(running().tlb(3, 1).enter(10, 'exit_group').end(10).switch(10, 0, 'Z'));
    expect(run.of(/^exit$/)).toEqual(FLUSH);
    expect(run.replayed.inferred.switches).toBe(1);
  });

  test('in idle loads the own space of the kernel: 1, then 1 to come back', async () => {
    const { issued, replayed } = await recorded(running().switch(10, 0).tlb(0, 0).switch(0, 10).tlb(0, 0));
    expect(issued).toEqual({ cr3WriteKeep: 2 });
    expect(replayed.inferred.switches).toBe(0);
  });

  test('twice in a task that only computes is the kernel patching its text: 1 there + 1 back, then 0 over idle', async () => {
    const { issued, replayed } = await recorded(running().tlb(0, -1).tlb(0, 0).switch(10, 0).switch(0, 10));
    expect(issued).toEqual({ cr3WriteFlush: 1, cr3WriteKeep: 1 });
    expect(replayed.inferred.switches).toBe(0);
    expect(replayed.lanes[0].sums).toMatchObject({ switch: 2, flush: 0 });
  });
});

describe('loads of a kernel thread or idle that patches text', () => {
  test('while it borrows: to the own space of the kernel, to the patching one, and back: 3 switches, 0 flushes', async () => {
    const script = running().switch(10, 0).tlb(0, -1).tlb(0, -1).tlb(0, 0);
    const { issued, replayed } = await recorded(script);
    expect(issued).toEqual({ cr3WriteFlush: 2, cr3WriteKeep: 1 });
    expect(replayed.lanes[0].sums).toMatchObject({ switch: 3, flush: 0 });
  });

  test('twice: 1 + 2 x 2 switches, 0 flushes, and 1 to the task, none inferred', async () => {
    const script = running().switch(10, 0).tlb(0, -1).tlb(0, -1).tlb(0, 0).tlb(0, -1).tlb(0, 0);
    const { replayed } = await recorded(script.switch(0, 10).tlb(0, 0));
    expect(replayed.lanes[0].sums).toMatchObject({ switch: 6, flush: 0 });
    expect(replayed.inferred.switches).toBe(0);
  });
});

describe('a load that another task logs than the idle one that has the CPU', () => {
  test('shows a switch that is missing, not text that is patched: the own space of the kernel again, 1 switch + 1 flush', async () => {
    const { replayed } = await recorded(running().switch(10, 0).tlb(0, -1).tlb(0, -1, 40));
    expect(replayed.lanes[0].sums).toMatchObject({ switch: 1, flush: 1 });
  });
});

describe('flushes on the CPU that logs them', () => {
  test.each([
    ['remote', 1, { ipiReceive: 1 }],
    ['of a batch', 2, {}],
    ['local', 3, {}],
  ])('%s: of all 1 read + 1 write, of 5 pages 5 INVLPG', async (_what, reason, interrupt) => {
    expect((await recorded(running().tlb(reason, -1))).issued).toEqual({ cr3Read: 1, cr3WriteFlush: 1, ...interrupt });
    expect((await recorded(running().tlb(reason, 5))).issued).toEqual({ invlpg: 5, ...interrupt });
  });

  test('of more pages than the ceiling stay as the record says: 40 INVLPG', async () => {
    expect((await recorded(running().tlb(3, 40))).issued).toEqual({ invlpg: 40 });
  });

  test('of 0 pages, less than their stride, are of 1: 1 INVLPG each', async () => {
    expect((await recorded(running().tlb(3, 0).tlb(2, 0))).issued).toEqual({ invlpg: 2 });
  });

  test.each([
    ['5.13', { ipiReceive: 1, invlpg: 1 }],
    ['6.1', { ipiReceive: 1, invlpg: 1 }],
    ['5.8', { ipiReceive: 1 }],
    ['4.15', { ipiReceive: 1 }],
  ])('remote of 0 pages in %s', async (kernel, issued) => {
    expect((await recorded(running().tlb(1, 0), kernel)).issued).toEqual(issued);
  });

  test('under isolation mark the next return: 1 flush + 8 crossings, 2 of 9 writes flush', async () => {
    const script = running().call(10, 'getpid').enter(10, 'getpid').tlb(3, -1).exit(10).call(10, 'getpid');
    const run = await replayTlb(script, { evidence: RECORDED, policy: 'pti' });
    expect(run.issued).toEqual({ cr3WriteFlush: 2, cr3WriteKeep: 7, cr3Read: 9 });
  });

  test('belong to what the task does', async () => {
    const { of } = await recorded(running().enter(10, 'read').tlb(3, 5).exit(10).fault(10).tlb(3, 7).switch(10, 0));
    expect([of(/^flush:read$/), of(/^flush:fault$/)]).toEqual([{ invlpg: 5 }, { invlpg: 7 }]);
  });
});

describe('interrupts between CPUs', () => {
  const echoed = (): TlbScript => running().tlb(3, 8).tlb(4, 8).tlb(1, 0);

  test.each(['4.20', '5.8'])('in %s one that is sent is echoed on its sender: 1 sent, 0 received', async (kernel) => {
    expect((await recorded(echoed(), kernel)).issued).toEqual({ invlpg: 8, ipiSend: 1 });
  });

  test.each([
    ['4.15', {}],
    ['5.13', { invlpg: 9 }],
    ['6.1', { invlpg: 9 }],
  ])('in %s what follows one that is sent came from another CPU: 1 received', async (kernel, more) => {
    expect((await recorded(echoed(), kernel)).issued).toEqual({ invlpg: 8, ipiSend: 1, ipiReceive: 1, ...more });
  });

  test('in 5.8 only the first after it is an echo: 1 sent, 1 received', async () => {
    expect((await recorded(echoed().tlb(1, 0), '5.8')).issued).toEqual({ invlpg: 8, ipiSend: 1, ipiReceive: 1 });
  });

  test('in 5.8 a request that comes in between is none: 1 sent, 1 received, 8 + 2 pages', async () => {
    const between = running().tlb(3, 8).tlb(4, 8).tlb(1, 2).tlb(1, 0);
    expect((await recorded(between, '5.8')).issued).toEqual({ invlpg: 10, ipiSend: 1, ipiReceive: 1 });
  });

  test('in 5.8 what another CPU logs is none: 1 sent, 1 received', async () => {
    const other = running().cpu(1).call(20, 'getpid').cpu(0).tlb(4, 8).cpu(1).tlb(1, 0);
    expect((await recorded(other, '5.8')).issued).toEqual({ ipiSend: 1, ipiReceive: 1 });
  });

  test('one that is sent: 1, whatever its pages', async () => {
    expect((await recorded(running().tlb(4, -1))).issued).toEqual({ ipiSend: 1 });
    expect((await recorded(running().tlb(4, 7))).issued).toEqual({ ipiSend: 1 });
  });

  test('one that finds another address space: 1 received, 0 flushes', async () => {
    expect((await recorded(running().tlb(5, 0))).issued).toEqual({ ipiReceive: 1 });
  });

  test('a reason that is not known is an unknown event: 0 operations', async () => {
    const trace = traceOf(running().tlb(6, 1));
    await replayScript({ ...trace, recordsFlushes: true });
    expect(trace.health.of('unknown-event')).toBe(1);
    expect((await recorded(running().tlb(6, 1))).issued).toEqual({});
  });
});
