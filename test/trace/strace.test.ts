import fc from 'fast-check';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bytesOf } from '../../src/io/memory.ts';
import { openTrace } from '../../src/pipeline.ts';
import { recognise } from '../../src/trace/readers/index.ts';
import { strace } from '../../src/trace/readers/strace.ts';
import { syscallName } from '../../src/trace/syscalls.ts';
import { CORPUS, tellIfAbsent } from '../support/corpus.ts';
import { damageOf, damaged, fuzz, survives } from '../support/damage.ts';
import { eventsOf } from '../support/events.ts';
import { fixture, fixturePath } from '../support/fixtures.ts';
import { importBytes, openBytes, replayBytes, replayFile, withFile, withoutFiles } from '../support/replay.ts';
import { STRACE_FIXTURES, straceTruthAt, type StraceTruth } from '../support/strace.ts';
import { temporaryFolder } from '../support/temporary.ts';

const temporary = temporaryFolder();
const textOf = (data: Uint8Array): string => new TextDecoder('latin1').decode(data);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const kindOf = (event: string): string => event.split(' ')[1];

const tally = (keys: Iterable<string>): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
};

/** Counts by name: those that strace knows by number only have that for a name, as it prints it. */
const named = (counts: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(counts).map(([nr, n]) => [syscallName(Number(nr)) ?? `syscall_0x${Number(nr).toString(16)}`, n]),
  );

function expectTotals(totals: Awaited<ReturnType<typeof replayBytes>>['result']['totals'], truth: StraceTruth): void {
  const { syscallCounts, ...others } = totals;
  expect(named(syscallCounts)).toEqual(truth.calls);
  expect(others).toEqual({
    syscalls: truth.calls_total,
    ...{ userFaults: 0, kernelFaults: 0, interrupts: 0, contextSwitches: 0, tlbFlushes: 0 },
    ...{ forks: truth.forks ?? others.forks, execs: truth.execs ?? others.execs, exits: truth.exits },
  });
}

describe.each(STRACE_FIXTURES)('%s, counted by another program', (name) => {
  const file = fixture(`${name}.strace`);
  const truth = straceTruthAt(fixturePath(`${name}.truth.json`));

  test('has the same calls by name, births, execs and ends', async () => {
    expectTotals((await replayBytes(file)).result.totals, truth);
  });

  test('has one return a call that returned, and the first one of each new task', async () => {
    const kinds = tally((await eventsOf(await openBytes(file))).map(kindOf));
    expect(kinds['sys-exit']).toBe(truth.returns! + truth.forks!);
    expect(kinds['rename'] ?? 0).toBeGreaterThanOrEqual(truth.execs!);
  });

  test('crosses once an entry and once a return, and switches address spaces only by execs and ends', async () => {
    const { result } = await replayBytes(file, { policies: ['pti'] });
    const [lane] = result.lanes;
    const returns = truth.returns! + truth.forks!;
    expect(lane.operations).toMatchObject({ entries: truth.calls_total, exits: returns });
    expect(lane.crossingCr3Writes).toBe(truth.calls_total + returns);
    expect(lane.switchCr3Writes).toBeLessThanOrEqual(truth.execs! + truth.exits);
    expect(result.inferred).toMatchObject({ syscallEntries: 0, interruptsUser: 0, interruptsKernel: 0, switches: 0 });
  });

  test('has its events in the order of time', async () => {
    const times = (await eventsOf(await openBytes(file))).map((event) => Number(event.split(' ')[0]));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times[0]).toBe(0);
  });

  test('is recognised by its content, under another name', async () => {
    const format = await withFile(
      temporary.file('unknown', file),
      async (source) => (await openTrace(source, {})).format,
    );
    expect(format).toBe('strace');
  });

  test.each([1, 7, 61, 4_096])('reads the same in pieces of %i bytes', async (size) => {
    const pieces = await strace.open(bytesOf(file, 'pieces', size), { strict: true });
    expect(await eventsOf(pieces)).toEqual(await eventsOf(await openBytes(file)));
  });

  test('reads the same with CR LF at the ends of its lines', async () => {
    const withReturns = new Uint8Array(Buffer.from(textOf(file).replaceAll('\n', '\r\n'), 'latin1'));
    expect(await eventsOf(await openBytes(withReturns))).toEqual(await eventsOf(await openBytes(file)));
  });

  test('gives the same answer as its canonical trace', async () => {
    const original = (await replayBytes(file)).result;
    expect(withoutFiles((await replayBytes(await importBytes(file))).result)).toEqual(withoutFiles(original));
  });
});

test('what strace cannot show is absent', async () => {
  const { result } = await replayBytes(fixture('fx-strace-sh.strace'));
  expect(result.trace.coverage).toEqual({
    ...{ syscalls: 'recorded', lifecycle: 'recorded', credentials: 'recorded' },
    ...{ userFaults: 'absent', interrupts: 'absent', nmis: 'absent', contextSwitches: 'absent' },
    ...{ tlbFlushes: 'absent', wakeups: 'absent' },
  });
  expect(result.trace.scope.onCpuNs).toBeNull();
});

test('the command is the task whose exec comes first', async () => {
  const { result } = await replayBytes(fixture('fx-strace-sh.strace'), { optOut: ['tree'], policies: ['optout'] });
  expect(result.processes.map(({ comm, state }) => [comm, state]).sort()).toEqual(
    ['id', 'ls', 'sh', 'sleep', 'wc'].map((comm) => [comm, 'off (opted out)']),
  );
});

test('a thread that is not the leader execs and goes on under the id of the leader', async () => {
  const { result } = await replayBytes(fixture('fx-strace-exec.strace'));
  expect(result.processes.map(({ comm, exe }) => [comm, exe])).toEqual([['true', '/bin/true']]);
});

test('what the program printed between the lines is counted, and nothing more is lost of them', async () => {
  const trace = await openBytes(fixture('fx-strace-stderr.strace'));
  await eventsOf(trace);
  const notes = trace.health.entries().map(({ key, count }) => [key, count]);
  expect(notes).toEqual([['damaged-record', 1]]);
});

test('set*id calls that change an id end the opt-out of the process, and those that do not leave it', async () => {
  const { result } = await replayBytes(fixture('fx-strace-ids.strace'), { policies: ['optout'] });
  const states = result.processes
    .filter(({ parent }) => parent !== null)
    .sort((a, b) => a.pid - b.pid)
    .map(({ comm, state }) => [comm, state]);
  expect(states).toEqual([
    ['ids', 'on'], // setuid(1000)
    ['ids', 'on'], // setresuid(-1, 1000, -1)
    ['ids', 'on'], // setgid(1000)
    ['ids', 'on'], // setfsuid(5)
    ['na) = 5 "me"', 'off (opted out)'], // setresgid(-1, -1, -1)
    ['ids', 'off (opted out)'], // setuid(0) by root
    ['true', 'off (opted out)'],
  ]);
});

tellIfAbsent();
const FOLDER = CORPUS === undefined ? undefined : join(CORPUS, 'text');
const names =
  FOLDER === undefined
    ? []
    : readdirSync(FOLDER)
        .filter((file) => file.endsWith('.strace.zst'))
        .map((file) => file.replace('.strace.zst', ''));

describe.skipIf(FOLDER === undefined || names.length === 0)('of the corpus', () => {
  test.each(names)('%s has the counts of the other program', { timeout: 60_000 }, async (name) => {
    const truth = straceTruthAt(join(FOLDER!, `${name}.strace.truth.json`));
    const { result } = await replayFile(join(FOLDER!, `${name}.strace.zst`));
    expectTotals(result.totals, truth);
    expect(result.trace.durationNs).toBe(Math.round(truth.span_s! * 1e9));
    expect(result.trace.events).toBe(truth.lines);
    expect(result.trace.health.filter(({ severity }) => severity !== 'info')).toEqual([]);
    expect(result.inferred).toMatchObject({ syscallEntries: 0, interruptsUser: 0, switches: 0 });
  });

  test('in setuid the calls that change ids end the opt-out of those who make them', async () => {
    const { result } = await replayFile(join(FOLDER!, 'setuid.strace.zst'), { policies: ['pti', 'optout'] });
    const [pti, optOut] = result.lanes;
    expect(optOut.crossingCr3Writes).toBeGreaterThan(0);
    expect(optOut.crossingCr3Writes).toBeLessThan(pti.crossingCr3Writes);
    expect(new Set(result.processes.map(({ state }) => state))).toEqual(new Set(['on', 'off (opted out)']));
  });
});

describe('a text that breaks off inside a line', () => {
  const file = fixture('fx-strace-sh.strace');
  const cut = file.subarray(0, file.length - 9);
  const last = textOf(cut).lastIndexOf('\n') + 1;

  test('is read up to there, which is counted with its place', async () => {
    const trace = await openBytes(cut);
    expect(await eventsOf(trace)).toEqual((await eventsOf(await openBytes(file))).slice(0, -1));
    expect(trace.health.entries()).toMatchObject([{ key: 'truncated', count: 1, first: { byte: last } }]);
  });

  test('is refused where that was asked for', async () => {
    await expect(eventsOf(await openBytes(cut, 'cut', true))).rejects.toMatchObject({ kind: 'input' });
  });
});

describe('is not taken for strace', () => {
  test.each([
    ['ftrace', fixture('fx-ftrace-pingpong.txt'), 'ftrace'],
    ['perf.data', fixture('fx-true.perf.data'), 'perf.data'],
    ['prose', bytes('# A readme\n\nCall foo(1) = 2 and open("x").\nwrite(2)\n'), undefined],
    ['C', bytes('int main(void) {\n  return write(1, "a", 1) == 1;\n}\nprintf("x") = 3;\n'), undefined],
    ['a listing', bytes('12 execve\n13 11:22:33 something\n+++ b/file\n--- a/file\n'), undefined],
  ])('%s', (_what, head, id) => {
    expect(recognise(head)?.id).toBe(id);
  });

  test.each(['perf-script', 'txt'])('a text of perf script or ftrace of the corpus (%s)', (part) => {
    const folder = CORPUS === undefined ? undefined : join(CORPUS, '..', 'fixtures');
    if (folder === undefined || !existsSync(folder)) return;
    for (const file of readdirSync(folder).filter((each) => each.includes(part) && each.endsWith('.txt')))
      expect(strace.sniff(new Uint8Array(readFileSync(join(folder, file)).subarray(0, 65_536)))).toBe(false);
  });
});

test('recognising ends on heads that make searching long', () => {
  const heads = [
    ' '.repeat(65_536),
    `1${' '.repeat(65_535)}`,
    'a('.repeat(32_768),
    `write(${') = '.repeat(16_382)}`,
    '[pid '.repeat(13_000),
  ];
  for (const head of heads) expect(strace.sniff(bytes(head))).toBe(false);
});

test('a summary (-c) is refused with the command that records', async () => {
  const summary =
    '% time     seconds  usecs/call     calls    errors syscall\n------ ----------- ----------- --------- --------- ----------------\n 34.39    0.003588         598         6           clone\n';
  await expect(openBytes(bytes(summary))).rejects.toThrow(/summary.*strace -f -ttt -T -o FILE/);
});

test.each(STRACE_FIXTURES)('damage to %s gives an answer or a clear refusal', { timeout: 120_000 }, async (name) => {
  const file = fixture(`${name}.strace`);
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(damageOf(file.length, fc.nat({ max: 3_000 })), async (damage) => {
      seen.add(await survives(damaged(file, damage)));
    }),
    fuzz(5),
  );
  expect([...seen]).toContain('answer');
});

test('lines in any order, cut anywhere, give an answer or a clear refusal', { timeout: 120_000 }, async () => {
  const lines = STRACE_FIXTURES.flatMap((name) => textOf(fixture(`${name}.strace`)).split('\n'));
  const piece = fc
    .tuple(fc.nat({ max: lines.length - 1 }), fc.nat({ max: 200 }), fc.boolean())
    .map(([i, cut, whole]) => (whole ? lines[i] : lines[i].slice(0, cut)));
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 60 }), async (shuffled) => {
      await survives(bytes(`${lines[0]}\n${shuffled.join('\n')}\n`));
    }),
    fuzz(6),
  );
});
