/** What perf of this machine prints of a recording gives the totals of the recording. */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CORPUS, corpusRecording } from '../support/corpus.ts';
import { FIXTURES, type Recording } from '../support/fixtures.ts';
import { replayFile, wholeOf } from '../support/replay.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { expectedOf } from '../support/texts.ts';

const temporary = temporaryFolder();
const PERF = spawnSync('perf', ['--version']).status === 0;
if (!PERF) process.stderr.write('There is no perf here (linux-perf): what it prints of recordings is not compared.\n');

const FIELDS = ['--ns', '-F', 'comm,pid,tid,cpu,time,event,trace'];
const RECORDS = ['--show-task-events', '--show-switch-events', '--show-lost-events'];
const LARGE = ['setuid', 'pingpong-lost', 'shootdown', 'system-wide-redis', 'tree-switch-events-setu'].flatMap(
  (name) => corpusRecording(name) ?? [],
);

/** The file with the text that perf prints of a recording. */
async function printed({ path }: Recording, options: readonly string[]): Promise<string> {
  const data = temporary.file('perf.data', await wholeOf(path));
  const text = temporary.fresh('text');
  const out = openSync(text, 'w');
  const { status } = spawnSync('perf', ['script', '-f', '-i', data, ...options], { stdio: ['ignore', out, 'ignore'] });
  closeSync(out);
  expect(status).toBe(0);
  return text;
}

describe.skipIf(!PERF)('what perf script prints', () => {
  test.each([
    ['by default', []],
    ['with all ids and nanoseconds', FIELDS],
    ['with a header and records', ['--header', ...FIELDS, ...RECORDS]],
    ['with misc, flags, period, ip and sym', ['-F', '+misc,+flags,+period,+ip,+sym']],
    ['without names', ['-F', '-comm']],
    ['with -L', ['-L', ...RECORDS]],
    ['with tids alone', ['-F', 'tid,time,event,trace']],
    ['with pids and CPUs, without names', ['--ns', '-F', 'pid,tid,cpu,time,event,trace']],
    ['with names and flags of misc alone', ['-F', 'comm,tid,cpu,time,event,trace,misc']],
    ['with periods and all ids', ['--ns', '-F', 'comm,pid,tid,cpu,time,period,event,trace']],
    ['with ip, sym, symoff and dso', ['-F', '+ip,+sym,+symoff,+dso']],
    ['with times from the first event', ['--reltime', '-F', 'comm,pid,tid,cpu,time,event,trace']],
    ['with a full header', ['-I', '--header', '--ns']],
    ['of tasks, mappings and namespaces', ['--show-task-events', '--show-mmap-events', '--show-namespace-events']],
    ['without the plugins of libtraceevent', ['--ns', '-F', 'comm,pid,tid,cpu,time,event,trace', '--no-demangle']],
  ] as const)('%s has the totals of each fixture', { timeout: 120_000 }, async (_what, options) => {
    for (const recording of FIXTURES) {
      const { result } = await replayFile(await printed(recording, options));
      expect({ totals: result.totals, events: result.trace.events }).toEqual(expectedOf(recording.truth));
      expect(result.trace.health.filter(({ severity }) => severity !== 'info')).toEqual([]);
    }
  });

  test('of times as differences, or of raw bytes, is refused', { timeout: 60_000 }, async () => {
    for (const options of [['--deltatime'], ['-D'], ['-F', 'comm,tid,cpu,event,trace'], ['-F', 'cpu,time,event,trace']])
      await expect(printed(FIXTURES[0], options).then(replayFile)).rejects.toMatchObject({ kind: 'input' });
  });

  test('with a header tells of the host what the recording does', { timeout: 60_000 }, async () => {
    for (const recording of FIXTURES) {
      const text = await replayFile(await printed(recording, ['--header', ...FIELDS, ...RECORDS]));
      const { host } = (await replayFile(recording.path)).trace;
      expect(text.trace.host).toEqual(host);
    }
  });

  test.skipIf(CORPUS === undefined).each(LARGE)(
    'of $name has the totals of the recording',
    { timeout: 300_000 },
    async (recording) => {
      const { result } = await replayFile(await printed(recording, [...FIELDS, ...RECORDS]));
      expect({ totals: result.totals, events: result.trace.events }).toEqual(expectedOf(recording.truth));
      const lost = ({ health }: typeof result.trace): number | undefined =>
        health.find(({ key }) => key === 'lost')?.count;
      expect(lost(result.trace)).toBe(lost((await replayFile(recording.path)).result.trace));
    },
  );
});
