/** What the summary and `ps` say of a scenario: what of it the recording had, and whom it put back. */
import { describe, expect, test } from 'vitest';
import { expectFailure, expectSuccess, run, type Ran } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder();
const TRACE = [
  '  prog-417   (  417) [000] d....    1.000001: sys_enter: NR 59 (0, 0, 0, 0, 0, 0)',
  '  prog-417   (  417) [000] d....    1.000002: sched_process_exec: filename=/bin/prog pid=417 old_pid=417',
  '  prog-417   (  417) [000] d....    1.000003: sys_exit: NR 59 = 0',
  '  prog-417   (  417) [000] d....    1.000004: sched_process_fork: comm=prog pid=417 child_comm=prog child_pid=418',
  ...Array.from(
    { length: 40 },
    (_, i) =>
      `  prog-417   (  417) [000] d....    1.0001${10 + i}: ${i % 2 === 0 ? 'sys_enter: NR 39 (0, 0, 0, 0, 0, 0)' : 'sys_exit: NR 39 = 417'}`,
  ),
]
  .map((line) => `${line}\n`)
  .join('');

function ask(command: string, scenario: object): Promise<Ran> {
  const path = folder.file('scenario.json', JSON.stringify({ schema: 'ptilab.scenario', version: 1, ...scenario }));
  return run([command, folder.file('trace.txt', TRACE), '--scenario', path]);
}

async function lineOf(command: string, name: string, scenario: object): Promise<string> {
  const ran = await ask(command, scenario);
  expectSuccess(ran);
  return ran.stdout.split('\n').find((each) => each.startsWith(name)) ?? '';
}

describe.concurrent('a scenario', () => {
  test('is said beside the wrappers, with how much of it the recording had', async () => {
    const scenario = {
      optOut: ['comm:prog'],
      marks: [
        { exe: '/bin/prog', means: 'off' },
        { exe: '/no', means: 'on' },
      ],
    };
    expect(await lineOf('replay', 'opt-out', scenario)).toMatch(
      /^opt-out +--opt-out comm:prog \(1 process prog\(417\)\) and as the scenario says \(marks: 1; never: marks\[1\]\) /,
    );
    expect(await lineOf('ps', 'lane', scenario)).toMatch(/; --opt-out comm:prog, as the scenario says$/);
  });

  test('of calls that the recording never makes says that', async () => {
    const scenario = { calls: [{ nr: 158, arg0: '0x7001', means: 'off' }] };
    expect(await lineOf('replay', 'opt-out', scenario)).toMatch(
      / as the scenario says \(calls: 0; never: calls\[0\]\) /,
    );
    expect(await lineOf('ps', 'lane', scenario)).toMatch(/; as the scenario says$/);
  });

  test('that forces isolation on says whom it put back', async () => {
    const scenario = { optOut: ['root'], events: [{ atNs: 100_000, what: 'force' }] };
    expect(await lineOf('replay', 'exposed', scenario)).toMatch(/; force put it back for 1 process: prog$/);
    expect(await lineOf('ps', 'lock', scenario)).toBe('lock      FORCED: nobody opts out until the next boot');
  });

  test('with a state at the start of a process that is born in the recording, or not in it, is refused', async () => {
    for (const pid of [418, 4]) {
      const ran = await ask('replay', { startState: [{ pid, state: 'off' }] });
      expectFailure(ran, 2);
      expect(ran.stderr).toContain(`startState, pid ${pid}: ptilab ps --at 0 lists those that are`);
    }
  });

  test('under several policies has a line that names them', async () => {
    const path = folder.file('trace.txt', TRACE);
    const ran = await run(['replay', path, '--policy', 'nopti,pti,optout,linus-2018']);
    expectSuccess(ran);
    expect(ran.stdout).toMatch(/^opt-out .* optout: gives back .*; linus-2018: gives back /m);
    expect(ran.stdout).toMatch(/^exposed +optout: 1 of 1 process /m);
  });

  test('with an event after the end of the recording is refused', async () => {
    const ran = await ask('replay', { events: [{ atNs: 149_000, what: 'force' }] });
    expectFailure(ran, 2);
    expect(ran.stderr).toContain('events[0].atNs 149000: times are from its first event, and it ends at 148000');
  });
});
