import { describe, expect, test } from 'vitest';
import { openTrace } from '../../src/pipeline.ts';
import { readFileSync } from 'node:fs';
import { bytesOf } from '../../src/io/memory.ts';
import { perfScript } from '../../src/trace/readers/perf-script.ts';
import { recognise } from '../../src/trace/readers/index.ts';
import type { Trace } from '../../src/trace/trace.ts';
import { eventsOf } from '../support/events.ts';
import { fixture, fixturePath } from '../support/fixtures.ts';
import { openBytes, replayFile, withFile, wholeOf } from '../support/replay.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { expectedOf, fixturesOf, truthOf } from '../support/texts.ts';

const temporary = temporaryFolder();

/** Columns of an event as {@link eventsOf} has them. */
const [TIME, KIND, CPU, TID, PID, NR, ARGS, RESULT, DEPTH, FLAGS] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const open = (...lines: readonly string[]): Promise<Trace> => openBytes(encode(`${lines.join('\n')}\n`));
const read = async (...lines: readonly string[]): Promise<readonly string[]> => eventsOf(await open(...lines));
const healthOf = async (...lines: readonly string[]): Promise<Readonly<Record<string, number>>> => {
  const trace = await open(...lines);
  await eventsOf(trace);
  return Object.fromEntries(trace.health.entries().map(({ key, count }) => [key, count]));
};

const LINE = '            bash   417 [001]  1592.112604:                  raw_syscalls:sys_exit: NR 1 = 2';

describe.each(fixturesOf('perf-script'))('$file', (recording) => {
  const { file } = recording;

  test('has the totals and samples that another program counted', async () => {
    const { result } = await replayFile(fixturePath(file));
    expect({ totals: result.totals, events: result.trace.events }).toEqual(expectedOf(truthOf(recording)));
  });

  test('is recognised by its content, under another name', async () => {
    const unknown = temporary.file('unknown', readFileSync(fixturePath(file)));
    expect(await withFile(unknown, async (source) => (await openTrace(source, {})).format)).toBe('perf-script');
  });

  test.each([1, 7, 61, 4_096])('reads the same in pieces of %i bytes', async (size) => {
    const text = await wholeOf(fixturePath(file));
    const pieces = await perfScript.open(bytesOf(text, 'pieces', size), { strict: true });
    expect(await eventsOf(pieces)).toEqual(await eventsOf(await openBytes(text)));
  });
});

test('a text has the events of the perf.data it was made from, without what perf does not print', async () => {
  const comparable = async (name: string): Promise<readonly string[]> =>
    (await eventsOf(await openBytes(fixture(name))))
      .map((event) => event.split(' '))
      // Notes of the recorder are not in this text.
      .filter(([, kind, cpu]) => !kind.startsWith('noted-') && cpu !== '-1')
      .map((columns) => {
        // Nor are depth and flags, more of a task's state than its letter, and the address of an instruction in the kernel.
        columns[DEPTH] = columns[FLAGS] = '';
        if (columns[KIND] === 'switch') columns[RESULT] = String(Number(columns[RESULT]) & 0xff);
        if (columns[KIND] === 'fault-kernel') columns[ARGS] = columns[ARGS].replace(/,\d+/, ',');
        return columns.join(' ');
      })
      .sort();
  const text = await comparable('fx-shoot.perf-script-ns-pidtid.txt');
  expect(text).toEqual(await comparable('fx-shoot.perf.data'));
  expect(text).toHaveLength(998);
});

test('CR LF at the ends of lines changes nothing', async () => {
  const text = new TextDecoder().decode(fixture('fx-lseek.perf-script.txt'));
  expect(await read(text.trimEnd().replaceAll('\n', '\r\n') + '\r')).toEqual(await read(text.trimEnd()));
});

describe('the columns before the event', () => {
  test.each([
    ['tid and CPU', '            bash   417 [001]  1592.112604: raw_syscalls:sys_exit: NR 1 = 2', 417, -1, 1],
    ['pid/tid', '            bash   400/417   [001]  1592.112604: raw_syscalls:sys_exit: NR 1 = 2', 417, 400, 1],
    ['nanoseconds', '            bash   417 [001]  1592.112604123: raw_syscalls:sys_exit: NR 1 = 2', 417, -1, 1],
    ['no CPU', '            bash   417  1592.112604: raw_syscalls:sys_exit: NR 1 = 2', 417, -1, -1],
    ['no name', '  417 [001]  1592.112604: raw_syscalls:sys_exit: NR 1 = 2', 417, -1, 1],
    ['no name, pid/tid', '  400/417   [001]  1592.112604: raw_syscalls:sys_exit: NR 1 = 2', 417, 400, 1],
    ['a period', '            bash   417 [001]  1592.112604:          1 raw_syscalls:sys_exit: NR 1 = 2', 417, -1, 1],
    ['misc', '            bash   417 [001] K      1592.112604: raw_syscalls:sys_exit: NR 1 = 2', 417, -1, 1],
    ['-L', '    bash   417   1  1592.112604: raw_syscalls:sys_exit: NR 1 = 2', 417, -1, 1],
    ['a call stack, so no padding', 'bash 417 [001] 1592.112604: raw_syscalls:sys_exit: NR 1 = 2', 417, -1, 1],
    [
      'ip and sym',
      '            bash   417 [001]  1592.112604: raw_syscalls:sys_exit: NR 1 = 2 ffffffff81423411 f',
      417,
      -1,
      1,
    ],
    ['flags', '            bash   417 [001]  1592.112604: raw_syscalls:sys_exit:               NR 1 = 2', 417, -1, 1],
    ['a modifier', '            bash   417 [001]  1592.112604: raw_syscalls:sys_exit:u: NR 1 = 2', 417, -1, 1],
    ['256 CPUs', '            bash   417 [255]  1592.112604: raw_syscalls:sys_exit: NR 1 = 2', 417, -1, 255],
    [
      'long ids',
      '            bash 4194303/4194304 [1023]  1592.112604: raw_syscalls:sys_exit: NR 1 = 2',
      4194304,
      4194303,
      1023,
    ],
  ])('with %s', async (_what, line, tid, pid, cpu) => {
    const [event] = await read(line);
    const columns = event.split(' ');
    expect([KIND, CPU, TID, PID, NR, RESULT].map((i) => columns[i])).toEqual(
      ['sys-exit', cpu, tid, pid, 1, 2].map(String),
    );
  });

  test.each([
    'a b',
    'a b:c[1] 2',
    'kworker/u8:0',
    'a/b:0',
    ':30535',
    '12 [000] 3.4:',
    '1 1.000000: a:b',
    '9 [003] 1.5: x',
    '#',
    'Node.js (w) - 7',
    '-1/-1',
    '',
    '日本語日本',
  ])('tell a task from its name %j', async (name) => {
    const width = 16 - encode(name).length;
    const padded = `${' '.repeat(width)}${name}`;
    for (const line of [`${padded}   417 [001]  1592.112604`, `${padded}   417/417   [001]  1592.112604`]) {
      const [event] = await read(`${line}:   raw_syscalls:sys_enter: NR 3 (5, 0, ffffffffffffffff, 0, 0, 0)`);
      expect(event.split(' ').slice(KIND, TID + 1)).toEqual(['sys-enter', '1', '417']);
      expect(event.split(' ')[ARGS]).toBe('5,0,18446744073709551615,0,0,0');
    }
  });

  test('have times after the first event, to the nanosecond, at any clock', async () => {
    const at = (time: string): string => LINE.replace(' 1592.112604', time);
    const events = await read(at('1795420987.999999999'), at('1795420988.000000007'), at('1795420989.000000'));
    expect(events.map((event) => Number(event.split(' ')[TIME]))).toEqual([0, 8, 1_000_000_001]);
  });
});

describe('what perf prints of a tracepoint', () => {
  const event = async (payload: string): Promise<string> => (await read(LINE, LINE.replace(/raw_.*/, payload)))[1];

  test.each([
    [
      'a switch',
      'sched:sched_switch: prev_comm=a prev_pid=9 b prev_pid=417 prev_prio=120 prev_state=S ==> next_comm=z ==> next_pid=7 next_pid=2 next_prio=120',
      /^0 switch 1 417 -1 2 .* 1 255 0 "a prev_pid=9 b" "z ==> next_pid=7"$/,
    ],
    [
      'a switch as a plugin prints it',
      'sched:sched_switch: sleep:x:417 [120] R+ ==> swapper/1:0 [120]',
      /^0 switch 1 417 -1 0 .* 0 255 0 "sleep:x" "swapper\/1"$/,
    ],
    [
      'a fault of the kernel, with symbols for addresses',
      'exceptions:page_fault_kernel: address=init_task ip=elf_load error_code=0x2',
      /^0 fault-kernel 1 417 -1 0 0,0,2,0,0,0 /,
    ],
    [
      'an exec of a file with odd names',
      'sched:sched_process_exec: filename=./a b:c[1] pid=2 pid=417 old_pid=418',
      /^0 exec 1 417 -1 418 .* "\.\/a b:c\[1\] pid=2" ""$/,
    ],
    ['a flush', 'tlb:tlb_flush: pages:-1 reason:remote ipi send (4)', /^0 tlb-flush 1 417 -1 4 18446744073709551615,/],
    ['a result with all bits', 'raw_syscalls:sys_exit: NR 9 = -9223372036854775808', / -9223372036854775808 255 0 /],
    ['a result as small as can be', 'raw_syscalls:sys_exit: NR 9 = -4095', / -4095 255 0 /],
  ])('%s', async (_what, payload, expected) => {
    expect(await event(payload)).toMatch(expected);
  });

  test('of another system with the same name is not taken for it', async () => {
    expect(await healthOf(LINE, LINE.replace('raw_syscalls:', 'probe:'))).toEqual({ 'unknown-event': 1 });
  });
});

describe('lines of records', () => {
  const record = (text: string, time = ' 1592.112605'): string =>
    `            bash   417/417   [001] ${time}: PERF_RECORD_${text}`;
  const tracepoint = (text: string): string => `            bash   417/417   [001]  1592.112606: ${text}`;
  const FORK = tracepoint('sched:sched_process_fork: comm=bash pid=417 child_comm=bash child_pid=500');

  test.each([
    ['a fork', 'FORK(500:500):(417:417)', '1000 fork 1 417 417 500 500,0,0,0,0,0 '],
    ['a thread', 'FORK(417:501):(417:417)', '1000 fork 1 417 417 501 417,0,0,0,0,0 '],
    ['an exit', 'EXIT(417:418):(1:1)', '1000 exit 1 418 417 0 '],
    ['an exec', 'COMM exec: a:b 1/2:417/417', '1000 exec 1 417 417 417 0,0,0,0,0,0 0 255 0 "a:b 1/2" ""'],
    ['a rename', 'COMM: a:417/418', '1000 rename 1 418 417 418 0,0,0,0,0,0 0 255 0 "a" ""'],
    ['a switch in', 'SWITCH IN         ', '1000 switch-in 1 417 417 0 '],
    ['a switch of the CPU', 'SWITCH_CPU_WIDE IN   prev pid/tid:  1/1', '1000 switch-in 1 417 417 0 '],
  ])('%s is an event where the text has no tracepoint for it', async (_what, text, expected) => {
    expect((await read(LINE, record(text)))[1].startsWith(expected)).toBe(true);
  });

  test('are notes where the text has the tracepoint', async () => {
    const kinds = (await read(record('FORK(500:500):(417:417)'), FORK)).map((event) => event.split(' ')[KIND]);
    expect(kinds).toEqual(['noted-fork', 'fork']);
  });

  test('are notes where the text has another tracepoint of tasks', async () => {
    const kinds = (await read(FORK, record('EXIT(500:500):(417:417)', '1592.112607'))).map(
      (event) => event.split(' ')[KIND],
    );
    expect(kinds).toEqual(['fork', 'noted-exit']);
  });

  test('are events where the header lists other tracepoints of tasks', async () => {
    const listed = '# event : name = sched:sched_process_fork, , id = { 1, 2 }, type = 2';
    const kinds = (await read(listed, LINE, record('EXIT(500:500):(417:417)'))).map((event) => event.split(' ')[KIND]);
    expect(kinds).toEqual(['sys-exit', 'exit']);
  });

  test('are notes where the header lists the tracepoint', async () => {
    const listed = '# event : name = sched:sched_process_exit, , id = { 1, 2 }, type = 2';
    const kinds = (await read(listed, LINE, record('EXIT(500:500):(417:417)'))).map((event) => event.split(' ')[KIND]);
    expect(kinds).toEqual(['sys-exit', 'noted-exit']);
  });

  test('before the first sample have times below 0', async () => {
    const events = await read(record('FORK(500:500):(417:417)', '1592.112600'), LINE);
    expect(events.map((event) => event.split(' ')[TIME])).toEqual(['-4000', '0']);
  });

  test('of tasks older than the recording are renames without a CPU, and name the command', async () => {
    const trace = await open(
      record('COMM: perf-exec:600/600', '0.000000'),
      record('MMAP -1/0: [0(0) @ 0]: x', '0.000000'),
      LINE,
    );
    expect(trace.commandPid).toBe(600);
    expect(await eventsOf(trace)).toEqual([
      '0 rename -1 600 600 0 0,0,0,0,0,0 0 255 0 "perf-exec" ""',
      expect.stringMatching(/^0 sys-exit/),
    ]);
    expect(trace.health.entries()).toEqual([]);
  });

  test('of no use to the model are passed over', async () => {
    const lines = [
      'SWITCH OUT preempt',
      'MMAP2 1/1: [0(0) @ 0 00:00 0 0]: r-xp x',
      'NAMESPACES 1/1 - nr_namespaces: 7',
    ];
    expect(await healthOf(LINE, ...lines.map((text) => record(text)))).toEqual({});
    expect(await read(LINE, ...lines.map((text) => record(text)))).toHaveLength(1);
  });

  test('of lost events and of lost samples are two accounts of one loss: the larger holds', async () => {
    expect(await healthOf(LINE, record('LOST lost 70'), record('LOST lost 7'))).toEqual({ lost: 77 });
    expect(await healthOf(LINE, record('LOST lost 70'), record('LOST_SAMPLES lost 12'))).toEqual({ lost: 70 });
    expect(await healthOf(LINE, record('LOST lost 12'), record('LOST_SAMPLES lost 70'))).toEqual({ lost: 70 });
  });

  test('that do not hold what they should are counted', async () => {
    const damaged = ['FORK(500', 'FORK(500:500):(417', 'COMM: a:b', 'EXIT(:)', 'LOST lost x'];
    expect(await healthOf(LINE, ...damaged.map((text) => record(text)))).toEqual({ 'damaged-record': 5 });
  });
});

describe('the header of perf script --header', () => {
  const HEADER = [
    '# ========',
    '# captured on    : Thu Nov 26 01:14:53 2026',
    '# os release : 6.18.44',
    '# arch : x86_64',
    '# nrcpus online : 2',
    '# cpudesc : Intel(R) Xeon(R) Processor',
    '# cpuid : GenuineIntel,6,143,8',
    '# cmdline : /usr/bin/perf record -a -- /bench/cg ./setu 6 ',
    '# event : name = raw_syscalls:sys_enter, , id = { 2066, 2067 }, type = 2',
    '# event : name = tlb:tlb_flush, , id = { 2094, 2095 }, type = 2',
  ];

  test('tells the host, the command, the recorder and what the recording can show', async () => {
    const trace = await open(...HEADER, LINE);
    expect(trace.host).toEqual({
      kernel: '6.18.44',
      arch: 'x86_64',
      cpus: 2,
      cpuName: 'Intel(R) Xeon(R) Processor',
      cpuId: 'GenuineIntel,6,143,8',
      command: { argv: ['/bench/cg', './setu', '6'] },
    });
    expect(trace.recorderName).toBe('perf');
    expect(trace.recordsFlushes).toBe(true);
    await eventsOf(trace);
    expect(trace.coverage).toMatchObject({ syscalls: 'recorded', tlbFlushes: 'recorded', userFaults: 'absent' });
  });

  test('alone is recognised, and refused as a text without events', async () => {
    await expect(read(...HEADER)).rejects.toMatchObject({ kind: 'input' });
  });
});

test('the frames of a call stack are passed over, and their event counts once', async () => {
  const stack = [
    '\tffffffff81423411 __traceiter_sys_exit+0x41 ([kernel.kallsyms])',
    '\t    7f5a71368000 [unknown] (/usr/lib/libc.so.6)',
    '',
  ];
  const line = 'true 19229 [000] 2222.854722: raw_syscalls:sys_exit: NR 12 = 5';
  const text = [line, ...stack, line, ...stack];
  expect(await read(...text)).toHaveLength(2);
  expect(await healthOf(...text)).toEqual({});
});

test('a name with a line break splits its line: the event is kept, and the rest is counted', async () => {
  const [event] = await read(`            e\u001b[1m`, 'x 417 [001]  1592.112604: raw_syscalls:sys_exit: NR 1 = 2');
  expect(event.split(' ').slice(KIND, TID + 1)).toEqual(['sys-exit', '1', '417']);
  expect(await healthOf(`            e\u001b[1m`, 'x 417 [001]  1592.112604: raw_syscalls:sys_exit: NR 1 = 2')).toEqual(
    {
      'damaged-record': 1,
    },
  );
});

test('a payload that looks like a line is not taken for one', async () => {
  const exec = LINE.replace(
    /raw_.*/,
    'sched:sched_process_exec: filename=x 9 [003] 1.000000: a:b: pid=417 old_pid=417',
  );
  expect((await read(LINE, exec))[1]).toContain('"x 9 [003] 1.000000: a:b:"');
  expect(await healthOf(LINE, `some words that are long enough ${LINE}`)).toEqual({ 'damaged-record': 1 });
});

describe('a text that breaks off inside a line', () => {
  const whole = fixture('fx-lseek.perf-script.txt');
  const cut = whole.subarray(0, whole.length - 9);

  test('is read up to there, which is counted with its place', async () => {
    const trace = await openBytes(cut);
    expect(await eventsOf(trace)).toEqual((await eventsOf(await openBytes(whole))).slice(0, -1));
    const byte = new TextDecoder().decode(cut).lastIndexOf('\n') + 1;
    expect(trace.health.entries()).toMatchObject([{ key: 'truncated', count: 1, first: { byte } }]);
  });

  test('is refused where that was asked for', async () => {
    await expect(eventsOf(await openBytes(cut, 'cut', true))).rejects.toMatchObject({ kind: 'input' });
  });
});

test('events the model has no use for are counted', async () => {
  const other = LINE.replace(/raw_.*/, 'cycles:ppp:  ffffffff81423411 f');
  expect(await healthOf(LINE, other, other)).toEqual({ 'unknown-event': 2 });
});

test('lines that are no events, and NUL bytes, are counted', async () => {
  expect(await healthOf(LINE, 'what is this', '\0\0\0', LINE.replace('NR 1', 'NR x'))).toEqual({ 'damaged-record': 3 });
});

test('an event older than the one before is kept and counted', async () => {
  expect(await healthOf(LINE, LINE.replace('1592.112604', '1592.112603'))).toEqual({ 'late-event': 1 });
});

test.each([
  ['without payloads', '            bash   417 [001]  1592.112604:    raw_syscalls:sys_exit:'],
  ['of events the model has no use for', '            bash   417 [001]  1592.112604:   250000 cycles: 55d'],
])('a text %s is refused', async (_what, line) => {
  await expect(read(line)).rejects.toMatchObject({ kind: 'input' });
});

test.each([
  ['a raw dump', ['0x2a8 [0x80]: PERF_RECORD_SAMPLE(IP, 0x1): 417/417: 0xffffffff'], 'without -D'],
  ['no ids', ['[002]   1592.112604: raw_syscalls:sys_exit: NR 1 = 2'], '-F comm,pid,tid'],
  ['no times', ['            bash   417 [001] raw_syscalls:sys_exit: NR 1 = 2'], '-F comm,pid,tid'],
  [
    'times that are differences',
    Array.from({ length: 20 }, (_, i) => LINE.replace('1592.112604', `0.0000${i % 2 === 0 ? '12' : '05'}`)),
    'without --deltatime',
  ],
])('a text with %s is refused with what to do', async (_what, text, todo) => {
  await expect(open(...text)).rejects.toMatchObject({ kind: 'input', todo: expect.stringContaining(todo) as string });
});

test.each([
  ['ftrace', '            bash-417   [001] d..2.  1592.112604: sys_exit: NR 1 = 2', 'ftrace'],
  [
    'trace-cmd report',
    '            bash-8096  [000]  1592.112604: sched_switch:  bash:8096 [120] S ==> dpkg:7 [120]',
    'ftrace',
  ],
  ['strace', '16442 1795420987.633645 read(3, "a: b: c", 7) = 7', 'strace'],
  ['perf trace', '     0.731 (         ): c32/16905 exit_group()                               = ?', 'perf-trace'],
  ['the kernel log', '[ 1592.112604] usb 1-1: new device', undefined],
])('%s is not taken for it', (_what, line, format) => {
  expect(recognise(encode(`${line}\n`))?.id).toBe(format);
});
