/** Edge cases of the opt-out, one test each, with the writes of each crossing. */
import { describe, expect, test } from 'vitest';
import type { Recording } from '../recording.ts';
import { FORK, replayScript, script, SHARER, THREAD, VFORK, type ReplayOptions, type ScriptRun } from '../script.ts';

const CODE = { off: 0x7001, on: 0x7002, seal: 0x7003 } as const;
/** A kernel without the call refuses it with EINVAL; it counts all the same. */
const UNKNOWN = -22;
const EPERM = -1;
const CALLS = (['off', 'on', 'seal'] as const).map((means) => ({ nr: 158, arg0: CODE[means], means }));

const ask = (recording: Recording, tid: number, means: keyof typeof CODE, result = UNKNOWN): Recording =>
  recording.call(tid, 'arch_prctl', [CODE[means], 1], result);
const replayed = (recording: Recording, { scenario, ...options }: ReplayOptions = {}): Promise<ScriptRun> =>
  replayScript(recording, { ...options, scenario: { calls: CALLS, ...scenario } });
const writes = (run: ScriptRun, pid: number): number => run.process('optout', pid).crossing;
/** States a process went through, with what led to each. */
const steps = (run: ScriptRun, pid: number): readonly string[] =>
  run.replayed.optOuts
    .find((each) => each !== undefined)!
    .transitions.filter(({ process }) => process.pid === pid)
    .map(({ event, to }) => `${event}: ${to}`);

/** Process 10 with a second thread 12, which is in user mode on CPU 1 since long ago; 10 goes on on CPU 0. */
const twoThreads = (): Recording =>
  script().enter(10, 'clone').fork(10, 12, THREAD).exit(10).cpu(1).switch(0, 12).exit(12).cpu(0).after(100_000);
/** 10 waits in vfork on CPU 0; its child 11 runs in its address space on CPU 1. */
const vforked = (recording: Recording): Recording =>
  recording.enter(10, 'vfork').fork(10, 11, VFORK).switch(10, 0, 'D').cpu(1).switch(0, 11).exit(11);
const forked = (recording: Recording): Recording =>
  recording.enter(10, 'clone', FORK).fork(10, 11, FORK).exit(10).cpu(1).switch(0, 11).exit(11);
const execed = (recording: Recording, tid: number, file = '/bin/x'): Recording =>
  recording.enter(tid, 'execve').exec(tid, file).exit(tid);

describe('a call of the recording', () => {
  test('X1: to opt out, with a thread in user mode elsewhere: that thread comes in with 1 write, and from then on with 0', async () => {
    const run = await replayed(ask(twoThreads(), 10, 'off').cpu(1).call(12, 'getpid').call(12, 'getpid'));
    // clone 0 (unknown entry: 1) + 1; birth of the thread 1; off 1 + 0; getpid 1 + 0, 0 + 0
    expect(writes(run, 10)).toBe(1 + 1 + 1 + (1 + 0) + (1 + 0) + (0 + 0));
    expect(run.of('optout')).toMatchObject({ ipiSend: 0, optChange: 1 });
  });

  test('X2: to opt back in, with a thread in user mode elsewhere: it is interrupted and comes back isolated: 0 + 1', async () => {
    const both = ask(twoThreads(), 10, 'off').cpu(1).call(12, 'getpid').cpu(0).after(100_000);
    const run = await replayed(ask(both, 10, 'on').cpu(1).call(12, 'getpid'));
    expect(run.of('optout')).toMatchObject({ ipiSend: 1, ipiReceive: 1, optChange: 2 });
    expect(run.transitions('optout')).toEqual({ reloads: 2, entries: 1 });
    // clone 1 + 1, birth 1; off 1 + 0; getpid 1 + 0; on 0 + 1; getpid 1 + 1; the interrupt is beside them.
    expect(writes(run, 10)).toBe(1 + 1 + 1 + 1 + 1 + 1 + 2);
    expect(run.of('pti').entries + 1).toBe(run.of('optout').entries);
  });

  test('X3: that opts out has 1 write at its entry and 0 at its exit', async () => {
    expect(writes(await replayed(ask(script(), 10, 'off')), 10)).toBe(1 + 0);
  });

  test.each([
    ['flush', { cr3WriteKeep: 1, cr3WriteFlush: 2, ipiSend: 0 }],
    ['keep', { cr3WriteKeep: 2, cr3WriteFlush: 0, ipiSend: 0 }],
  ] as const)('X4: that opts back in has 0 + 1 writes, and by reenable=%s flushes or not', async (choice, counts) => {
    const run = await replayed(ask(ask(script(), 10, 'off'), 10, 'on'), { rules: [`reenable=${choice}`] });
    expect(writes(run, 10)).toBe(1 + 0 + 0 + 1);
    // Keep: off's entry. Flush: the reload, and the exit that flushes the user PCID.
    expect(run.of('optout')).toMatchObject(counts);
  });

  test('X12: that fails as an exec changes nothing', async () => {
    const run = await replayed(ask(script(), 10, 'off').call(10, 'execve', [], -2).call(10, 'getpid'));
    expect(writes(run, 10)).toBe(1);
    expect(run.state(10)).toBe('off (opted out)');
  });

  test('X14: that the recording kernel refused does not count', async () => {
    const run = await replayed(ask(ask(script(), 10, 'on'), 10, 'off', EPERM).call(10, 'getpid'));
    expect(run.state(10)).toBe('on');
  });

  test('X14: of a user who is known not to be root is refused: counted, and nothing changes', async () => {
    const run = await replayed(ask(script().call(10, 'geteuid', [], 1000), 10, 'off').call(10, 'getpid'));
    expect(run.state(10)).toBe('on');
    expect(run.trace.health.of('refused-opt-out')).toBe(1);
    expect(run.trace.health.of('assumed-capable')).toBe(0);
  });

  test('of somebody of whom nothing is known is allowed, and counted as assumed', async () => {
    const run = await replayed(ask(script(), 10, 'off'));
    expect(run.trace.health.of('assumed-capable')).toBe(1);
  });

  test.each(['cap=none', 'cap=disable-pti'])('of a user is allowed by %s', async (rule) => {
    const run = await replayed(ask(script().call(10, 'geteuid', [], 1000), 10, 'off'), { rules: [rule] });
    expect(run.state(10)).toBe('off (opted out)');
  });

  test('X24: means nothing where there is no isolation to leave', async () => {
    const run = await replayed(ask(script(), 10, 'off').call(10, 'getpid'));
    expect(run.of('nopti')).toMatchObject({ cr3Read: 0, optTest: 0, optChange: 0, writes: { crossing: 0 } });
  });

  test('X26: and back, and again: each coming back costs a reload; with effect=exec none does', async () => {
    const toggles = (): Recording => {
      const recording = script();
      for (let i = 0; i < 3; i++) ask(ask(recording, 10, 'off'), 10, 'on');
      return recording;
    };
    const [now, exec] = [await replayed(toggles()), await replayed(toggles(), { rules: ['effect=exec'] })];
    expect(now.transitions('optout').reloads).toBe(3);
    expect(now.of('optout').optChange).toBe(6);
    expect(exec.of('optout')).toMatchObject({ optChange: 0, writes: { crossing: 12, flush: 0 } });
  });
});

describe('inheritance', () => {
  test('X5: a fork from an opted out process costs nothing of its own: the child is out, 0 writes', async () => {
    const run = await replayed(forked(ask(script(), 10, 'off')).call(11, 'getpid'));
    expect([writes(run, 11), run.state(11)]).toEqual([0, 'off (opted out)']);
    expect(run.of('optout').optChange).toBe(1);
  });

  test('X13: off-wrapper, shell, on-wrapper: what the second starts is isolated, the rest is not', async () => {
    const shell = execed(ask(script(), 10, 'off'), 10, '/bin/sh');
    const second = execed(ask(forked(shell), 11, 'on'), 11, '/bin/untrusted')
      .enter(11, 'clone', FORK)
      .fork(11, 13, FORK)
      .exit(11);
    const run = await replayed(second.cpu(2).switch(0, 13).exit(13).call(13, 'getpid').cpu(0).call(10, 'getpid'));
    expect([10, 11, 13].map((pid) => run.state(pid))).toEqual(['off (opted out)', 'on', 'on']);
    expect(writes(run, 13)).toBe(1 + 2);
  });

  test('X10: over the exec of a thread that is not the leader: the process keeps its wish', async () => {
    const alone = ask(twoThreads(), 10, 'off').enter(10, 'pause').end(10).switch(10, 0, 'Z').cpu(1);
    const run = await replayed(alone.enter(12, 'execve').exec(10, '/bin/x', 12).exit(10).call(10, 'getpid'));
    expect(run.state(10)).toBe('off (opted out)');
  });

  test('X11: a thread that opts back in while another is inside execve: what holds at the commit counts', async () => {
    const within = ask(twoThreads(), 10, 'off').cpu(1).enter(12, 'execve');
    const run = await replayed(
      ask(within.cpu(0), 10, 'on').enter(10, 'pause').end(10).switch(10, 0, 'Z').cpu(1).exec(10, '/bin/x', 12).exit(10),
    );
    expect(run.state(10)).toBe('on');
  });

  test('X27: over an exec, the first exit of the new program writes 0, and the load of its address space flushes', async () => {
    const run = await replayed(execed(ask(script(), 10, 'off'), 10));
    expect(run.of('optout')).toMatchObject({
      // Its load, and the move of its stack.
      cr3WriteFlush: 2,
      writes: { crossing: 1, switch: 1, nonCrossingFlush: 2 },
    });
  });

  test.each([
    ['fork+exec', 'off (opted out)', 'off (opted out)'],
    ['fork', 'off (opted out)', 'on'],
    ['none', 'on', 'on'],
  ])('by inherit=%s: a child is %s, and after its exec %s', async (choice, born, after) => {
    const rules = [`inherit=${choice}`];
    const child = (): Recording => forked(ask(script(), 10, 'off'));
    expect((await replayed(child(), { rules })).state(11)).toBe(born);
    expect((await replayed(execed(child(), 11), { rules })).state(11)).toBe(after);
  });

  test('a call for the children leaves the caller isolated: 1 + 1, and the child 0', async () => {
    const calls = [{ nr: 158, arg0: CODE.off, means: 'off', who: 'children' }] as const;
    const run = await replayed(forked(ask(script(), 10, 'off')).call(11, 'getpid'), {
      scenario: { calls: [...calls] },
    });
    expect([run.state(10), run.state(11), writes(run, 11)]).toEqual(['on', 'off (opted out)', 0]);
  });

  test('a call for the next exec takes effect there: off 1 + 1, execve 1 + 0', async () => {
    const calls = [{ nr: 158, arg0: CODE.off, means: 'off', when: 'next' }] as const;
    const run = await replayed(execed(ask(script(), 10, 'off'), 10).call(10, 'getpid'), {
      scenario: { calls: [...calls] },
    });
    expect(writes(run, 10)).toBe(2 + (1 + 0) + 0);
    expect(steps(run, 10)).toEqual(['exec: off (opted out)']);
  });
});

describe('a shared address space', () => {
  test('X6: a vfork child that opts back in takes its parent along until it execs: two changes of the parent', async () => {
    const run = await replayed(execed(ask(vforked(ask(script(), 10, 'off')), 11, 'on'), 11));
    expect(steps(run, 10)).toEqual([
      'opt-out: off (opted out)',
      'clone-vm: on (shared mm)',
      'sharer-left: off (opted out)',
    ]);
    expect(run.state(11)).toBe('on');
  });

  test('X6: with effect=exec the parent is not touched, and the new program is isolated', async () => {
    const parent = execed(ask(script(), 10, 'off'), 10);
    const run = await replayed(execed(ask(vforked(parent), 11, 'on'), 11), { rules: ['effect=exec'] });
    expect(steps(run, 10)).toEqual(['opt-out: off pending exec', 'exec: off (opted out)']);
    expect([run.state(10), run.state(11)]).toEqual(['off (opted out)', 'on']);
  });

  test('X7: so does one that posix_spawn gives another id', async () => {
    const root = (): Recording => ask(script().call(10, 'geteuid', [], 0), 10, 'off');
    const run = await replayed(execed(vforked(root()).call(11, 'setresuid', [-1, 1000, -1]), 11));
    expect(steps(run, 10).slice(1)).toEqual(['clone-vm: on (shared mm)', 'sharer-left: off (opted out)']);
  });

  test('X8: one sharer who never opted out keeps all isolated, and the state says why', async () => {
    const sharers = script().enter(10, 'clone').fork(10, 11, SHARER).exit(10);
    const run = await replayed(ask(sharers, 10, 'off').call(10, 'getpid'));
    expect([run.state(10), run.state(11)]).toEqual(['on (shared mm)', 'on']);
    expect(writes(run, 10)).toBe(1 + 1 + 2 + 2);
  });

  test('X8: by scope=mm the last call wins for all who share it', async () => {
    const sharers = script().enter(10, 'clone').fork(10, 11, SHARER).exit(10);
    const run = await replayed(ask(sharers, 10, 'off'), { rules: ['scope=mm'] });
    expect([run.state(10), run.state(11)]).toEqual(['off (opted out)', 'off (opted out)']);
  });

  test('X9: a vfork child that opts out while its parent does not is out only after its exec', async () => {
    const run = await replayed(execed(ask(vforked(script()), 11, 'off'), 11).call(11, 'getpid'));
    expect(steps(run, 11)).toEqual(['opt-out: on (shared mm)', 'exec: off (opted out)']);
    // birth 1, off 1 + 1, execve 1 + 0, getpid 0 + 0
    expect(writes(run, 11)).toBe(1 + 2 + 1);
    expect(run.state(10)).toBe('on');
  });

  test('by scope=thread only the thread that asks is out: its call 1 + 0, the other thread 1 + 1', async () => {
    const run = await replayed(ask(twoThreads(), 10, 'off').call(10, 'getpid').cpu(1).call(12, 'getpid'), {
      rules: ['scope=thread'],
    });
    // clone 1 + 1, birth 1; off 1 + 0, getpid 0 + 0; of the other 1 + 1
    expect(writes(run, 10)).toBe(3 + 1 + 0 + 2);
    expect(run.state(10)).toBe('off (opted out)');
  });
});

describe('forcing and sealing', () => {
  const force = { atNs: 50_000, what: 'force' } as const;

  test('X15: force puts everybody back where they are: the running thread comes back isolated', async () => {
    const out = ask(twoThreads(), 10, 'off').cpu(1).call(12, 'getpid');
    const at = out.events[out.events.length - 1].time + 50_000;
    const run = await replayed(out.at(at + 100).call(12, 'getpid'), { scenario: { events: [{ ...force, atNs: at }] } });
    expect(run.state(10)).toBe('on (forced)');
    expect(run.transitions('optout')).toEqual({ reloads: 2, entries: 2 });
    // clone 1 + 1, birth 1; off 1 + 0; getpid 1 + 0, and after it 1 + 1; the interrupts are beside them.
    expect(writes(run, 10)).toBe(3 + (1 + 0) + (1 + 0) + 2);
  });

  test('X16: what is born or execs after it inherits the wish, and runs isolated', async () => {
    const late = execed(forked(ask(script(), 10, 'off').at(60_000)), 11);
    const run = await replayed(late, { scenario: { events: [force] } });
    expect([run.state(10), run.state(11)]).toEqual(['on (forced)', 'on (forced)']);
  });

  test('X15: a later call to opt out is refused', async () => {
    const run = await replayed(ask(script().call(10, 'getpid').at(60_000), 10, 'off'), {
      scenario: { events: [force] },
    });
    expect([run.state(10), run.trace.health.of('refused-opt-out')]).toEqual(['on (forced)', 1]);
  });

  test('X17: who is sealed stays isolated, root or not, over fork and exec', async () => {
    const sealed = ask(ask(script().call(10, 'geteuid', [], 0), 10, 'seal'), 10, 'off');
    const run = await replayed(ask(execed(forked(sealed), 11), 11, 'off').call(11, 'getpid'));
    expect([run.state(10), run.state(11)]).toEqual(['on (forced)', 'on (forced)']);
    expect(run.trace.health.of('refused-opt-out')).toBe(2);
    expect(writes(run, 11)).toBe(1 + 2 + 2 + 2);
  });

  test.each([
    ['lock=global', 'seal'],
    ['lock=none', 'force'],
  ] as const)('is refused by %s: %s', async (rule, what) => {
    const events = [what === 'seal' ? { atNs: 10_000, pid: 10, what } : { atNs: 10_000, what }];
    const run = await replayed(ask(script(), 10, 'off').at(20_000).call(10, 'getpid'), {
      rules: [rule],
      scenario: { events },
    });
    expect([run.state(10), run.trace.health.of('refused-opt-out')]).toEqual(['off (opted out)', 1]);
  });
});

describe('setuid and friends', () => {
  const root = (): Recording => ask(script().call(10, 'getuid', [], 0).call(10, 'geteuid', [], 0), 10, 'off');

  test('X18, X19: ids that stay, and ids that are refused, change nothing', async () => {
    const same = root().call(10, 'setresuid', [-1, -1, -1]).call(10, 'setuid', [0]).call(10, 'setuid', [1000], -11);
    expect((await replayed(same)).state(10)).toBe('off (opted out)');
  });

  test.each([
    ['setgroups', [1, 0x1000], 'setgroups=clear'],
    ['unshare', [0x1000_0000], 'userns=clear'],
    ['prctl', [22, 2], 'seccomp=force'],
    ['seccomp', [1, 0], 'seccomp=force'],
  ] as const)('%s changes nothing, unless %s says so', async (call, args, rule) => {
    const recording = (): Recording => root().call(10, call, args);
    expect((await replayed(recording())).state(10)).toBe('off (opted out)');
    const state = rule === 'seccomp=force' ? 'on (forced)' : 'on';
    expect((await replayed(recording(), { rules: [rule] })).state(10)).toBe(state);
  });

  test('a child in a new user namespace is put back by userns=clear, its parent is not', async () => {
    const flags = FORK | 0x1000_0000;
    const born = root().enter(10, 'clone', flags).fork(10, 11, flags).exit(10).cpu(1).switch(0, 11).exit(11);
    const run = await replayed(born, { rules: ['userns=clear'] });
    expect([run.state(10), run.state(11)]).toEqual(['off (opted out)', 'on']);
  });

  describe('an exec that gains privileges', () => {
    const user = (): Recording => ask(script(), 10, 'off').call(10, 'getuid', [], 1000).call(10, 'geteuid', [], 1000);
    const secureExecs = ['*/sudo', { exe: '*/crontab', uid: 7 }];

    test('puts isolation back: its exit writes 1, without a cost of coming back', async () => {
      const run = await replayed(execed(user(), 10, '/usr/bin/sudo'), { scenario: { secureExecs } });
      expect(steps(run, 10)).toEqual(['opt-out: off (opted out)', 'secure-exec: on']);
      expect(run.of('optout')).toMatchObject({ optChange: 1, writes: { crossing: 1 + 0 + 1 } });
    });

    test('X20: does not under no_new_privs', async () => {
      const run = await replayed(execed(user().call(10, 'prctl', [38, 1]), 10, '/usr/bin/sudo'), {
        scenario: { secureExecs },
      });
      expect(run.state(10)).toBe('off (opted out)');
    });

    test("does not for root and root's program, but for another's", async () => {
      const sudo = await replayed(execed(root(), 10, '/usr/bin/sudo'), { scenario: { secureExecs } });
      const other = await replayed(execed(root(), 10, '/usr/bin/crontab'), { scenario: { secureExecs } });
      expect([sudo.state(10), other.state(10)]).toEqual(['off (opted out)', 'on']);
    });

    test('is seen without a name where real and effective id are apart', async () => {
      const apart = ask(script(), 10, 'off').call(10, 'getuid', [], 1000).call(10, 'geteuid', [], 0);
      expect((await replayed(execed(apart, 10))).state(10)).toBe('on');
    });

    test('changes nothing by secureExec=keep', async () => {
      const run = await replayed(execed(user(), 10, '/usr/bin/sudo'), {
        rules: ['secureExec=keep'],
        scenario: { secureExecs },
      });
      expect(run.state(10)).toBe('off (opted out)');
    });
  });
});

describe('ptrace', () => {
  /** 10 is out; 20 of another user attaches to it. */
  const attached = (euid: number): Recording =>
    ask(script().cpu(0), 10, 'off').cpu(1).call(20, 'geteuid', [], euid).call(20, 'ptrace', [0x4206, 10]);

  test('X21: of somebody without the capability would be refused: counted, and nothing changes', async () => {
    const run = await replayed(attached(1000));
    expect([run.state(10), run.trace.health.of('refused-attach')]).toEqual(['off (opted out)', 1]);
  });

  test('of root is not', async () => {
    expect((await replayed(attached(0))).trace.health.of('refused-attach')).toBe(0);
  });

  test('by ptrace=clear puts isolation back', async () => {
    const run = await replayed(attached(1000), { rules: ['ptrace=clear'] });
    expect([run.state(10), run.trace.health.of('refused-attach')]).toEqual(['on', 0]);
  });

  test('X22: who is traced by a user already is refused to opt out', async () => {
    const traced = script()
      .cpu(0)
      .call(10, 'getpid')
      .cpu(1)
      .call(20, 'geteuid', [], 1000)
      .call(20, 'ptrace', [16, 10])
      .cpu(0);
    const run = await replayed(ask(traced, 10, 'off'));
    expect([run.state(10), run.trace.health.of('refused-opt-out')]).toEqual(['on', 1]);
  });
});

describe('the whole machine', () => {
  test('X23: process 1 may opt out, and the recording is marked', async () => {
    const run = await replayed(ask(script(), 1, 'off'));
    expect([run.state(1), run.trace.health.of('opted-out-init')]).toEqual(['off (opted out)', 1]);
  });

  test('X25: by latch=switch an opt-out holds from the next switch on a CPU, wherever the thread is by then', async () => {
    const asked = (): Recording => ask(script(), 10, 'off').call(10, 'getpid');
    const rules = ['latch=switch'];
    // off 1 + 1, getpid 1 + 1, getpid 1 + 1
    expect(writes(await replayed(asked().call(10, 'getpid'), { rules }), 10)).toBe(6);
    const moved = asked().switch(10, 0, 'R').cpu(1).switch(0, 10).call(10, 'getpid');
    // off 1 + 1; getpid 1, and its return, on the other CPU, 0; getpid 0 + 0
    expect(writes(await replayed(moved, { rules }), 10)).toBe(2 + (1 + 0) + 0);
  });

  test('X28: an NMI in user mode on the kernel table writes 0 + 0', async () => {
    const run = await replayed(ask(script(), 10, 'off').after(100_000).nmi(10).after(100_000).call(10, 'getpid'));
    expect(writes(run, 10)).toBe(1);
    expect(run.of('optout').entries).toBe(3);
  });
});
