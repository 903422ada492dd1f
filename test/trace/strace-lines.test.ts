/** What single lines of strace become. */
import { describe, expect, test } from 'vitest';
import { straceEvents, straceHealth, straceOf, type ShortEvent } from '../support/strace.ts';
import { eventsOf } from '../support/events.ts';

const EXEC = '500 execve("/bin/a", ["a"], 0x7ffe /* 2 vars */) = 0';
const kinds = (events: readonly ShortEvent[]): readonly string[] => events.map(({ kind, tid }) => `${kind} ${tid}`);

describe('before the call', () => {
  test.each([
    ['nothing', 'getpid() = 500', -1],
    ['an id', '500 getpid() = 500', 500],
    ['a padded id', '500   getpid() = 500', 500],
    ['an id in brackets', '[pid   500] getpid() = 500', 500],
    ['an id with a name', '500<a b> getpid() = 500', 500],
    ['an id in brackets with a name', '[pid 500<sh>] getpid() = 500', 500],
    ['a time of day', '500 01:22:15 getpid() = 500', 500],
    ['a time of day with a fraction', '500 01:22:15.123456 getpid() = 500', 500],
    ['a date', '500 1795656136.282930 getpid() = 500', 500],
    ['a date in whole seconds', '500 1795656136 getpid() = 500', 500],
    ['a date in whole seconds alone', '1795656136 getpid() = 500', -1],
    ['a difference', '500       0.000051 getpid() = 500', 500],
    ['a difference alone', '     0.000051 getpid() = 500', -1],
    ['a date and a difference', '500 1795656136.282930885 (+     0.000102025) getpid() = 500', 500],
    ['the number of the call', '500 1795656136.282930 [  39] getpid() = 500', 500],
    ['the instruction pointer', '500 1795656136.282930 [00007f9d50005353] getpid() = 500', 500],
    ['both', '500 [  39] [00007f9d50005353] getpid() = 500', 500],
    ['all of it', '[pid   500<a>] 01:22:15 (+ 0.1) [  39] [????????????????] getpid() = 500', 500],
  ])('%s', async (_what, line, tid) => {
    const events = await straceEvents(line);
    expect(events.map(({ kind, tid, nr, result }) => [kind, tid, nr, result])).toEqual([
      ['sys-enter', tid, 39, '0'],
      ['sys-exit', tid, 39, '500'],
    ]);
  });
});

describe('behind the call', () => {
  test.each([
    ['a number', '= 5', '5'],
    ['spaces before it', '                       = 5', '5'],
    ['a duration', '= 5 <0.000126>', '5'],
    ['an address', '= 0x7f0000001000', '139637976731648'],
    ['a large address', '= 0xffffffffff600000', '-10485760'],
    ['a large number', '= 18446744073709551615', '-1'],
    ['an error', '= -1 ENOENT (No such file or directory)', '-2'],
    ['an error with a duration', '= -1 ENOENT (No such file or directory) <0.000126>', '-2'],
    ['an error in another language', '= -1 EAGAIN (Die Ressource ist zur Zeit nicht verf\u00fcgbar) <0.1>', '-11'],
    [
      'an error in Cyrillic',
      '= -1 EEXIST (\u0424\u0430\u0439\u043b \u0443\u0436\u0435 \u0441\u0443\u0449\u0435\u0441\u0442\u0432\u0443\u0435\u0442)',
      '-17',
    ],
    ['an error that has no name here', '= -1 EFUTURE (Unknown)', '-1'],
    ['-1 that is no error', '= -1', '-1'],
    ['a call to be made again', '= ? ERESTARTSYS (To be restarted if SA_RESTART is set)', '-512'],
    ['a call to be made again later', '= ? ERESTART_RESTARTBLOCK (Interrupted by signal) <1.5>', '-516'],
    ['a note', '= 0 (Timeout)', '0'],
    ['what was ready', '= 1 ([{fd=3, revents=POLLIN}]) <0.1>', '1'],
    ['flags', '= 0x8002 (flags O_RDWR|O_LARGEFILE)', '32770'],
    ['a file', '= 3</etc/passwd>', '3'],
    ['a file with a duration', '= 3</etc/passwd> <0.000126>', '3'],
    ['a file that looks like a result', '= 3</tmp/x) = 7> <0.1>', '3'],
    ['a socket', '= 5<TCP:[127.0.0.1:1->127.0.0.1:2]>', '5'],
    ['an injected error', '= -1 EPERM (Operation not permitted) (INJECTED)', '-1'],
  ])('%s', async (_what, end, result) => {
    const events = await straceEvents(`500 read(3, "x", 1) ${end}`);
    expect(events.map(({ kind, result }) => [kind, result])).toEqual([
      ['sys-enter', '0'],
      ['sys-exit', result],
    ]);
  });

  test.each([
    'exit_group(0) = ?',
    'read(3, <detached ...>',
    'pause() = ? <unavailable>',
    'kill(500, SIGKILL <unfinished ...>',
  ])('%s does not return', async (call) => {
    expect(kinds(await straceEvents(`500 ${call}`))).toEqual(['sys-enter 500']);
  });

  test('nothing that is a result: the entry counts, and the line as damaged', async () => {
    const lines = ['500 getpid() = 500', '500 read(3, "x", 1) = maybe'];
    expect(kinds(await straceEvents(...lines)).slice(2)).toEqual(['sys-enter 500']);
    expect(await straceHealth(...lines)).toMatchObject({ 'damaged-record': 1 });
  });
});

describe('texts among the arguments', () => {
  test.each([
    ['a result', '"x) = 5"'],
    ['an error', '"= -1 ENOENT (No such file)"'],
    ['a line broken off', '"x <unfinished ...>"'],
    ['quotes', String.raw`"a\"b\") = 7"`],
    ['backslashes', String.raw`"a\\"`],
    ['octal escapes', String.raw`"\0\33\177\") = 7"`],
    ['hexadecimal escapes', String.raw`"\x22\x29\x20\x3d"`],
    ['cut texts', '"abc) = 5"...'],
    ['brackets', '"((([[[{{{"'],
    ['the end of a task', '"+++ exited with 0 +++"'],
    ['32 KiB', `"${'a) = 5 '.repeat(4_682)}"`],
    ['a note of strace', '"strace: Process 5 attached"'],
  ])('%s', async (_what, text) => {
    const events = await straceEvents(`500 write(1, ${text}, 9) = 3 <0.000010>`, '500 getpid() = 500');
    expect(events.map(({ kind, nr, result }) => [kind, nr, result])).toEqual([
      ['sys-enter', 1, '0'],
      ['sys-exit', 1, '3'],
      ['sys-enter', 39, '0'],
      ['sys-exit', 39, '500'],
    ]);
  });
});

describe('arguments and results that the model asks for', () => {
  test.each([
    [
      'mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x1000',
      [0n, 8192n, 3n, 0x22n, -1n, 0n],
    ],
    [
      'mmap(0x7f0000001000, 4096, PROT_NONE, MAP_PRIVATE|MAP_FIXED, 3</lib/a, b.so>, 0x26000) = 0x7f0000001000',
      [0x7f0000001000n, 4096n, 0n, 0x12n, 3n, 0x26000n],
    ],
    [
      'mmap(NULL, 4096, PROT_READ|0x80, MAP_SHARED|0x800000|MAP_HUGETLB|21<<MAP_HUGE_SHIFT, -1, 0) = 0x1000',
      [0n, 4096n, 0x81n, 0x5484_0001n | 0x80_0000n, -1n, 0n],
    ],
    ['munmap(0x1, 18446744073709551615) = 0', [1n, -1n]],
    ['mprotect(0x1000, 4096, PROT_READ|PROT_WRITE|PROT_EXEC) = 0', [0x1000n, 4096n, 7n]],
    ['brk(NULL) = 0x5000', [0n]],
    ['brk(0x6000) = 0x6000', [0x6000n]],
    ['mremap(0x1000, 4096, 8192, MREMAP_MAYMOVE|MREMAP_FIXED, 0x9000) = 0x9000', [0x1000n, 4096n, 8192n, 3n, 0x9000n]],
    ['madvise(0x1000, 4096, MADV_DONTNEED) = 0', [0x1000n, 4096n, 4n]],
    ['madvise(0x1000, 4096, 0xc8 /* MADV_??? */) = 0', [0x1000n, 4096n, 200n]],
    ['setuid(1000) = 0', [1000n]],
    ['setresuid(-1, 1000, -1) = 0', [-1n, 1000n, -1n]],
    ['setreuid(-1, 0) = 0', [-1n, 0n]],
    ['setfsuid(4294967295) = 5', [4294967295n]],
    ['prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) = 0', [38n, 1n]],
    ['prctl(0x7fff1234 /* PR_??? */, 0x1, 0x2) = 0', [0x7fff1234n, 1n, 2n]],
    ['arch_prctl(ARCH_GET_XCOMP_SUPP, 0x1) = 0', [0x1021n, 1n]],
    ['arch_prctl(0x4001 /* ARCH_??? */, 0x1) = 0', [0x4001n, 1n]],
    ['syscall_0x1f4(0x1, 0x2, 0x3, 0, 0, 0) = -1 ENOSYS (Function not implemented)', [1n, 2n, 3n]],
    ['clone(child_stack=NULL, flags=CLONE_VM|CLONE_THREAD|SIGCHLD, child_tidptr=0x7f) = -1 EAGAIN (x)', [0x1_0111n]],
    ['write(1, "a", 1) = 1', []],
  ])('%s', async (line, args) => {
    const [enter] = await straceEvents(`500 ${line}`);
    const whole = [...args, ...Array<bigint>(6 - args.length).fill(0n)];
    expect(enter.args).toEqual(whole.map((arg) => String(BigInt.asUintN(64, arg))));
  });

  test('are those of the begin, where the call is broken off', async () => {
    const events = await straceEvents(
      '500 setresuid(-1, 1000, -1 <unfinished ...>',
      '501 getpid() = 501',
      '500 <... setresuid resumed>) = 0 <0.1>',
    );
    expect(events.map(({ tid, nr, args, result }) => [tid, nr, args[1], result])).toEqual([
      [500, 117, '1000', '0'],
      [501, 39, '0', '0'],
      [501, 39, '0', '501'],
      [500, 117, '0', '0'],
    ]);
  });

  test('a call that strace knows by number has that number', async () => {
    const [enter] = await straceEvents('500 syscall_0x1f4(0x1) = 0');
    expect(enter.nr).toBe(500);
  });
});

describe('times', () => {
  const times = async (...lines: readonly string[]): Promise<readonly number[]> =>
    (await straceEvents(...lines)).map(({ ns }) => ns);

  test('a call ends its duration after its begin', async () => {
    expect(await times('500 1795656136.282930 getpid() = 500 <0.000126>')).toEqual([0, 126_000]);
  });

  test('to the nanosecond where there are nine digits, whatever the date', async () => {
    const lines = ['500 1795656136.999999999 getpid() = 500 <0.000000234>', '500 1795656137.000000333 getpid() = 500'];
    expect(await times(...lines)).toEqual([0, 234, 334, 334]);
    expect((await straceOf(...lines)).originNs).toBe(0n);
    const trace = await straceOf(...lines);
    await eventsOf(trace);
    expect(trace.originNs).toBe(1_795_656_136_999_999_999n);
  });

  test('a call that was broken off ends its duration after its begin, but not before the line ahead', async () => {
    expect(
      await times(
        '500 10:00:00.000100 read(3,  <unfinished ...>',
        '501 10:00:00.000300 getpid() = 501',
        '500 10:00:00.000400 <... read resumed>"a", 1) = 1 <0.000150>',
        '500 10:00:00.000500 read(3,  <unfinished ...>',
        '500 10:00:00.000900 <... read resumed>"a", 1) = 1 <0.000150>',
      ),
    ).toEqual([0, 200_000, 200_000, 200_000, 400_000, 550_000]);
  });

  test('without durations a call ends at once, and one that was broken off when its line says so', async () => {
    expect(
      await times(
        '500 10:00:00.000100 getpid() = 500',
        '500 10:00:00.000200 read(3,  <unfinished ...>',
        '500 10:00:00.000900 <... read resumed>"a", 1) = 1',
      ),
    ).toEqual([0, 0, 100_000, 800_000]);
  });

  test('a time of day that jumps back by half a day has passed midnight', async () => {
    const lines = [
      '500 23:59:59.500000 getpid() = 500',
      '500 00:00:00.500000 getpid() = 500',
      '500 00:00:01 getpid() = 500',
    ];
    expect(await times(...lines)).toEqual([0, 0, 1e9, 1e9, 1.5e9, 1.5e9]);
    expect(await straceHealth(...lines)).toEqual({});
  });

  test('a clock that was set back goes on where it was, which is counted', async () => {
    const lines = ['500 02:59:59 getpid() = 500', '500 02:00:00 getpid() = 500', '500 02:00:01 getpid() = 500'];
    expect(await times(...lines)).toEqual([0, 0, 0, 0, 1e9, 1e9]);
    expect(await straceHealth(...lines)).toEqual({ 'clock-set-back': 1 });
  });

  test('coarse times do not go back behind the durations', async () => {
    expect(await times('500 10:00:00 getpid() = 500 <0.000655>', '500 10:00:00 getpid() = 500 <0.1>')).toEqual([
      0, 655_000, 655_000, 100_655_000,
    ]);
  });

  test('differences add up', async () => {
    expect(
      await times(
        '500      0.000000 getpid() = 500',
        '501      0.000100 getpid() = 501',
        '500      0.000050 getpid() = 500',
      ),
    ).toEqual([0, 0, 100_000, 100_000, 150_000, 150_000]);
  });

  test('without any all events are at 0, in the order of the lines, and that is said', async () => {
    const lines = [EXEC, '500 read(3, "", 1) = 0 <0.5>', '500 +++ exited with 0 +++'];
    expect(new Set(await times(...lines))).toEqual(new Set([0]));
    expect(await straceHealth(...lines)).toEqual({ 'no-times': 3 });
  });
});
