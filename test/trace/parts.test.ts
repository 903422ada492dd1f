/** Several files that are parts of one recording. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bytesOf } from '../../src/io/memory.ts';
import { runPipeline, type Source } from '../../src/pipeline.ts';
import { joinStrace } from '../../src/trace/readers/strace/join.ts';
import { ROOT, fixturePath } from '../support/fixtures.ts';
import { replayFile, sourceOf } from '../support/replay.ts';

interface Text {
  readonly name: string;
  readonly text: string;
}

const together = ([first, ...others]: readonly Text[], chunk?: number): Source => {
  const source = ({ name, text }: Text): Source => sourceOf(bytesOf(Buffer.from(text, 'latin1'), name, chunk));
  return { ...source(first), others: others.map(source) };
};
const replayed = async (texts: readonly Text[], chunk?: number) =>
  (await runPipeline(together(texts, chunk), {})).result;

describe('texts of one CPU each', () => {
  const FILE = fixturePath('fx-ftrace-pingpong.txt');
  const lines = readFileSync(FILE, 'latin1').split('\n');
  const ofCpu = (cpu: string): Text => ({
    name: `cpu${cpu}`,
    text: `${lines.filter((line) => line.startsWith('#') || line.includes(`[00${cpu}]`)).join('\n')}\n`,
  });
  const parts = [ofCpu('0'), ofCpu('1')];

  test.each([
    ['in their order', parts, undefined],
    ['the other way round', parts.toReversed(), undefined],
    ['in pieces of a few bytes', parts, 7],
  ])('replay %s as the one text does', async (_, texts, chunk) => {
    const whole = (await replayFile(FILE)).result;
    const { lanes, totals, inferred, trace } = await replayed(texts, chunk);
    expect({ lanes, totals, inferred }).toEqual({ lanes: whole.lanes, totals: whole.totals, inferred: whole.inferred });
    expect(trace.files.map(({ path }) => path)).toEqual(texts.map(({ name }) => name));
    expect(trace.durationNs).toBe(whole.trace.durationNs);
  });

  test('in another format than the first are refused', async () => {
    const strace = { name: 'log.5', text: '1795680000.000001 getpid() = 5 <0.000001>\n' };
    await expect(replayed([parts[0], strace])).rejects.toThrow(
      'parts in different formats: strace, after ftrace: log.5',
    );
  });
});

describe('the files of strace -ff', () => {
  const FOLDER = join(ROOT, 'traces/strace-ff');
  const files = readdirSync(FOLDER)
    .filter((name) => name.startsWith('sh.'))
    .map((name): Text => ({ name, text: readFileSync(join(FOLDER, name), 'latin1') }));
  /** Each line that begins with a time and a name is one whole call. */
  const counted = files.map(({ text }) => text.match(/^\d+\.\d+ [a-z_][a-z_0-9]*\(/gm)!.length).reduce((a, b) => a + b);

  test.each([
    ['in their order', files, undefined],
    ['the other way round', files.toReversed(), undefined],
    ['in pieces of a few bytes', files, 5],
  ])('are one recording, %s: every call of each, 4 births and 5 execs', async (_, texts, chunk) => {
    const { totals, processes } = await replayed(texts, chunk);
    expect(totals).toMatchObject({ syscalls: counted, forks: 4, execs: 5, exits: 5 });
    expect(processes.map(({ pid }) => `sh.${pid}`).toSorted()).toEqual(files.map(({ name }) => name).toSorted());
  });

  const joined = async (texts: readonly Text[]): Promise<readonly string[]> => {
    const pieces: Uint8Array[] = [];
    const bytes = joinStrace(texts.map(({ name, text }) => bytesOf(Buffer.from(text, 'latin1'), name)));
    for await (const piece of bytes.chunks()) pieces.push(piece);
    return Buffer.concat(pieces).toString('latin1').split('\n').slice(0, -1);
  };

  test('are joined as strace -f would have written them: a call that others run in is broken in two', async () => {
    const parent =
      '1795680000.000001 wait4(-1, [{WIFEXITED(s)}], 0, NULL) = 7 <0.000009>\n1795680000.000020 exit_group(0) = ?\n';
    const child =
      '1795680000.000002 getpid() = 7 <0.000001>\n1795680000.000004 exit_group(0)           = ?\n1795680000.000005 +++ exited with 0 +++\n';
    expect(
      await joined([
        { name: 'f.6', text: parent },
        { name: 'f.7', text: child },
      ]),
    ).toEqual([
      '6 1795680000.000001 wait4(-1, [{WIFEXITED(s)}], 0, NULL <unfinished ...>',
      '7 1795680000.000002 getpid() = 7 <0.000001>',
      '7 1795680000.000004 exit_group(0)           = ?',
      '7 1795680000.000005 +++ exited with 0 +++',
      '6 1795680000.000010000 <... wait4 resumed>) = 7 <0.000009>',
      '6 1795680000.000020 exit_group(0) = ?',
    ]);
  });

  test('pass midnight, each at its own line', async () => {
    const texts = [
      { name: 'f.1', text: '23:59:59.9 getpid() = 1\n00:00:00.2 getpid() = 1\n' },
      { name: 'f.2', text: '00:00:00.1 getpid() = 2\n' },
    ];
    expect((await joined(texts)).map((line) => line.slice(0, 12))).toEqual([
      '1 23:59:59.9',
      '2 00:00:00.1',
      '1 00:00:00.2',
    ]);
  });

  test('in whole seconds stay so: a call that is broken in two does not end in a fraction of one', async () => {
    const texts = [
      { name: 'f.1', text: '10:00:00 wait4(-1, NULL, 0, NULL) = 2 <0.500000>\n10:00:00 getpid() = 1 <0.000001>\n' },
      { name: 'f.2', text: '10:00:00 getpid() = 2 <0.000001>\n' },
    ];
    expect(await joined(texts)).toEqual([
      '1 10:00:00 wait4(-1, NULL, 0, NULL <unfinished ...>',
      '2 10:00:00 getpid() = 2 <0.000001>',
      '1 10:00:00 <... wait4 resumed>) = 2 <0.500000>',
      '1 10:00:00 getpid() = 1 <0.000001>',
    ]);
  });

  test('keep a stack behind the call that it belongs to', async () => {
    const texts = [
      {
        name: 'f.1',
        text: '1795680000.000001 getpid() = 1\n > /lib/libc.so.6(getpid+0x7) [0xc0]\n1795680000.000003 getpid() = 1\n',
      },
      { name: 'f.2', text: '1795680000.000002 getpid() = 2\n' },
    ];
    expect(await joined(texts)).toEqual([
      '1 1795680000.000001 getpid() = 1',
      ' > /lib/libc.so.6(getpid+0x7) [0xc0]',
      '2 1795680000.000002 getpid() = 2',
      '1 1795680000.000003 getpid() = 1',
    ]);
  });

  test.each([
    ['without times', 'f.2', 'getpid() = 2\n', 'no times to put the files in order by: f.2'],
    ['with times since the line before', 'f.2', '     0.000012 getpid() = 2\n', 'are not one clock: f.2'],
    [
      'without a task',
      'f',
      '1795680000.1 getpid() = 2\n',
      'no task id, neither on its lines nor at the end of its name: f',
    ],
  ])('%s are refused', async (_, name, text, message) => {
    const first = { name: 'f.1', text: '1795680000.0 getpid() = 1\n' };
    await expect(replayed([first, { name, text }])).rejects.toThrow(message);
  });

  test('are read as they are where lines have ids of their own', async () => {
    const texts = [
      { name: 'a', text: '11 1795680000.1 getpid() = 11\n' },
      { name: 'b', text: '12 1795680000.2 getpid() = 12\n' },
    ];
    expect((await replayed(texts)).totals.syscalls).toBe(2);
  });
});
