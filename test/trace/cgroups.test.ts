/** Cgroups, where perf was asked for them (--all-cgroups). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { draw } from '../../src/report/charts/index.ts';
import { cgroups } from '../../src/report/charts/cgroups.ts';
import { reportData } from '../../src/report/report-data-build.ts';
import { FIXTURES, fixturePath, ROOT } from '../support/fixtures.ts';
import { importFile, replayBytes, replayFile } from '../support/replay.ts';

const FILE = join(ROOT, 'traces/perf-variants/cgroups.perf.data');
/** By pid, the cgroups of a process in the order of time, from a decoder of its own. */
const TRUTH = JSON.parse(readFileSync(join(ROOT, 'traces/perf-variants/cgroups.groups.json'), 'utf8')) as Record<
  string,
  string[]
>;
const LAST = Object.fromEntries(Object.entries(TRUTH).map(([pid, groups]) => [pid, groups.at(-1)]));

const cgroupsOf = ({ processes }: Awaited<ReturnType<typeof replayFile>>) =>
  Object.fromEntries(
    processes.list.flatMap(({ pid, scope, cgroup }) => (scope === 'measured' ? [[String(pid), cgroup]] : [])),
  );

test('a process is in the cgroup that its last event shows', async () => {
  expect(cgroupsOf(await replayFile(FILE))).toEqual(LAST);
});

test('the canonical trace keeps them', async () => {
  expect(cgroupsOf(await replayBytes(await importFile(FILE)))).toEqual(LAST);
});

test.each(FIXTURES.map(({ name }) => name))('%s has none, and says so', async (name) => {
  const { result, processes } = await replayFile(fixturePath(`${name}.perf.data`));
  expect(result.trace.cgroups).toBe(false);
  expect(processes.list.every(({ cgroup }) => cgroup === undefined)).toBe(true);
});

describe('a selector by cgroup', () => {
  test('chooses the processes that are in it where they exec', async () => {
    const { replayed } = await replayFile(FILE, { optOut: ['cgroup:/shop.slice/*'] });
    const chosen = replayed.wrappers.chosen[0].map(({ pid }) => String(pid));
    expect(chosen.length).toBeGreaterThan(0);
    for (const pid of chosen) expect(TRUTH[pid].some((path) => path.startsWith('/shop.slice/'))).toBe(true);
  });

  test('that matches nothing names the nearest', async () => {
    await expect(replayFile(FILE, { optOut: ['cgroup:/shop.slice/wep.service'] })).rejects.toThrow(
      'cgroup:/shop.slice/web.service',
    );
  });

  test('needs a recording that has them', async () => {
    await expect(replayFile(fixturePath('fx-true.perf.data'), { optOut: ['cgroup:/x'] })).rejects.toMatchObject({
      kind: 'cannot-tell',
    });
  });
});

test('the chart by cgroup is drawn where they were recorded', async () => {
  const drawn = draw(cgroups, reportData(await replayFile(FILE)));
  expect('missing' in drawn ? drawn.missing : drawn.title).toContain('of what isolation costs');
  const none = draw(cgroups, reportData(await replayFile(fixturePath('fx-true.perf.data'))));
  expect('missing' in none && none.missing).toContain('--all-cgroups');
});
