/** Who is who on the lines of strace: births, ends, programs, and lines written onto each other. */
import { describe, expect, test } from 'vitest';
import { straceEvents, straceHealth, type ShortEvent } from '../support/strace.ts';

const EXEC = '500 execve("/bin/a", ["a"], 0x7ffe /* 2 vars */) = 0';
const kinds = (events: readonly ShortEvent[]): readonly string[] => events.map(({ kind, tid }) => `${kind} ${tid}`);
const ofKind = (events: readonly ShortEvent[], kind: string): readonly ShortEvent[] =>
  events.filter((event) => event.kind === kind);

describe('new tasks', () => {
  const FLAGS = 'flags=CLONE_VM|CLONE_THREAD';

  test.each([
    ['clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD, child_tidptr=0x7f) = 501', 0x100_0011],
    [`clone(child_stack=0x7f, ${FLAGS}, parent_tid=[501], tls=0x7f) = 501`, 0x1_0100],
    [`clone3({${FLAGS}, exit_signal=0, stack=0x7f} => {parent_tid=[501]}, 88) = 501`, 0x1_0100],
    ['fork() = 501', 0],
    ['vfork() = 501', 0x4100],
    ['fork() = 501<sh>', 0],
    ["fork() = 7 /* 501 in strace's PID NS */", 0],
  ])('%s', async (call, flags) => {
    const events = await straceEvents(`500 ${call}`, '501 getpid() = 501');
    const nr = events[0].nr;
    expect(events.map(({ kind, tid, nr, args }) => [kind, tid, nr, args[0]])).toEqual([
      ['sys-enter', 500, nr, String(nr === 56 ? flags : 0)],
      ['new-task', 500, 501, String(flags)],
      ['sys-exit', 500, nr, '0'],
      ['sys-exit', 501, nr, '0'],
      ['sys-enter', 501, 39, '0'],
      ['sys-exit', 501, 39, '0'],
    ]);
  });

  test.each(['-1 EAGAIN (Resource temporarily unavailable)', '? ERESTARTNOINTR (To be restarted)', '?'])(
    'a call with the result %s makes none',
    async (result) => {
      expect(ofKind(await straceEvents(`500 fork() = ${result}`), 'new-task')).toEqual([]);
    },
  );

  test('a child whose first line comes before the end of the call that made it is born before that line', async () => {
    const events = await straceEvents(
      '500 vfork( <unfinished ...>',
      '501 execve("/bin/true", ["true"], 0x7f /* 2 vars */ <unfinished ...>',
      '500 <... vfork resumed>) = 501',
      '501 <... execve resumed>) = 0',
    );
    expect(kinds(events)).toEqual([
      'sys-enter 500',
      'new-task 500',
      'sys-exit 501',
      'sys-enter 501',
      'sys-exit 500',
      'rename 501',
      'exec 501',
      'sys-exit 501',
    ]);
    expect(events[1]).toMatchObject({ nr: 501, args: ['16640', '0', '0', '0', '0', '0'] });
    expect(events[2]).toMatchObject({ nr: 58 });
  });

  test('of two parents in such a call each gets its own child', async () => {
    const events = await straceEvents(
      '500 vfork( <unfinished ...>',
      '600 fork( <unfinished ...>',
      '601 getpid() = 601',
      '501 getpid() = 501',
      '500 <... vfork resumed>) = 501',
      '600 <... fork resumed>) = 601',
    );
    expect(ofKind(events, 'new-task').map(({ tid, nr }) => [tid, nr])).toEqual([
      [600, 601],
      [500, 501],
    ]);
    expect(
      await straceHealth('500 vfork( <unfinished ...>', '501 getpid() = 501', '500 <... vfork resumed>) = 501'),
    ).toEqual({
      'no-times': 3,
    });
  });

  test("a task that turns up meanwhile and is nobody's child is older than the recording", async () => {
    const events = await straceEvents(
      '500 fork( <unfinished ...>',
      '700 getpid() = 700',
      '500 <... fork resumed>) = 501',
    );
    expect(kinds(events)).toEqual(['sys-enter 500', 'sys-enter 700', 'sys-exit 700', 'new-task 500', 'sys-exit 500']);
  });

  test('where no line tells the parent, the oldest that may have made it is taken, which is counted', async () => {
    const lines = [
      '500 vfork( <unfinished ...>',
      '600 vfork( <unfinished ...>',
      '501 getpid() = 501',
      '500 +++ killed by SIGKILL +++',
    ];
    const events = await straceEvents(...lines);
    expect(ofKind(events, 'new-task').map(({ tid, nr }) => [tid, nr])).toEqual([[600, 501]]);
    expect(await straceHealth(...lines)).toMatchObject({ 'inferred-parent': 1 });
  });

  test('waiting for a parent holds back only so much: then it is inferred, once', async () => {
    const lines = [
      '500 vfork( <unfinished ...>',
      ...Array<string>(40_000).fill('501 getpid() = 501'),
      '500 <... vfork resumed>) = 501',
    ];
    const events = await straceEvents(...lines);
    expect(ofKind(events, 'new-task').map(({ tid, nr }) => [tid, nr])).toEqual([[500, 501]]);
    expect(events).toHaveLength(1 + 2 + 80_000 + 1);
    expect(await straceHealth(...lines)).toMatchObject({ 'inferred-parent': 1 });
  });

  test('a parent that was inferred wrongly makes no task twice', async () => {
    const events = await straceEvents(
      '600 getpid() = 600',
      '500 vfork( <unfinished ...>',
      '600 vfork( <unfinished ...>',
      '601 getpid() = 601',
      ...Array<string>(40_000).fill('501 getpid() = 501'),
      '600 <... vfork resumed>) = 601',
      '500 <... vfork resumed>) = 501',
    );
    expect(ofKind(events, 'new-task').map(({ tid, nr }) => [tid, nr])).toEqual([
      [500, 601],
      [600, 501],
    ]);
  });

  test('an id that ends and comes again before any parent is told is two tasks', async () => {
    const events = await straceEvents(
      '500 vfork( <unfinished ...>',
      '501 +++ exited with 0 +++',
      '501 getpid() = 501',
      '500 <... vfork resumed>) = 501',
      '500 getpid() = 500',
    );
    expect(kinds(events)).toEqual([
      'sys-enter 500',
      'exit 501',
      'new-task 500',
      'sys-exit 501',
      'sys-enter 501',
      'sys-exit 501',
      'sys-exit 500',
      'sys-enter 500',
      'sys-exit 500',
    ]);
  });

  test('an id may come again after the end of its task', async () => {
    const events = await straceEvents(
      '500 fork() = 501',
      '501 getpid() = 501',
      '501 +++ exited with 0 +++',
      '500 fork( <unfinished ...>',
      '501 getpid() = 501',
      '500 <... fork resumed>) = 501',
    );
    expect(ofKind(events, 'new-task')).toHaveLength(2);
    expect(kinds(events).slice(7, 10)).toEqual(['sys-enter 500', 'new-task 500', 'sys-exit 501']);
  });
});

describe('lines that strace wrote onto each other', () => {
  test('a note that a child was attached, in the middle of the call that made it', async () => {
    const events = await straceEvents(
      'execve("/bin/a", ["a"], 0x7f /* 2 vars */) = 0',
      'set_tid_address(0x7f) = 500',
      'clone3({flags=CLONE_VM|CLONE_THREAD, exit_signal=0}strace: Process 501 attached',
      ' => {parent_tid=[501]}, 88) = 501',
      '[pid   501] getpid() = 500',
      '[pid   500] getpid() = 500',
    );
    expect(kinds(events).slice(6)).toEqual([
      'sys-enter 500',
      'new-task 500',
      'sys-exit 500',
      'sys-exit 501',
      'sys-enter 501',
      'sys-exit 501',
      'sys-enter 500',
      'sys-exit 500',
    ]);
  });

  test('a note in the middle of a call of another task', async () => {
    const events = await straceEvents(
      '[pid   500] clone3({flags=CLONE_VM|CLONE_THREAD} <unfinished ...>',
      '[pid   502] pause(strace: Process 501 attached',
      ' <unfinished ...>',
      '[pid   500] <... clone3 resumed> => {parent_tid=[501]}, 88) = 501',
      '[pid   502] <... pause resumed>) = ? ERESTARTNOHAND (To be restarted if no handler)',
    );
    expect(ofKind(events, 'new-task').map(({ tid, nr }) => [tid, nr])).toEqual([[500, 501]]);
    expect(ofKind(events, 'sys-exit').map(({ tid, nr }) => [tid, nr])).toEqual([
      [500, 435],
      [502, 34],
    ]);
  });

  test('what the program writes, in the middle of the call that writes it', async () => {
    const lines = ['500 write(2, "a\\nb\\n", 4a', 'b', ') = 4', '500 getpid() = 500'];
    const events = await straceEvents(...lines);
    expect(events.map(({ kind, nr, result }) => [kind, nr, result])).toEqual([
      ['sys-enter', 1, '0'],
      ['sys-exit', 1, '4'],
      ['sys-enter', 39, '0'],
      ['sys-exit', 39, '500'],
    ]);
    expect(await straceHealth(...lines)).toEqual({ 'damaged-record': 1, 'no-times': 2 });
  });

  test('what the program prints like a call of its own is none', async () => {
    const lines = [EXEC, 'frobnicate(1, 2)', 'printf("a");', 'hello', '12 monkeys'];
    expect(await straceHealth(...lines)).toEqual({ 'damaged-record': 4, 'no-times': 1 });
  });
});

describe('lines without an id', () => {
  test.each([
    ['set_tid_address', 'set_tid_address(0x7f) = 500'],
    ['gettid', '1795656136.1 gettid() = 500 <0.1>'],
    ['what strace says', '[ Process PID=500 runs in 64 bit mode. ]'],
  ])('are of the task that %s tells, before it too', async (_what, line) => {
    const events = await straceEvents('1795656136.0 brk(NULL) = 0x5000', line);
    expect(new Set(events.map(({ tid }) => tid))).toEqual(new Set([500]));
  });

  test('are of a task without an id where none tells it, also when it gets one later', async () => {
    const events = await straceEvents('brk(NULL) = 0x5000', '[pid   500] getpid() = 500');
    expect(new Set(events.map(({ tid }) => tid))).toEqual(new Set([-1]));
  });

  test('are of the only one that is left', async () => {
    const events = await straceEvents(
      'set_tid_address(0x7f) = 500',
      'fork() = 501',
      '[pid   501] getpid() = 501',
      '[pid   500] +++ exited with 0 +++',
      'getpid() = 501',
      '+++ exited with 0 +++',
    );
    expect(kinds(events).slice(-4)).toEqual(['exit 500', 'sys-enter 501', 'sys-exit 501', 'exit 501']);
  });
});

describe('ends, signals and programs', () => {
  test.each(['+++ exited with 0 +++', '+++ killed by SIGSEGV (core dumped) +++', '+++ killed by SIGRT_1 +++'])(
    '%s is an end',
    async (line) => {
      expect(kinds(await straceEvents('500 getpid() = 500', `500 ${line}`))).toEqual([
        'sys-enter 500',
        'sys-exit 500',
        'exit 500',
      ]);
    },
  );

  test('a signal is neither call nor end', async () => {
    const lines = [
      '500 getpid() = 500',
      '500 --- SIGCHLD {si_signo=SIGCHLD, si_pid=501} ---',
      '500 --- stopped by SIGSTOP ---',
    ];
    expect(await straceEvents(...lines)).toHaveLength(2);
    expect(await straceHealth(...lines)).toEqual({ 'no-times': 3 });
  });

  test('a successful exec has its file and a name of at most 15 bytes', async () => {
    const [, rename, exec] = await straceEvents(
      String.raw`500 execve("/bin/caf\303\251-of-the-north", ["x"], 0x7f /* 2 vars */) = 0`,
    );
    expect(exec).toMatchObject({ kind: 'exec', tid: 500, nr: 500, text: '/bin/caf\u00e9-of-the-north' });
    expect(rename).toMatchObject({ kind: 'rename', tid: 500, text: 'caf\u00e9-of-the-no' });
  });

  test('a failed exec is a call like any other', async () => {
    expect(kinds(await straceEvents('500 execve("/x", ["x"], 0x7f) = -1 ENOENT (No such file or directory)'))).toEqual([
      'sys-enter 500',
      'sys-exit 500',
    ]);
  });

  test.each([
    ['with the line that says so', ['500 +++ superseded by execve in pid 501 +++'], ['exit 500']],
    ['without it', [], []],
  ])('a thread execs under the id of the leader, %s', async (_what, told, exits) => {
    const events = await straceEvents(
      '500 clone3({flags=CLONE_VM|CLONE_THREAD}, 88) = 501',
      '501 execve("/x", ["x"], 0x7f <pid changed to 500 ...>',
      ...told,
      '500 <... execve resumed>) = 0',
      '500 getpid() = 500',
    );
    expect(kinds(events).slice(3)).toEqual([
      'sys-exit 501',
      'sys-enter 501',
      ...exits,
      'rename 500',
      'exec 500',
      'sys-exit 500',
      'sys-enter 500',
      'sys-exit 500',
    ]);
    expect(ofKind(events, 'exec')[0]).toMatchObject({ nr: 501, text: '/x' });
  });

  test('PR_SET_NAME is a new name', async () => {
    const events = await straceEvents(String.raw`500 prctl(PR_SET_NAME, "a\"b\n) = 1") = 0`);
    expect(events[1]).toMatchObject({ kind: 'rename', tid: 500, text: 'a"b\n) = 1' });
  });

  test('an end without its begin is an end', async () => {
    const events = await straceEvents('500 <... read resumed>"", 1) = 0', '500 getpid() = 500');
    expect(kinds(events)).toEqual(['sys-exit 500', 'sys-enter 500', 'sys-exit 500']);
  });

  test('a call that goes on after strace was attached is a call', async () => {
    const events = await straceEvents('500 restart_syscall(<... resuming interrupted poll ...>) = 1 <0.1>');
    expect(events.map(({ kind, nr }) => [kind, nr])).toEqual([
      ['sys-enter', 219],
      ['sys-exit', 219],
    ]);
  });

  test('ends of old versions of strace', async () => {
    const events = await straceEvents(
      '500 select(4, [3] <unfinished ...>',
      '500 <... select resumed> )      = 0 (Timeout)',
    );
    expect(events.map(({ kind, result }) => [kind, result])).toEqual([
      ['sys-enter', '0'],
      ['sys-exit', '0'],
    ]);
  });

  test('a call that is none of x86-64 is an entry and an exit under -1, and counted', async () => {
    const lines = [EXEC, '500 socketcall(1, 0x7f) = 3', '500 mmap2(NULL, 1) = 0x1000'];
    expect((await straceEvents(...lines)).slice(4).map(({ nr }) => nr)).toEqual([-1, -1, -1, -1]);
    expect(await straceHealth(...lines)).toEqual({ 'unknown-call': 2, 'no-times': 3 });
  });

  test('names of old versions are those of today', async () => {
    const lines = [
      EXEC,
      '500 pread(3, "a", 1, 0) = 1',
      '500 umount("/mnt", 0) = 0',
      '500 getsid(0) = 500',
      '500 _exit(0) = ?',
    ];
    expect((await straceEvents(...lines)).filter(({ kind }) => kind === 'sys-enter').map(({ nr }) => nr)).toEqual([
      59, 17, 166, 124, 60,
    ]);
  });

  test('an indented text is read as one that is not', async () => {
    const lines = [EXEC, '500 10:00:00 getpid() = 500', '[pid   500] getppid() = 1', '500 +++ exited with 0 +++'];
    const indented = lines.map((line) => `    ${line}`);
    expect(await straceEvents(...indented)).toEqual(await straceEvents(...lines));
  });

  test('stack traces and summaries are counted, not taken for events', async () => {
    const lines = [
      EXEC,
      ' > /lib/libc.so.6(read+0x10) [0x1234]',
      'strace: Process 500 attached',
      '% time     seconds  usecs/call     calls    errors syscall',
      '------ ----------- ----------- --------- --------- ----------------',
      '100.00    0.003588         598         6           clone',
    ];
    expect(await straceEvents(...lines)).toHaveLength(4);
    expect(await straceHealth(...lines)).toEqual({ 'unknown-record': 5, 'no-times': 1 });
  });

  test('a line of 2 MiB is counted and passed over', async () => {
    const lines = [EXEC, `500 write(1, "${'x'.repeat(2_097_152)}", 9) = 9`, '500 getpid() = 500'];
    expect(await straceEvents(...lines)).toHaveLength(6);
    expect(await straceHealth(...lines)).toMatchObject({ 'damaged-record': 1 });
  });
});
