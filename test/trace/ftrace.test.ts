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
import { openBytes, withFile } from '../support/replay.ts';
import { temporaryFolder } from '../support/temporary.ts';

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
