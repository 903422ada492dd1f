import { describe, expect, test } from 'vitest';
import type { PsResult } from '../../src/report/ps.ts';
import { expectFailure, expectSuccess, run } from '../support/cli.ts';
import { fixturePath } from '../support/fixtures.ts';

const SETU = fixturePath('fx-setu.perf.data');
const ask = async (...args: readonly string[]): Promise<PsResult> => {
  const ran = await run(['ps', SETU, ...args, '--json']);
  expectSuccess(ran);
  return JSON.parse(ran.stdout) as PsResult;
};
const stateOf = ({ processes }: PsResult, comm: string) => processes.find((each) => each.comm === comm);

describe.concurrent('ptilab ps', () => {
  test('times in all units are the same moment', async () => {
    const answers = await Promise.all(['0.001', '0.001s', '1ms', '1000us', '1000000ns'].map((at) => ask('--at', at)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toHaveLength(1);
    expect(answers[0].timeNs).toBe(1_000_000);
  });

  test('at the start nobody born later is alive; each process has a state and says since when', async () => {
    const { processes, timeNs } = await ask('--at', '0');
    expect(timeNs).toBe(0);
    for (const process of processes) {
      expect(process.startNs).toBe(0);
      expect(process.setBy?.timeNs ?? 0).toBe(0);
    }
  });

  test('counts in the line of the system who is opted out, and in the table shows why', async () => {
    const answer = await ask('--at', '1ms');
    const out = answer.processes.filter(({ pti }) => pti === 'off (opted out)');
    expect(answer.system.meltdown).toBe(`Mitigation: PTI; opt-out: ${out.length} processes`);
    expect(out.length).toBeGreaterThan(0);
    for (const { setBy } of out) expect(setBy?.rule).toMatch(/^(--opt-out root|inherit=)/);
  });

  test('the lane without an opt-out, and a CPU that needs none', async () => {
    const pti = await ask('--policy', 'pti');
    expect([pti.system.meltdown, new Set(pti.processes.map((each) => each.pti))]).toEqual([
      'Mitigation: PTI',
      new Set(['on']),
    ]);
    const off = await ask('--policy', 'nopti');
    expect([off.system.meltdown, new Set(off.processes.map((each) => each.pti))]).toEqual([
      'Vulnerable',
      new Set(['off (boot)']),
    ]);
    const zen = await ask('--cpu', 'zen3-server', '--at', '1ms');
    expect([zen.system.meltdown, new Set(zen.processes.map((each) => each.pti))]).toEqual([
      'Not affected',
      new Set(['not affected']),
    ]);
    expect(zen.processes.some(({ state }) => state === 'off (opted out)')).toBe(true);
  });

  test('of a process that lost it says which rule took it and when', async () => {
    const end = await ask();
    // All that the fixture's children do ends; ask just before the end of one that changed its ids.
    const replayedAt = async (ms: number) => ask('--at', `${ms}ms`);
    let found = stateOf(end, 'setu');
    for (let ms = 1; ms * 1e6 < end.durationNs && found?.setBy?.event !== 'setid'; ms++) {
      const { processes } = await replayedAt(ms);
      found = processes.find(({ setBy }) => setBy?.event === 'setid');
    }
    expect(found?.setBy).toMatchObject({ event: 'setid', rule: 'setid=change', from: 'off (opted out)', to: 'on' });
    expect(found?.history.length).toBeGreaterThan(1);
  });

  test('of a process born after its parent lost it says where that was', async () => {
    // 417 is out, sets its ids, and forks 418, which calls.
    const line = (ns: number, tid: number, text: string) =>
      `   prog-${tid}   (${String(tid).padStart(5)}) [000] d....    1.${String(ns).padStart(6, '0')}: ${text}\n`;
    const input = new TextEncoder().encode(
      [
        line(1, 417, 'sys_enter: NR 107 (0, 0, 0, 0, 0, 0)'),
        line(2, 417, 'sys_exit: NR 107 = 0'),
        line(3, 417, 'sys_enter: NR 105 (3e8, 0, 0, 0, 0, 0)'),
        line(4, 417, 'sys_exit: NR 105 = 0'),
        line(5, 417, 'sys_enter: NR 57 (0, 0, 0, 0, 0, 0)'),
        line(6, 417, 'sched_process_fork: comm=prog pid=417 child_comm=prog child_pid=418'),
        line(7, 417, 'sys_exit: NR 57 = 418'),
      ].join(''),
    );
    const ran = await run(['ps', '-', '--json'], { input });
    expect(ran.status).toBe(0);
    const child = (JSON.parse(ran.stdout) as PsResult).processes.find(({ pid }) => pid === 418);
    expect(child).toMatchObject({ pti: 'on', setBy: null, origin: { pid: 417, setBy: { rule: 'setid=change' } } });
  });

  test('one process as a status file', async () => {
    const [{ pid }] = (await ask('--at', '1ms')).processes.filter(({ pti }) => pti === 'off (opted out)');
    const ran = await run(['ps', SETU, '--at', '1ms', '--pid', String(pid)]);
    expectSuccess(ran);
    expect(ran.stdout).toMatch(new RegExp(`^Pid: +${pid}$`, 'm'));
    expect(ran.stdout).toMatch(/^PTI: +off \(opted out\)$/m);
  });

  test('after the end it shows the end, and says so', async () => {
    const ran = await run(['ps', SETU, '--at', '1000s']);
    expect(ran.status).toBe(0);
    expect(ran.stderr).toMatch(/^ptilab: --at is after the end of the recording: [^\n]+\n$/);
  });

  test.each([
    ['a time that is none', ['--at', 'noon'], '1.25s'],
    ['a process that is not alive', ['--pid', '999999'], 'the nearest is'],
    ['a process that is no number', ['--pid', 'setu'], 'not a number'],
  ])('%s ends with 2', async (_what, args, words) => {
    const ran = await run(['ps', SETU, ...args]);
    expectFailure(ran, 2);
    expect(ran.stderr).toContain(words);
  });

  test('without births it cannot tell, unless processes are named', async () => {
    const line = (time: string, text: string) => `   prog-417   (  417) [000] d....    ${time}: ${text}\n`;
    const input = new TextEncoder().encode(
      line('1.000000', 'sys_enter: NR 39 (0, 0, 0, 0, 0, 0)') + line('1.000001', 'sys_exit: NR 39 = 417'),
    );
    expectFailure(await run(['ps', '-'], { input }), 4);
    const named = await run(['ps', '-', '--opt-out', 'pid:417', '--json'], { input });
    expectSuccess(named);
    expect((JSON.parse(named.stdout) as PsResult).processes).toMatchObject([{ pid: 417, pti: 'off (opted out)' }]);
  });
});
