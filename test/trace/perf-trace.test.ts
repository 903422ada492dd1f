import fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { bytesOf } from '../../src/io/memory.ts';
import { openTrace } from '../../src/pipeline.ts';
import { perfTrace } from '../../src/trace/readers/perf-trace.ts';
import { damageOf, damaged, fuzz, survives } from '../support/damage.ts';
import { eventsOf } from '../support/events.ts';
import { FIXTURES, fixture, fixturePath } from '../support/fixtures.ts';
import { openBytes, replayBytes, replayFile, withFile, wholeOf } from '../support/replay.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { expectedOf, fixturesOf, truthOf } from '../support/texts.ts';

const temporary = temporaryFolder();
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const open = (...lines: readonly string[]) => openBytes(encode(`${lines.join('\n')}\n`));

/** Time, kind, task, number, result, first argument and names of each event, but those that only tell a name. */
async function read(...lines: readonly string[]): Promise<readonly string[]> {
  return (await eventsOf(await open(...lines)))
    .map((event) => event.split(' '))
    .map(([time, kind, , tid, , nr, args, result, , , ...texts]) =>
      [time, kind, tid, nr, args.split(',')[0], result, texts.join(' ')].join(' ').replace(/ ""/g, ''),
    )
    .filter((event) => !/^\d+ rename .* 0 0 0 "[^"]*"$/.test(event));
}
async function healthOf(...lines: readonly string[]): Promise<Readonly<Record<string, number>>> {
  const trace = await open(...lines);
  await eventsOf(trace);
  return Object.fromEntries(trace.health.entries().map(({ key, count }) => [key, count]));
}

const LINE = '     0.035 ( 0.004 ms): ls/417 openat(dfd: CWD, filename: 0x9b2a)                          = 3';

describe.each(fixturesOf('perf-trace'))('$file', (recording) => {
  const { file } = recording;

  test('has the totals and samples that another program counted', async () => {
    const { result } = await replayFile(fixturePath(file));
    expect({ totals: result.totals, events: result.trace.events }).toEqual(expectedOf(truthOf(recording)));
    expect(result.trace.health.filter(({ severity }) => severity !== 'info')).toEqual([]);
  });

  test('is recognised by its content, under another name', async () => {
    const unknown = temporary.file('unknown', readFileSync(fixturePath(file)));
    expect(await withFile(unknown, async (source) => (await openTrace(source, {})).format)).toBe('perf-trace');
  });

  test.each([1, 7, 61, 4_096])('reads the same in pieces of %i bytes', async (size) => {
    const text = await wholeOf(fixturePath(file));
    const pieces = await perfTrace.open(bytesOf(text, 'pieces', size), { strict: true });
    expect(await eventsOf(pieces)).toEqual(await eventsOf(await openBytes(text)));
  });
});

test('the text of a recording has its calls, births, execs and ends', async () => {
  const [text, recording] = await Promise.all(
    ['fx-perf-trace-setu.txt', 'fx-setu.perf.data'].map(async (name) => (await replayFile(fixturePath(name))).result),
  );
  const { syscalls, syscallCounts, forks, execs, exits } = recording.totals;
  expect(text.totals).toMatchObject({ syscalls, syscallCounts, forks, execs, exits });
});

test('changes of ids are read from the arguments', async () => {
  const inDays = (name: string) => replayFile(fixturePath(name), { policies: ['optout'] });
  const [text, recording] = await Promise.all(['fx-perf-trace-setu.txt', 'fx-setu.perf.data'].map(inDays));
  const states = ({ result }: typeof text): readonly string[] =>
    result.processes.map(({ pid, state }) => `${pid} ${state}`).sort();
  expect(states(text)).toEqual(states(recording));
});

const PERF = spawnSync('perf', ['--version']).status === 0;
if (!PERF) process.stderr.write('There is no perf here (linux-perf): what perf trace prints is not compared.\n');

test.skipIf(!PERF)('what perf trace prints of each recording has its calls', { timeout: 60_000 }, async () => {
  for (const { path, truth } of FIXTURES) {
    const data = temporary.file('perf.data', await wholeOf(path));
    const out = temporary.fresh('text');
    expect(spawnSync('perf', ['trace', '-f', '-i', data, '-o', out]).status).toBe(0);
    const { totals, trace } = (await replayFile(out)).result;
    const { totals: told } = expectedOf(truth);
    const { syscalls, syscallCounts, forks, execs, exits } = told;
    expect(totals).toMatchObject({ syscalls, syscallCounts, forks, execs, exits });
    expect(trace.health.filter(({ severity }) => severity !== 'info')).toEqual([]);
  }
});

describe('a call', () => {
  test('that ends on its line is an entry and an exit', async () => {
    expect(await read(LINE)).toEqual(['0 sys-enter 417 257 0 0', '4000 sys-exit 417 257 0 3']);
  });

  test('that another line breaks off is an entry there, and an exit where it goes on', async () => {
    const [first, ...rest] = await read(
      '     1.000 (         ): sh/416 wait4(upid: -1)                                   ...',
      '     1.500 ( 0.004 ms): ls/417 close(fd: 3)                                      = 0',
      '     1.000 ( 0.900 ms): sh/416  ... [continued]: wait4())                        = 417 (ls)',
    );
    expect(first).toBe('0 sys-enter 416 61 0 0');
    expect(rest).toEqual(['500000 sys-enter 417 3 0 0', '504000 sys-exit 417 3 0 0', '900000 sys-exit 416 61 0 417']);
  });

  test('that began before the recording is an exit only', async () => {
    expect(await read('         ? (         ): sh/417  ... [continued]: write())   = 6', LINE)).toEqual([
      '0 sys-exit 417 1 0 6',
      '0 sys-enter 417 257 0 0',
      '4000 sys-exit 417 257 0 3',
    ]);
  });

  test('that does not return is an entry, and the end of its task', async () => {
    expect(await read('     0.731 (         ): ls/417 exit_group()                 = ?')).toEqual([
      '0 sys-enter 417 231 0 0',
      '0 exit 417 0 0 0 "ls"',
    ]);
  });

  test.each([
    ['0x56307dfab000', '94766272000000'],
    ['-1 ENOENT (No such file or directory)', '-2'],
    ['-1 ENOENT No such file or directory', '-2'],
    ['417 (ls)', '417'],
    ['0 (Timeout)', '0'],
    ['APPEND|LARGEFILE|WRONLY', '0'],
    ['', '0'],
  ])('with result "%s"', async (text, result) => {
    const [, exit] = await read(LINE.replace('= 3', `= ${text}`));
    expect(exit).toBe(`4000 sys-exit 417 257 0 ${result}`);
  });

  test.each([
    ['of a name with blanks, colons and slashes', 'a b:c[1] 2/417 close(fd: 3)', 417],
    ['of a name like an id', 'x/5 read(/417 close(fd: 3)', 417],
    ['of a task without a name', ':417/417 close(fd: 3)', 417],
    ['without names', '417 close(fd: 3)', 417],
    ['without ids', 'close(fd: 3)', -1],
  ])('%s', async (_what, text, tid) => {
    const [enter] = await read(`     0.035 ( 0.004 ms): ${text}    = 0`);
    expect(enter).toBe(`0 sys-enter ${tid} 3 0 0`);
  });

  test('without ids is of the task that a result names', async () => {
    const events = await read(
      '     0.035 ( 0.004 ms): close(fd: 3)    = 0',
      '     0.045 ( 0.004 ms): set_tid_address(tidptr: 0x7f7da483ba10)    = 417 (sh)',
    );
    expect(events[0]).toBe('0 sys-enter 417 3 0 0');
  });

  test('that x86-64 lacks is counted under -1', async () => {
    const line = LINE.replace('openat', 'waitpid');
    expect(await healthOf(line)).toEqual({ 'unknown-call': 1 });
    expect((await read(line))[0]).toBe('0 sys-enter 417 -1 0 0');
  });

  test('is not over after the next one begins, though times are rounded', async () => {
    const events = await read(
      '     1.000 ( 0.002 ms): ls/417 close(fd: 3)    = 0',
      '     1.001 ( 0.002 ms): ls/417 close(fd: 4)    = 0',
    );
    expect(events.map((event) => event.split(' ').slice(0, 2).join(' '))).toEqual([
      '0 sys-enter',
      '2000 sys-exit',
      '2000 sys-enter',
      '3000 sys-exit',
    ]);
  });
});

test('arguments are told by their names, since those that are 0 are left out', async () => {
  const events = await eventsOf(
    await open(
      '     0.1 '.replace('0.1 ', '0.100 ') + '( 0.001 ms): a/417 setresuid(euid: 65534)    = 0',
      '     0.200 ( 0.001 ms): a/417 mmap(len: 8192, prot: READ|WRITE, flags: PRIVATE|ANONYMOUS)    = 0x7f0000000000',
      '     0.300 ( 0.001 ms): a/417 prctl(option: SET_NO_NEW_PRIVS, arg2: 1)    = 0',
    ),
  );
  const args = events.filter((event) => event.includes('sys-enter')).map((event) => event.split(' ')[6]);
  expect(args).toEqual(['0,65534,0,0,0,0', '0,8192,3,34,0,0', '38,1,0,0,0,0']);
});

describe('a new task', () => {
  const CHILD = '         ? (         ): sh/418  ... [continued]: clone())    = 0';
  const NEXT = '     1.300 ( 0.001 ms): sh/418 close(fd: 3)    = 0';
  const kinds = (events: readonly string[]) => events.map((event) => event.split(' ').slice(1, 4).join(' '));

  test('is born of the call that returns its id', async () => {
    const events = await read(
      '     1.000 ( 0.100 ms): sh/417 clone(clone_flags: VM|THREAD)    = 418 (sh)',
      CHILD,
      NEXT,
    );
    expect(kinds(events)).toEqual([
      'sys-enter 417 56',
      'new-task 417 418',
      'fork 417 418',
      'sys-exit 417 56',
      'sys-exit 418 56',
      'sys-enter 418 3',
      'sys-exit 418 3',
    ]);
    expect(events[1]).toBe(`0 new-task 417 418 65792 0`);
  });

  test('is born before its first return, where that line comes first', async () => {
    const events = await read(CHILD, '     1.000 ( 0.100 ms): sh/417 clone()    = 418 (sh)', NEXT);
    expect(kinds(events).slice(0, 4)).toEqual([
      'sys-enter 417 56',
      'new-task 417 418',
      'fork 417 418',
      'sys-exit 418 56',
    ]);
  });

  test('is born of a call that was broken off and goes on after it', async () => {
    const events = await read(
      '     1.000 (         ): sh/417 vfork()    ...',
      CHILD.replace('clone', 'vfork'),
      NEXT,
      '     1.000 ( 0.900 ms): sh/417  ... [continued]: vfork())    = 418 (sh)',
    );
    expect(kinds(events)).toEqual([
      'sys-enter 417 58',
      'new-task 417 418',
      'fork 417 418',
      'sys-exit 418 58',
      'sys-enter 418 3',
      'sys-exit 418 3',
      'sys-exit 417 58',
    ]);
  });

  test('of clone3 has flags that nothing tells, which is counted', async () => {
    const line = '     1.000 ( 0.100 ms): sh/417 clone3(uargs: 0x7fff, size: 88)    = 418 (sh)';
    expect(kinds(await read(line))[1]).toBe('fork 417 418');
    expect(await healthOf(line)).toEqual({ 'untold-clone-flags': 1 });
  });

  test('of two makers that may both have made it is taken for the older ones, which is counted', async () => {
    const first = '     1.000 (         ): sh/417 clone()    ...';
    expect(await healthOf(first, first.replace('417', '416'), CHILD, NEXT)).toEqual({ 'inferred-parent': 1 });
  });

  test('counts once, whichever calls make tasks', async () => {
    const made = (call: string, tid: number) => `     1.000 ( 0.100 ms): sh/417 ${call}()    = ${tid} (sh)`;
    const { result } = await replayBytes(
      encode(`${made('clone3', 418)}\n${made('vfork', 419)}\n${made('fork', 420)}\n`),
    );
    expect(result.totals.forks).toBe(3);
  });

  test('is told by tracepoints alone, where there are some', async () => {
    const events = await read(
      '     1.000 (         ): sh/417 clone()    ...',
      '     1.050 (         ): sh/417 sched:sched_process_fork(parent_comm: "sh", parent_pid: 417 (sh), child_comm: "sh", child_pid: 418 (sh))',
      CHILD,
      NEXT,
      '     1.000 ( 0.900 ms): sh/417  ... [continued]: clone())    = 418 (sh)',
    );
    expect(events.filter((event) => event.includes(' fork ') || event.includes('new-task'))).toEqual([
      '50000 fork 417 418 0 0 "sh" "sh"',
    ]);
  });
});

describe('a tracepoint', () => {
  test.each([
    [
      'sched:sched_process_exec(filename: "/bin/a, b", pid: 417 (ls), old_pid: 417 (ls))',
      '0 exec 417 417 0 0 "/bin/a, b"',
    ],
    ['sched:sched_process_exit(comm: "ls", pid: 417 (ls), prio: 120)', '0 exit 417 0 0 0 "ls"'],
    ['exceptions:page_fault_user(address: 0x7fb9, ip: 140436304052848, error_code: 20)', '0 fault-user 417 0 32697 0'],
    ['irq_vectors:irq_work_entry(vector: IRQ_WORK)', '0 irq-vector 417 246 0 0 "irq_work"'],
    ['irq_vectors:local_timer_entry(vector: 236)', '0 irq-vector 417 236 0 0 "local_timer"'],
    ['irq:irq_handler_entry(irq: 36, name: "virtio1-req.0")', '0 device-irq 417 36 0 0 "virtio1-req.0"'],
    ['raw_syscalls:sys_enter(id: 1, args: 140436293464428)', '0 sys-enter 417 1 0 0'],
    ['raw_syscalls:sys_exit(ret: -2)', '0 sys-exit 417 0 0 -2'],
    // --libtraceevent_print, and older versions
    ['sched:sched_process_exec(filename=/bin/ls pid=417 old_pid=417)', '0 exec 417 417 0 0 "/bin/ls"'],
    ['sched:sched_process_exec:filename=/bin/ls pid=417 old_pid=417)', '0 exec 417 417 0 0 "/bin/ls"'],
  ])('%s', async (text, event) => {
    expect(await read(`     0.000 (         ): ls/417 ${text}`)).toEqual([event]);
  });

  test('of calls is not counted beside lines of calls', async () => {
    const line = '     0.035 (         ): ls/417 raw_syscalls:sys_enter(id: 257, args: 1)';
    expect(await healthOf(line, LINE)).toEqual({ 'unknown-event': 1 });
  });

  test('of a switch is of no use without its CPU', async () => {
    const line =
      '     0.001 (         ): a/1 sched:sched_switch(prev_comm: "a", prev_pid: 1, next_comm: "b", next_pid: 2)';
    const trace = await open(line, LINE);
    await eventsOf(trace);
    expect(trace.health.of('unknown-event')).toBe(1);
    expect(trace.coverage.contextSwitches).toBe('absent');
  });
});

test('a page fault is one of user mode or of the kernel by its last letter', async () => {
  expect(
    await read(
      '     0.000 ( 0.000 ms): true/417 minfault [elf_load+0x28a] => 0x55d85f4431e0 (?k)',
      '     0.150 ( 0.000 ms): true/417 majfault [_start+0x0] => /usr/lib/ld.so.2@0x1ab70 (d.)',
    ),
  ).toEqual([`0 fault-kernel 417 0 94387799601632 0`, '150000 fault-user 417 0 0 0']);
});

test('what was lost is counted where it was', async () => {
  expect(await healthOf(LINE, 'LOST 172 events!', LINE)).toMatchObject({ lost: 172 });
});

test('absolute times begin with the first event', async () => {
  const trace = await open(LINE.replace('    0.035', '3438494.872'));
  expect((await eventsOf(trace)).at(-1)).toMatch(/^4000 sys-exit /);
  expect(trace.originNs).toBe(3_438_494_872_000n);
});

test('call stacks are passed over, and tables behind the events are counted', async () => {
  expect(
    await healthOf(
      LINE,
      '                                       __GI___open64_nocancel (/usr/lib/ld-linux-x86-64.so.2)',
      '',
      ' Summary of events:',
      ' true (9193), 58 events, 90.6%',
    ),
  ).toEqual({ 'unknown-record': 2 });
});

test('what the program printed in between is counted', async () => {
  expect(await healthOf(LINE, 'hello')).toEqual({ 'damaged-record': 1 });
});

test('a summary alone is refused by name', async () => {
  await expect(open('', ' Summary of events:', '', ' sh (9189), 143 events, 31.7%', '')).rejects.toMatchObject({
    kind: 'input',
    what: 'a summary of perf trace (-s), which holds no events',
  });
});

test.each(['  ... [continued]: execve())             = 0', 'make/2038  ... [continued]: rename())             = 0'])(
  '"%s", without a time, is refused by name',
  async (line) => {
    await expect(open(line)).rejects.toMatchObject({ kind: 'input', what: 'text of perf trace without times' });
  },
);

test('what perf trace does not show is absent', async () => {
  const { result } = await replayFile(fixturePath('fx-perf-trace-sh.txt.zst'));
  expect(result.trace.coverage).toMatchObject({
    syscalls: 'recorded',
    userFaults: 'recorded',
    lifecycle: 'recorded',
    contextSwitches: 'absent',
    tlbFlushes: 'absent',
    interrupts: 'absent',
  });
  const pti = result.lanes.find(({ policy }) => policy === 'pti')!;
  expect(pti.addedCycles!.high).toBeGreaterThan(pti.addedCycles!.mid);
});

test('damage gives an answer or a clear refusal', { timeout: 120_000 }, async () => {
  const file = fixture('fx-perf-trace-setu.txt').slice(0, 20_000);
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(damageOf(file.length, fc.nat({ max: 3_000 })), async (damage) => {
      seen.add(await survives(damaged(file, damage)));
    }),
    fuzz(11),
  );
  expect([...seen]).toContain('answer');
});

test('lines put together from pieces of lines give an answer or a clear refusal', { timeout: 120_000 }, async () => {
  const piece = fc.constantFrom(
    ...'0.035| |?|( 0.004 ms): |(         ): |ls/417 |:1/1 |x/5 read(|openat(|clone(|vfork(|clone3(|execve(filename: "/a"|exit_group(| ... [continued]: |)| ...| = |0|418 (sh)|-1 ENOENT (x)|?|0x1|minfault [a+0x1] => |(d.)|(?k)|LOST |9 events!|\n|\n|18446744073709.551|sched:sched_process_fork(|child_pid: 418, parent_pid: 1|task:task_rename(pid: 9, newcomm: "z"'.split(
      '|',
    ),
    '\n',
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 80 }), async (pieces) => {
      await survives(encode(`${LINE}\n${pieces.join('')}\n`));
    }),
    fuzz(12),
  );
});

test('a line of a gigabyte of names costs no more than its bytes', async () => {
  const { result } = await replayBytes(encode(`${LINE}\n${'x/1 '.repeat(300_000)}\n${LINE}\n`));
  expect(result.totals.syscalls).toBe(2);
});
