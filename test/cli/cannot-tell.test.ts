/** What a recording cannot answer ends with 4 and says what to record. */
import { expect, test } from 'vitest';
import { expectFailure, run } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary.ts';

const temporary = temporaryFolder();
const textOf = (...events: readonly string[]): string =>
  temporary.file(
    'text',
    new TextEncoder().encode(events.map((event) => `bash-417 [001] d..2. 1592.112604: ${event}\n`).join('')),
  );

const SWITCH =
  'sched_switch: prev_comm=bash prev_pid=417 prev_prio=120 prev_state=S ==> next_comm=a next_pid=9 next_prio=120';
const CALL = 'sys_enter: NR 0 (0, 0, 0, 0, 0, 0)';

test.each(['replay', 'report'])('%s without system calls and user page faults', async (command) => {
  const out = command === 'report' ? ['-o', temporary.fresh('page.html')] : [];
  const ran = await run([command, textOf(SWITCH), ...out]);
  expectFailure(ran, 4);
  expect(ran.stderr).toContain('record raw_syscalls:sys_enter, raw_syscalls:sys_exit, exceptions:page_fault_user');
});

test('the tree of a command that nothing names', async () => {
  expectFailure(await run(['replay', textOf(CALL), '--opt-out', 'tree']), 4);
});

test('info says of each absent signal what it is recorded with', async () => {
  const file = textOf(CALL);
  expect((await run(['info', file])).stdout).toMatch(/^covers tlbFlushes +absent: perf record -e tlb:tlb_flush$/m);
  const { trace } = JSON.parse((await run(['info', '--json', file])).stdout) as {
    readonly trace: { readonly coverage: object; readonly missing: object };
  };
  expect(trace.coverage).toMatchObject({ syscalls: 'recorded', userFaults: 'absent', nmis: 'absent' });
  expect(trace.missing).toMatchObject({
    userFaults: ['exceptions:page_fault_user'],
    nmis: ['nmi:nmi_handler'],
    contextSwitches: ['sched:sched_switch'],
  });
  expect(trace.missing).not.toHaveProperty('syscalls');
});
