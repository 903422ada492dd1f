import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { expectFailure, run } from '../support/cli.ts';
import { fixture, fixturePath } from '../support/fixtures.ts';
import { changed } from '../support/perf-data.ts';
import { temporaryFolder } from '../support/temporary.ts';

const temporary = temporaryFolder();
const FILE = fixture('fx-true.perf.data');
const TRACE = fixturePath('fx-true.perf.data');
const SETU = fixturePath('fx-setu.perf.data');
const SCENARIO = temporary.file(
  'scenario.json',
  '{"schema":"ptilab.scenario","version":1,"events":[{"atNs":1,"pid":99999,"what":"off"}]}',
);

describe.concurrent('wrong usage ends with 2 and says what was meant', () => {
  test.each([
    ['an unknown command', ['replya', TRACE], 'did you mean replay?'],
    ['an unknown option', ['replay', TRACE, '--cpus', 'haswell'], 'did you mean --cpu?'],
    ['an option without its value', ['replay', TRACE, '--cpu'], '--cpu'],
    ['an unknown CPU', ['replay', TRACE, '--cpu', 'haswel'], 'did you mean haswell?'],
    ['an unknown CPU among known ones', ['replay', TRACE, '--cpu', 'zen2,skylke'], 'did you mean skylake?'],
    ['an empty list of CPUs', ['replay', TRACE, '--cpu', ''], '--cpu'],
    ['an unknown policy', ['replay', TRACE, '--policy', 'optuot'], 'did you mean optout?'],
    ['an unknown kernel', ['replay', TRACE, '--kernel', 'kaiserr'], 'did you mean kaiser?'],
    ['a kernel older than all', ['replay', TRACE, '--kernel', '2.6'], 'older than all'],
    ['a list of kernels', ['replay', TRACE, '--kernel', '5.13,6.1'], 'unknown kernel'],
    ['a kernel with letters at its end', ['replay', TRACE, '--kernel', '6.1foo'], 'did you mean 6.1?'],
    [
      'a selector without a lane for it',
      ['replay', TRACE, '--policy', 'pti', '--opt-out', 'root'],
      'add --policy optout',
    ],
    ['a wrapper back without a lane for it', ['replay', TRACE, '--policy', 'nopti', '--opt-in', 'root'], 'optout'],
    ['no name to write to', ['replay', TRACE, '-o', ''], '--output'],
    ['standard output as a folder', ['import', TRACE, '-o', '-'], './-'],
    ['a clock of nothing', ['replay', TRACE, '--ghz', '0'], '--ghz'],
    ['an unknown machine', ['replay', TRACE, '--virt', 'container'], 'bare, guest'],
    ['an unknown kind of selector', ['replay', TRACE, '--opt-out', 'com:make'], 'did you mean comm:'],
    ['a selector without its word', ['replay', TRACE, '--opt-out', 'comm:'], 'not a selector'],
    ['a process id that is none', ['replay', TRACE, '--opt-out', 'pid:make'], 'not a process id'],
    ['no trace', ['replay'], 'trace'],
    ['import without a place to write', ['import', TRACE], '--output'],
    ['a host fact that is none', ['replay', TRACE, '--host', 'pcd=1'], 'pcid='],
    ['a kernel of the host that is none', ['replay', TRACE, '--host', 'kernel=foo'], 'kernel=foo'],
    ['an unknown rule', ['replay', TRACE, '--rule', 'setids=gain'], 'did you mean setid?'],
    ['a choice that its rule has not', ['replay', TRACE, '--rule', 'setid=gains'], 'it takes change, gain'],
    ['a scenario that is not there', ['replay', TRACE, '--scenario', '/nowhere/s.json'], '/nowhere/s.json'],
    ['a scenario that is none', ['replay', TRACE, '--scenario', TRACE], 'not JSON'],
    [
      'a scenario without a lane for it',
      ['replay', TRACE, '--policy', 'pti', '--scenario', SCENARIO],
      'add --policy optout',
    ],
    ['a scenario for a process that is not there', ['replay', TRACE, '--scenario', SCENARIO], 'events[0].pid 99999'],
    ['a host fact without sense', ['replay', TRACE, '--host', 'pcid=maybe'], 'pcid=maybe'],
  ])('%s', async (_what, args, words) => {
    const ran = await run(args);
    expectFailure(ran, 2);
    expect(ran.stderr).toContain(words);
  });
});

describe.concurrent(
  'a selector that was given and matches nothing ends with 2, names the nearest, and writes nothing',
  () => {
    test.each([
      ['comm:stu', 'did you mean comm:setu?'],
      ['exe:*/setuu', 'did you mean exe:'],
      ['pid:22575', 'did you mean pid:2257'],
    ])('%s', async (selector, words) => {
      const output = temporary.fresh('out');
      const ran = await run(['replay', SETU, '--opt-out', selector, '-o', output]);
      expectFailure(ran, 2);
      expect(ran.stderr).toContain(words);
      expect(existsSync(output)).toBe(false);
    });

    test('also for the second wrapper', async () => {
      expectFailure(await run(['replay', SETU, '--opt-in', 'comm:nobody']), 2);
    });
  },
);

describe.concurrent('what the recording cannot tell ends with 4', () => {
  test('cgroups', async () => {
    const ran = await run(['replay', TRACE, '--opt-out', 'cgroup:*']);
    expectFailure(ran, 4);
    expect(ran.stderr).toContain('no cgroups');
  });

  test('the tree of a command that the recording does not name', async () => {
    // perf gives its child this name until the exec of the command.
    const at = Buffer.from(FILE).indexOf('perf-exec\0');
    const nameless = changed(FILE, (_view, bytes) => bytes.set(Buffer.from('something'), at));
    const ran = await run(['replay', temporary.file('nameless', nameless), '--opt-out', 'tree']);
    expectFailure(ran, 4);
    expect(ran.stderr).toContain('does not name the recorded command');
  });

  test('a recording with neither syscalls nor user faults', async () => {
    const without = ['sys_enter', 'sys_exit', 'page_fault_user'].reduce(renamed, FILE);
    expectFailure(await run(['replay', temporary.file('silent', without)]), 4);
  });
});

/** The file with another name for a tracepoint, in its format text. */
function renamed(file: Uint8Array, tracepoint: string): Uint8Array {
  const at = Buffer.from(file).indexOf(`name: ${tracepoint}\n`);
  return changed(file, (_view, bytes) => bytes.set(Buffer.from('x'), at + 'name: '.length));
}

describe.concurrent('selectors choose', () => {
  test.each([
    ['tree', 'true(22423)'],
    ['root', 'true(22423)'],
    ['pid:22423', 'true(22423)'],
    ['comm:tr*', 'true(22423)'],
    ['comm:t[r]u?', 'true(22423)'],
    ['exe:/bin/*', 'true(22423)'],
  ])('%s', async (selector, process) => {
    const ran = await run(['replay', TRACE, '--opt-out', selector]);
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(ran.stdout).toContain(`--opt-out ${selector} (1 process ${process})`);
  });
});
