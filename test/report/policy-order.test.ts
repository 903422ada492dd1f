/** What policies add, in order, on every recording that comes with the repository; and what is said where an opt-out costs more. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../support/fixtures.ts';
import { describeOrder, holdsOrder, optOutLine } from '../support/policy-order.ts';
import { replayFile } from '../support/replay.ts';

/** Traces without times have no cycles; the texts beside recordings have the same events. */
const UNPRICED = new Set(['fx-ftrace-counter.txt.zst']);
const RECORDING = /(perf\.data|perf\.data\.zst|\.strace|\.txt|\.txt\.zst|\.txt\.gz|\.csv)$/;

const recordingsOf = (folder: string): readonly (readonly [string, string])[] =>
  readdirSync(join(ROOT, 'traces', folder))
    .filter((file) => RECORDING.test(file) && !file.endsWith('tgids.txt') && !UNPRICED.has(file))
    .sort()
    .map((file) => [join(folder, file), join(ROOT, 'traces', folder, file)]);
const FOLDERS = ['fixtures', 'kernel-build', 'server-start', 'opt-out-calls'];
const EMULATED = readdirSync(join(ROOT, 'traces', 'emulator'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name }) => recordingsOf(join('emulator', name)).slice(0, 1));

describeOrder('nopti <= global-off <= optout <= pti in', [...FOLDERS.flatMap(recordingsOf), ...EMULATED]);

describe('an opt-out that costs more than isolation for all says why', () => {
  const calls = join(ROOT, 'traces/opt-out-calls/opt-out-calls.perf.data.zst');
  const build = join(ROOT, 'traces/kernel-build/kernel-build.perf.data.zst');

  test('nobody is out', async () => {
    const none = await replayFile(calls, { scenario: { schema: 'ptilab.scenario', version: 1 } });
    expect(optOutLine(none)).toMatch(
      /costs 0\.\d+ % of that time \[.*more than isolation for all: nobody is without isolation, and each of \d,\d{3} crossings is tested for it$/,
    );
  });

  test('who is out hardly crosses', async () => {
    const done = await replayFile(build, { optOut: ['exe:*/whoami'] });
    expect(optOutLine(done)).toMatch(
      /the test at each of [\d,]+ crossings costs more than those without isolation save$/,
    );
  });

  test('going out and coming back, over and over', async () => {
    const events = Array.from({ length: 400 }, (_, i) => ({
      atNs: 14_000_000 + 1000 * i,
      pid: 9780,
      what: i % 2 === 0 ? ('off' as const) : ('on' as const),
    }));
    const done = await replayFile(calls, { scenario: { schema: 'ptilab.scenario', version: 1, events } });
    expect(optOutLine(done)).toMatch(
      /more than isolation for all: 400 changes of isolation in address spaces in use cost more than being without it saves$/,
    );
  });

  test('on each of several CPUs, one by one', () => holdsOrder(build, ['exe:*/whoami']));
});
