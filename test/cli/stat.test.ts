import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { StatGroup, StatResult } from '../../src/report/stat/answer.ts';
import { expectFailure, expectSuccess, run } from '../support/cli.ts';
import { ROOT } from '../support/fixtures.ts';
import { STAT_FOLDER } from '../support/stat.ts';
import { temporaryFolder } from '../support/temporary.ts';

const temporary = temporaryFolder();
const file = (name: string): string => join(STAT_FOLDER, name);
const BUILD = file('build-tasks.txt');
const TWO = file('two-cgroups.csv');

async function answer(args: readonly string[], input?: string): Promise<StatResult> {
  const ran = await run(
    ['stat', ...args, '--json'],
    input === undefined ? {} : { input: new TextEncoder().encode(input) },
  );
  expectSuccess(ran);
  return JSON.parse(ran.stdout) as StatResult;
}
const lane = (group: StatGroup, name: string) => group.lanes.find((each) => each.lane === name)!;
const mids = (group: StatGroup, name: string): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(lane(group, name).operations).map(([operation, { mid }]) => [operation, mid]));

/** Written by hand, so that every count can be checked by hand. */
const LINES = [
  ['1000', '', 'raw_syscalls:sys_enter'],
  ['500', '', 'exceptions:page_fault_user'],
  ['2000.00', 'msec', 'task-clock'],
  ['40', '', 'ptilab_load_kept'],
  ['20', '', 'ptilab_load_flushed'],
  ['10', '', 'ptilab_flush_all'],
  ['30', '', 'ptilab_flush_one'],
  ['0', '', 'ptilab_flush_few'],
  ['4', '', 'ptilab_ipi_sent'],
  ['6', '', 'ptilab_ipi_received'],
  ['0', '', 'ptilab_irq_local_timer'],
  ['2000000000', '', 'sched:sched_stat_runtime'],
] as const;
const csv = (without?: RegExp, group = ''): string =>
  LINES.filter(([, , event]) => !without?.test(event))
    .map(([value, unit, event]) => `${value},${unit},${event},${group === '' ? '' : `${group},`}2000000000,100.00,,\n`)
    .join('');

describe.concurrent('operations follow from counts', () => {
  test('without isolation: loads, flushes and requests', async () => {
    const { whole } = await answer(['-', '--scope', 'system'], csv());
    expect(mids(whole!, 'nopti')).toMatchObject({
      entries: 1500,
      exits: 1500,
      cr3WriteKeep: 40,
      cr3WriteFlush: 20 + 10,
      cr3WriteNoPcid: 0,
      cr3Read: 10,
      invlpg: 30,
      invpcidAddr: 0,
      invpcidAll: 0,
      cr4PgeToggle: 0,
      ipiSend: 4,
      ipiReceive: 6,
      optTest: 0,
    });
  });

  test('with isolation: two writes a crossing, of which those behind a flush flush', async () => {
    const { whole } = await answer(['-', '--scope', 'system'], csv());
    const { cr3WriteKeep, cr3WriteFlush, cr3Read, invpcidAddr } = mids(whole!, 'pti');
    // Returns that flush: 0.35 of the loads that do, and one for each flush.
    const flushing = 20 * 0.35 + 10;
    expect({ cr3WriteKeep, cr3WriteFlush, cr3Read, invpcidAddr }).toEqual({
      cr3WriteKeep: 3000 - flushing + 40,
      cr3WriteFlush: flushing + 30,
      cr3Read: 3000 + 10,
      invpcidAddr: 30,
    });
  });

  test('with everything opted out: no write at crossings, a test and a read', async () => {
    const { whole } = await answer(['-', '--scope', 'system'], csv());
    expect(lane(whole!, 'global-off').crossingCr3Writes).toEqual({ low: 0, mid: 0, high: 0 });
    expect(mids(whole!, 'global-off')).toMatchObject({ optTest: 3000, cr3Read: 1500 + 10, cr3WriteKeep: 40 });
  });

  test('without PCIDs every load drops all', async () => {
    const { whole } = await answer(['-', '--scope', 'system', '--no-pcid'], csv());
    expect(mids(whole!, 'pti')).toMatchObject({
      cr3WriteNoPcid: 3000 + 40 + 20 + 10,
      cr3WriteKeep: 0,
      cr3WriteFlush: 0,
    });
  });

  test('a host without PCIDs says nothing of what a lane with them keeps', async () => {
    const { whole } = await answer(['-', '--scope', 'system', '--host', 'pcid=0'], csv());
    expect(whole!.amounts.loadsKept).toMatchObject({ low: 0, high: 60, evidence: 'inferred' });
  });

  test('--simulate-flushes leaves the counts of TLBs out', async () => {
    const { whole } = await answer(['-', '--scope', 'system', '--simulate-flushes'], csv());
    expect(whole!.amounts.flushesAll.evidence).toBe('absent');
    expect(whole!.amounts.syscalls.evidence).toBe('counted');
  });
});

describe.concurrent('what is missing widens the answer, or is said', () => {
  test('page faults that were not counted are in the upper end', async () => {
    const [all, less] = await Promise.all(
      [csv(), csv(/page_fault/)].map((text) => answer(['-', '--scope', 'system'], text)),
    );
    expect(less.whole!.amounts.userFaults).toMatchObject({ low: 0, mid: 0, high: 200_000, evidence: 'absent' });
    expect(lane(less.whole!, 'pti').overheadPercent!.high).toBeGreaterThan(
      10 * lane(all.whole!, 'pti').overheadPercent!.high,
    );
  });

  test('without CPU time there is no percentage', async () => {
    const { whole } = await answer(['-', '--scope', 'system'], csv(/task-clock|runtime/));
    expect(lane(whole!, 'pti')).toMatchObject({ overheadPercent: null, baselineCycles: null });
    expect(lane(whole!, 'pti').addedCycles!.mid).toBeGreaterThan(0);
    expect(whole!.reasons).toEqual(['no percentages: no CPU time was counted: add sched:sched_stat_runtime']);
  });

  test('without CPU time nothing bounds what was not counted: counts only', async () => {
    const { whole } = await answer(['-', '--scope', 'system'], csv(/task-clock|runtime|page_fault/));
    expect(lane(whole!, 'pti').addedCycles).toBeNull();
    expect(lane(whole!, 'pti').operations.entries).toEqual({ low: 1000, mid: 1000, high: null });
    expect(whole!.reasons[0]).toBe('no cycles: without CPU time nothing bounds what was not counted (userFaults)');
  });

  test('task-clock of who knows whom is no CPU time, until it is said', async () => {
    const text = csv(/runtime/);
    expect((await answer(['-'], text)).whole!.cpuSeconds).toBeNull();
    expect((await answer(['-', '--scope', 'system'], text)).whole!.cpuSeconds).toBeNull();
    expect((await answer(['-', '--scope', 'tasks'], text)).whole!.cpuSeconds).toBe(2);
    expect((await answer(['-'], csv(/task-clock/))).whole!.cpuSeconds).toBe(2);
  });

  test('--untraced gives the time that was not counted', async () => {
    const { whole } = await answer(
      ['-', '--scope', 'system', '--untraced', 'user=1,sys=1', '--ghz', '1'],
      csv(/task-clock|runtime/),
    );
    expect(lane(whole!, 'pti').baselineCycles!.mid).toBe(2e9);
    expect(whole!.cpuSecondsFrom).toBe('untraced');
  });

  test('a count of a third of the time is worth a third to five thirds', async () => {
    const { whole } = await answer(['-', '--scope', 'system'], csv().replace(/^(1000,.*),100.00/m, '$1,33.33'));
    const { low, mid, high } = whole!.amounts.syscalls;
    expect([low, mid, high!].map(Math.round)).toEqual([333, 1000, 1667]);
  });
});

describe.concurrent('cgroups', () => {
  test('add up to the whole, and each has its own figures', async () => {
    const { whole, cgroups, input } = await answer([TWO]);
    expect(input.scope).toBe('cgroups');
    expect(cgroups.map(({ cgroup }) => cgroup)).toEqual(['ptistat', 'ptistat_lb']);
    const sum = cgroups.reduce((all, group) => all + lane(group, 'pti').addedCycles!.mid, 0);
    expect(lane(whole!, 'pti').addedCycles!.mid).toBeCloseTo(sum, 3);
    expect(whole!.cpuSeconds).toBeCloseTo(
      cgroups.reduce((all, { cpuSeconds }) => all + cpuSeconds!, 0),
      9,
    );
  });

  test('one opts out: it saves what it pays less the tests, the other nothing', async () => {
    const { whole, cgroups } = await answer([TWO, '--opt-out', 'cgroup:*_lb']);
    expect(cgroups.map(({ optedOut }) => optedOut)).toEqual([false, true]);
    const saved = ({ comparisons }: StatGroup) => comparisons.find(({ to }) => to === 'optout')!.savedSeconds.cpu!.mid;
    // The other's kernel has the tests of the opt-out as well.
    expect(saved(cgroups[0])).toBeLessThanOrEqual(0);
    expect(saved(cgroups[1])).toBeGreaterThan(0);
    expect(saved(whole!)).toBeCloseTo(saved(cgroups[0]) + saved(cgroups[1]), 9);
  });

  test('one inside another: no whole, and the reason', async () => {
    const { whole, notAdded, cgroups } = await answer(['-'], csv(undefined, 'web') + csv(undefined, 'web/php'));
    expect([whole, notAdded]).toEqual([null, 'cgroup web holds web/php: counts of both do not add up']);
    expect(cgroups).toHaveLength(2);
  });

  test('one that did not run has nothing and spoils nothing', async () => {
    const idle = csv(undefined, 'idle').replace(
      /^[\d.]+,(\w*),([\w:-]+),idle,.*$/gm,
      '<not counted>,$1,$2,idle,0,100.00,,',
    );
    const { whole, cgroups } = await answer(['-'], csv(undefined, 'web') + idle);
    expect(cgroups[1]).toMatchObject({ reasons: ['it did not run'], crossings: { low: 0, mid: 0, high: 0 } });
    expect(lane(whole!, 'pti').overheadPercent!.mid).toBeCloseTo(lane(cgroups[0], 'pti').overheadPercent!.mid, 9);
  });
});

describe('the summary', () => {
  test.each([
    ['build-tasks.txt', ['--kernel', '6.13', '--cpu', 'skylake-sp']],
    ['two-cgroups.csv', ['--opt-out', 'cgroup:ptistat_lb', '--host', 'cpu=zen3-server']],
    ['bpftrace.txt', []],
    ['layouts/user.txt', ['--cpu', 'haswell,skylake-sp']],
  ])('of %s %j', async (name, options) => {
    const ran = await run(['stat', file(name), ...options]);
    expectSuccess(ran);
    await expect(ran.stdout).toMatchFileSnapshot(join('goldens', `stat-${name.replace(/\W+/g, '-')}.txt`));
  });

  test('holds no control characters of a command', async () => {
    const text = readFileSync(BUILD, 'utf8').replace("'make ", "'\u001b[31mmake\u202e ");
    const ran = await run(['stat', '-'], { input: new TextEncoder().encode(text) });
    expectSuccess(ran);
    // eslint-disable-next-line no-control-regex
    expect(ran.stdout).not.toMatch(/[\u001b\u202e]/);
    expect(ran.stdout).toContain('\\x1b[31mmake');
  });
});

describe.concurrent('what to run', () => {
  test('perf stat: a script that a shell can read', async () => {
    const ran = await run(['stat', '--print-command']);
    expectSuccess(ran);
    execFileSync('sh', ['-n', temporary.file('count.sh', ran.stdout)]);
    expect(ran.stdout).toContain('raw_syscalls:sys_enter');
  });

  test('bpftrace: the script that is in docs/', async () => {
    const ran = await run(['stat', '--print-command', 'bpftrace']);
    expectSuccess(ran);
    expect(ran.stdout).toBe(readFileSync(join(ROOT, 'docs', 'ptilab-counts.bt'), 'utf8'));
  });

  test('as JSON', async () => {
    const ran = await run(['stat', '--print-command', '--json']);
    expectSuccess(ran);
    expect(JSON.parse(ran.stdout)).toMatchObject({ schema: 'ptilab.statCommand', version: 1 });
  });
});

describe.concurrent('failures', () => {
  test.each([
    ['no file', ['stat'], 2, 'no file was named'],
    ['a file that is not there', ['stat', 'nowhere.txt'], 3, 'nowhere.txt'],
    [
      'a recording',
      ['stat', join(ROOT, 'traces/fixtures/fx-true.perf.data')],
      3,
      'a recording is read by ptilab replay',
    ],
    ['an opt-out by name', ['stat', BUILD, '--opt-out', 'comm:cc1'], 4, 'the counts are not by cgroup'],
    [
      'an opt-out by name, with cgroups',
      ['stat', TWO, '--opt-out', 'comm:cc1'],
      4,
      'counts know cgroups, not processes',
    ],
    ['the recorded command', ['stat', TWO, '--opt-out', 'tree'], 4, 'counts know cgroups, not processes'],
    ['a selector that is none', ['stat', TWO, '--opt-out', 'com:x'], 2, 'did you mean comm:'],
    [
      'a cgroup that is not there',
      ['stat', TWO, '--opt-out', 'cgroup:ptistat_1b'],
      2,
      'did you mean cgroup:ptistat_lb?',
    ],
    ['a policy that asks who opts out', ['stat', BUILD, '--policy', 'nopti,pti,optout'], 4, 'which processes opt out'],
    [
      'an opt-out without a lane for it',
      ['stat', TWO, '--policy', 'pti', '--opt-out', 'cgroup:*'],
      2,
      'add --policy optout',
    ],
    ['a scenario', ['stat', BUILD, '--scenario', 'x.json'], 4, '--scenario'],
    ['what another rule would do', ['stat', BUILD, '--what-if'], 4, '--what-if'],
    ['tgids', ['stat', BUILD, '--tgids', 'x'], 2, 'counts have no tasks'],
    ['an unknown CPU', ['stat', BUILD, '--cpu', 'haswel'], 2, 'did you mean haswell?'],
  ])('%s', async (_what, args, status, message) => {
    const ran = await run(args);
    expectFailure(ran, status);
    expect(ran.stderr).toContain(message);
  });

  test('neither calls nor faults: cannot tell', async () => {
    const ran = await run(['stat', '-'], { input: new TextEncoder().encode(csv(/sys_enter|page_fault/)) });
    expectFailure(ran, 4);
  });

  test('lines that are no counts are an error with --strict', async () => {
    const text = `${csv()}something else\n`;
    const ran = await run(['stat', '-', '--scope', 'system', '--strict'], { input: new TextEncoder().encode(text) });
    expectFailure(ran, 3);
    expect(ran.stderr).toContain('line 13');
    expect((await answer(['-', '--scope', 'system'], text)).input.skippedLines).toBe(1);
  });
});
