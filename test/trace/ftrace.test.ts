import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bytesOf } from '../../src/io/memory.ts';
import { openTrace } from '../../src/pipeline.ts';
import { ftrace } from '../../src/trace/readers/ftrace.ts';
import { CORPUS, tellIfAbsent } from '../support/corpus.ts';
import { damageOf, damaged, fuzz, survives } from '../support/damage.ts';
import { eventsOf } from '../support/events.ts';
import { fixture, fixturePath } from '../support/fixtures.ts';
import { openBytes, replayBytes, replayFile, withFile, wholeOf } from '../support/replay.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { expectedOf, fixturesOf, truthOf } from '../support/texts.ts';

const temporary = temporaryFolder();
const NAME = 'fx-ftrace-pingpong';
const FILE = fixture(`${NAME}.txt`);

interface TextTruth {
  readonly events: number;
  readonly first_ns: number;
  readonly per_kind: Readonly<Record<string, number>>;
  readonly syscalls_enter: Readonly<Record<string, number>>;
}
const truthAt = (path: string): TextTruth => JSON.parse(readFileSync(path, 'utf8')) as TextTruth;

/** Their names of the kinds that stand for one event each; vectors are told apart by name only, so they are summed. */
const KINDS: Readonly<Record<string, string>> = {
  sys_enter: 'sys-enter',
  sys_exit: 'sys-exit',
  page_fault_user: 'fault-user',
  page_fault_kernel: 'fault-kernel',
  irq_handler_entry: 'device-irq',
  sched_switch: 'switch',
  sched_process_fork: 'fork',
  sched_process_exec: 'exec',
  sched_process_exit: 'exit',
  task_newtask: 'new-task',
  task_rename: 'rename',
  tlb_flush: 'tlb-flush',
};

const tally = (keys: Iterable<string>): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
};

const kindOf = (event: string): string => event.split(' ')[1];

function expectCounts(events: readonly string[], truth: TextTruth): void {
  const expected: Record<string, number> = {};
  for (const [theirs, count] of Object.entries(truth.per_kind)) {
    const ours = KINDS[theirs] ?? 'irq-vector';
    expected[ours] = (expected[ours] ?? 0) + count;
  }
  expect(tally(events.map(kindOf))).toEqual(expected);
  const calls = events.filter((event) => kindOf(event) === 'sys-enter').map((event) => event.split(' ')[5]);
  expect(tally(calls)).toEqual(truth.syscalls_enter);
}

/** Lines of a trace without its header. */
const lines = (...text: readonly string[]): Uint8Array => new TextEncoder().encode(`${text.join('\n')}\n`);

const read = async (...text: readonly string[]): Promise<readonly string[]> =>
  eventsOf(await openBytes(lines('# tracer: nop', ...text)));

const healthOf = async (...text: readonly string[]): Promise<Readonly<Record<string, number>>> => {
  const trace = await openBytes(lines('# tracer: nop', ...text));
  await eventsOf(trace);
  return Object.fromEntries(trace.health.entries().map(({ key, count }) => [key, count]));
};

const LINE = '           <...>-417   [001] d..2.  1592.112604: sys_exit: NR 1 = 2';

describe('a recording of two processes and their pipes', () => {
  test('has as many events and calls of each kind as the other program counted', async () => {
    const trace = await openBytes(FILE);
    const truth = truthAt(fixturePath(`${NAME}.truth.json`));
    const events = await eventsOf(trace);
    expectCounts(events, truth);
    expect(events).toHaveLength(truth.events);
    expect(trace.originNs).toBe(BigInt(truth.first_ns));
    expect(trace.health.entries()).toEqual([]);
  });

  test('is recognised by its content, under another name', async () => {
    const format = await withFile(temporary.file('unknown', FILE), async (source) => {
      return (await openTrace(source, {})).format;
    });
    expect(format).toBe('ftrace');
  });

  test('is recognised without its header, as trace_pipe prints it', async () => {
    const text = new TextDecoder().decode(FILE);
    const trace = await openBytes(lines(text.replace(/^#.*\n/gm, '').trimEnd()));
    expect(trace.format).toBe('ftrace');
    expect(await eventsOf(trace)).toEqual(await eventsOf(await openBytes(FILE)));
  });

  test.each([1, 7, 61, 4_096])('reads the same in pieces of %i bytes', async (size) => {
    const pieces = await ftrace.open(bytesOf(FILE, 'pieces', size), { strict: true });
    expect(await eventsOf(pieces)).toEqual(await eventsOf(await openBytes(FILE)));
  });

  test('reads the same with CR LF at the ends of its lines', async () => {
    const text = new TextDecoder().decode(FILE).replaceAll('\n', '\r\n');
    expect(await eventsOf(await openBytes(new TextEncoder().encode(text)))).toEqual(
      await eventsOf(await openBytes(FILE)),
    );
  });
});

describe.each(fixturesOf('ftrace'))('$file', (recording) => {
  const path = fixturePath(recording.file);

  test('has the totals and samples that another program counted', async () => {
    const { result } = await replayFile(path);
    expect({ totals: result.totals, events: result.trace.events }).toEqual(expectedOf(truthOf(recording)));
    expect(result.trace.health.filter(({ severity }) => severity !== 'info')).toEqual([]);
  });

  test('is recognised by its content, under another name', async () => {
    const unknown = temporary.file('unknown', readFileSync(path));
    expect(await withFile(unknown, async (source) => (await openTrace(source, {})).format)).toBe('ftrace');
  });

  test.each([1, 61])('reads the same in pieces of %i bytes', async (size) => {
    const text = await wholeOf(path);
    const pieces = await ftrace.open(bytesOf(text, 'pieces', size), { strict: true });
    expect(await eventsOf(pieces)).toEqual(await eventsOf(await openBytes(text)));
  });
});

test('what trace-cmd prints of one buffer is the same by default and with all columns, but for what that leaves out', async () => {
  const comparable = async (name: string): Promise<readonly string[]> =>
    (await eventsOf(await openBytes(await wholeOf(fixturePath(name))))).map((event) => {
      const columns = event.split(' ');
      // Nanoseconds and flags.
      columns[0] = String(Math.floor(Number(columns[0]) / 1e5));
      columns[8] = columns[9] = '';
      return columns.join(' ');
    });
  const [plain, full] = await Promise.all(['fx-trace-cmd.txt.zst', 'fx-trace-cmd-latency.txt.zst'].map(comparable));
  expect(full).toHaveLength(1_175);
  expect(full.filter((event, i) => event !== plain[i]).length).toBeLessThan(10);
});

test('the latency format tells the kernel', async () => {
  const { result } = await replayFile(fixturePath('fx-ftrace-latency.txt.zst'));
  expect(result.trace.host).toMatchObject({ kernel: expect.stringMatching(/^6\.18\./) as string });
});

test('a clock that counts gives counts only', async () => {
  const { result } = await replayFile(fixturePath('fx-ftrace-counter.txt.zst'));
  expect(result.trace.durationNs).toBe(0);
  expect(result.lanes.map(({ overheadPercent }) => overheadPercent)).toEqual([null, null, null]);
  expect(result.trace.health).toContainEqual(expect.objectContaining({ key: 'no-times', count: 903 }));
});

tellIfAbsent();
describe.skipIf(CORPUS === undefined)('of the corpus', () => {
  test.each(['ftrace-git-status', 'ftrace-setu'])('%s has the counts of the other program', async (name) => {
    const folder = join(CORPUS!, 'text');
    await withFile(join(folder, `${name}.txt.zst`), async (source) => {
      const events = await eventsOf(await openTrace(source, {}));
      expectCounts(events, truthAt(join(folder, `${name}.truth.json`)));
    });
  });
});

describe('a line', () => {
  test.each([
    ['of four flags', '            bash-417   [001] d..2  1592.112604: sys_exit: NR 1 = 2', 417, -1, 2, 1],
    ['of five flags', '            bash-417   [001] d..2.  1592.112604: sys_exit: NR 1 = 2', 417, -1, 2, 1],
    ['with a tgid', '            bash-417   (    400) [001] ....1  1592.112604: sys_exit: NR 1 = 2', 417, 400, 0, 0],
    [
      'with a tgid not known',
      '            bash-417   (-------) [001] .....  1592.112604: sys_exit: NR 1 = 2',
      417,
      -1,
      0,
      0,
    ],
    [
      'of a name with a dash',
      ' kworker-2-u8:0-417   [001] dNh3.  1592.112604: sys_exit: NR 1 = 2',
      417,
      -1,
      3,
      13 + 32,
    ],
    ['of a name like a CPU', '        a-1 [001-417   [001] .....  1592.112604: sys_exit: NR 1 = 2', 417, -1, 0, 0],
    ['of nanoseconds', '            bash-417   [001] .....  1592.112604123: sys_exit: NR 1 = 2', 417, -1, 0, 0],
    ['without flags', '            bash-417   [001]  1592.112604: sys_exit: NR 1 = 2', 417, -1, 255, 0],
    [
      'without flags and with a tgid',
      '            bash-417   (    400) [001]   1592.112604: sys_exit: NR 1 = 2',
      417,
      400,
      255,
      0,
    ],
    ['of trace-cmd', '            bash-417   [001]  1592.112604: sys_exit:             NR 1 = 2', 417, -1, 255, 0],
    ['of trace-cmd with flags', '    bash-417     1dN.2.  1592.112604: sys_exit:             NR 1 = 2', 417, -1, 2, 37],
    ['of a real-time kernel', '    bash-417     1d..h2.. 69045us+: sys_exit: NR 1 = 2', 417, -1, 255, 1],
    ['in the kernel log', '[  352.775505]  bash-417     1d..2 69045us : sys_exit: NR 1 = 2', 417, -1, 2, 1],
    ['of the latency format', '    bash-417     1d.h1. 69045us+: sys_exit: NR 1 = 2', 417, -1, 1, 9],
    [
      'of one of several buffers',
      'other:             bash-417   [001]  1592.112604: sys_exit: NR 1 = 2',
      417,
      -1,
      255,
      0,
    ],
    [
      'of a task whose name is not known',
      '           <...>-417   [001] .....  1592.112604: sys_exit: NR 1 = 2',
      417,
      -1,
      0,
      0,
    ],
    ['with a tab before it', '\t   <...>-417   [001] .....  1592.112604: sys_exit: NR 1 = 2', 417, -1, 0, 0],
    ['of a name like a line', '  a-1 [000] ..-417   [001] .....  1592.112604: sys_exit: NR 1 = 2', 417, -1, 0, 0],
  ])('%s', async (_what, line, tid, pid, depth, flags) => {
    const [event] = await read(line);
    const [time, kind, cpu, ourTid, ourPid, nr, , result, ourDepth, ourFlags] = event.split(' ');
    expect([time, kind, cpu, nr, result]).toEqual(['0', 'sys-exit', '1', '1', '2']);
    expect([ourTid, ourPid, ourDepth, ourFlags].map(Number)).toEqual([tid, pid, depth, flags]);
  });

  test('has its time after the first event, to the nanosecond, at any clock', async () => {
    const events = await read(
      '  a-1   [000] .....  98765432.999999: sys_exit: NR 1 = 2',
      '  a-1   [000] .....  98765433.000001: sys_exit: NR 1 = 2',
      '  a-1   [000] .....  98765433.000001007: sys_exit: NR 1 = 2',
    );
    expect(events.map((event) => Number(event.split(' ')[0]))).toEqual([0, 2_000, 2_007]);
  });

  test('of a switch keeps names that look like its fields', async () => {
    const [event] = await read(
      '  a-1   [000] d..2.  10.000001: sched_switch: prev_comm=x prev_pid=9 y prev_pid=1 prev_prio=120 prev_state=S ==> next_comm=z ==> next_pid=7 next_pid=2 next_prio=120',
    );
    expect(event).toMatch(/^0 switch 0 1 .*"x prev_pid=9 y" "z ==> next_pid=7"$/);
  });
});

describe('what was lost is counted', () => {
  test('by a line that says so', async () => {
    expect(await healthOf(LINE, 'CPU:1 [LOST 5051 EVENTS]', LINE)).toEqual({ lost: 5_051 });
  });

  test('by a line that does not know how much', async () => {
    expect(await healthOf(LINE, 'CPU:1 [LOST EVENTS]', LINE)).toEqual({ lost: 1 });
  });

  test('by a line of trace-cmd', async () => {
    const lines = ['CPU:1 [12 EVENTS DROPPED]', 'CPU:0 [EVENTS DROPPED]'];
    expect(await healthOf(LINE, ...lines, LINE)).toEqual({ lost: 13 });
  });

  test('and widens the interval of the answer', async () => {
    const text = await wholeOf(fixturePath('fx-trace-cmd.txt.zst'));
    const lossy = Buffer.concat([text, Buffer.from('CPU:1 [1175 EVENTS DROPPED]\n')]);
    const relative = async (data: Uint8Array): Promise<number> => {
      const { result } = await replayBytes(data, { policies: ['nopti', 'pti'] });
      const { mid, high } = result.lanes[1].addedCycles!;
      return high / mid;
    };
    expect(await relative(lossy)).toBeGreaterThan(await relative(text));
  });

  test('by a header with more events written than kept', async () => {
    expect(await healthOf('# entries-in-buffer/entries-written: 4163/5000   #P:2', LINE)).toEqual({ lost: 837 });
  });
});

describe('a text that breaks off inside a line', () => {
  const cut = FILE.subarray(0, FILE.length - 9);
  const last = new TextDecoder().decode(cut).lastIndexOf('\n') + 1;

  test('is read up to there, which is counted with its place', async () => {
    const trace = await openBytes(cut);
    expect(await eventsOf(trace)).toEqual((await eventsOf(await openBytes(FILE))).slice(0, -1));
    expect(trace.health.entries()).toMatchObject([{ key: 'truncated', count: 1, first: { byte: last } }]);
  });

  test('is refused where that was asked for', async () => {
    const trace = await openBytes(cut, 'cut', true);
    await expect(eventsOf(trace)).rejects.toMatchObject({ kind: 'input' });
  });
});

test('events the model has no use for are counted', async () => {
  const other = '  a-1   [000] .....  1592.112605: kmem_cache_free: call_site=x';
  expect(await healthOf(LINE, other, other)).toEqual({ 'unknown-event': 2 });
});

test('events of single system calls and of functions are counted, not read', async () => {
  const task = '  a-1   [000] .....  1592.112605: ';
  const others = ['sys_openat(dfd: 0xffffff9c, filename: 0x7f)', 'sys_openat -> 0x3', 'mutex_lock <-pipe_read'];
  expect(await healthOf(LINE, ...others.map((other) => task + other))).toEqual({ 'unknown-event': 3 });
});

test('stacks, and what trace-cmd says of its file, are passed over', async () => {
  const stack = LINE.replace('sys_exit: NR 1 = 2', '<stack trace>');
  expect(
    await healthOf(LINE, stack, ' => do_syscall_64', '=> old_style', ' =>  <00007f9d50005353>', 'CPU 1 is empty'),
  ).toEqual({});
});

test('a text of trace-cmd is recognised by its first line', async () => {
  expect((await openBytes(lines('cpus=2', LINE))).format).toBe('ftrace');
});

test('a flush whose reason is told in words alone has its number', async () => {
  const flush = LINE.replace('sys_exit: NR 1 = 2', 'tlb_flush: pages=-1 reason=remote IPI send');
  expect(await read(flush)).toEqual([expect.stringMatching(/ tlb-flush 1 417 -1 4 18446744073709551615,/)]);
});

describe('a page of systrace', () => {
  const page = (...inside: readonly string[]): Uint8Array =>
    lines('<!DOCTYPE html>', '<html><head><title>Android System Trace</title>', ...inside, '</html>');
  const events = [LINE, LINE.replace('NR 1', 'NR 3')];

  test('has the events of its scripts of data', async () => {
    const script = '<script class="trace-data" type="application/text">';
    const trace = await openBytes(page('<script>var x = 1;</script>', script, '# tracer: nop', ...events, '</script>'));
    expect(trace.format).toBe('ftrace');
    expect(await eventsOf(trace)).toEqual(await read(...events));
    expect(trace.health.entries()).toEqual([]);
  });

  test('has those of its text in JavaScript', async () => {
    const escaped = events.map((line) => `${line}\\n\\`);
    const trace = await openBytes(
      page('<script>', '  var linuxPerfData = "\\', ...escaped, '         \\n";', '</script>'),
    );
    expect(await eventsOf(trace)).toEqual(await read(...events));
  });

  test('without data is refused', async () => {
    await expect(eventsOf(await openBytes(page('<p>nothing</p>')))).rejects.toMatchObject({ kind: 'input' });
  });
});

test.each([
  ['the option raw', ['22807 1 5513990166459 type: 443'], 'noraw'],
  ['the option hex', ['0000591b 00000000 00000503dce77b89 type: 442'], 'nohex'],
  ['the option bin', ['# tracer: nop', '\u001fY\u0000\u0001type: 443'], 'nobin'],
  ['the option fields', ['# tracer: nop', LINE.replace('NR 1 = 2', 'id=0x15 (21) ret=0x0 (0)')], 'nofields'],
  ['no context', ['# tracer: nop', 'sys_enter: NR 21 (562b49801170, 1, 7ffe, 0, 7f, 56)'], 'context-info'],
  [
    'verbose latencies',
    ['    sh   22795   1 0 00000000 00000027 [148a17a88] 69.376ms (+0.003ms): sys_exit: NR 21 = 0'],
    'noverbose',
  ],
  [
    'raw fields of trace-cmd',
    ['cpus=2', '  sh-1 [001]  5630.201251: sys_exit:       id=1 ret=2'],
    'trace-cmd report -t',
  ],
  ['several files of trace-cmd', ['a.dat: cpus=2', 'b.dat: cpus=2'], 'one at a time'],
  ['function graphs', ['# tracer: function_graph', ' 0)   0.2 us    |  mutex_lock();'], 'current_tracer'],
  [
    'Chrome JSON around ftrace',
    ['{"traceEvents":[],"systemTraceEvents":"# tracer: nop\\n"}'],
    'jq -r .systemTraceEvents',
  ],
  ['Chrome JSON', ['{"traceEvents":[{"ph":"X","ts":1,"pid":1,"tid":1,"name":"a"}]}'], 'ptilab formats'],
  ['Chrome JSON as a list', ['[{"name":"a","ph":"B","ts":1}]'], 'ptilab formats'],
])('a text with %s is refused with what to do', async (_what, text, todo) => {
  await expect(openBytes(lines(...text))).rejects.toMatchObject({
    kind: 'input',
    todo: expect.stringContaining(todo) as string,
  });
});

test('a recording of another architecture cannot be judged', async () => {
  const text = [
    '# ========',
    '# captured on    : Mon Nov 23 10:00:00 2026',
    '# arch : aarch64',
    '# ========',
    '            bash   417 [001]  1592.112604: raw_syscalls:sys_enter: NR 63 (3, 4, 5, 0, 0, 0)',
  ];
  await expect(replayBytes(lines(...text))).rejects.toMatchObject({
    kind: 'cannot-tell',
    what: 'the recording is of aarch64',
  });
});

test('lines that are no events are counted', async () => {
  expect(await healthOf(LINE, 'what is this', LINE.replace('NR 1', 'NR x'))).toEqual({ 'damaged-record': 2 });
});

test('an event older than the one before is kept and counted', async () => {
  const older = LINE.replace('1592.112604', '1592.112603');
  expect(await healthOf(LINE, older)).toEqual({ 'late-event': 1 });
});

test('a text without an event of use is refused', async () => {
  await expect(read('# entries-in-buffer/entries-written: 0/0   #P:2')).rejects.toMatchObject({ kind: 'input' });
});

test('lines put together from pieces of lines give an answer or a clear refusal', { timeout: 120_000 }, async () => {
  const pieces =
    'bash|<...>|-|417| | (  |400)|(-------)| [001] |1|d..2.|dNh3|.....| 1592.112604|69045us+|5443820|: |sys_enter: NR 1 (1, 2, 3, 4, 5, 6)|sys_exit: NR 1 = |-2|tlb_flush: pages:|-1 reason:x (0)|pages=0 reason=remote IPI send|sched_switch: |prev_comm=a prev_pid=1 prev_prio=1 prev_state=S ==> next_comm=b next_pid=2|CPU:1 [LOST |5 EVENTS]|CPU:0 [|7 EVENTS DROPPED]|# entries-in-buffer/entries-written: 1/|<stack trace>| => x|\\n\\|<script class="trace-data">|</script>';
  const piece = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...pieces.split('|')) },
    { weight: 1, arbitrary: fc.constant('\n') },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('', '<html>catapult\n'),
      fc.array(piece, { maxLength: 90 }),
      async (first, parts) => {
        const text = new TextEncoder().encode(`${first}# tracer: nop\n${LINE}\n${parts.join('')}\n`);
        await survives(text);
      },
    ),
    fuzz(4),
  );
});

test('damage gives an answer or a clear refusal', { timeout: 120_000 }, async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(damageOf(FILE.length, fc.nat({ max: 3_000 })), async (damage) => {
      seen.add(await survives(damaged(FILE, damage)));
    }),
    fuzz(3),
  );
  expect([...seen]).toContain('answer');
});
