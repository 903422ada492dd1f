/** Recordings made here and now, where the machine permits them. */
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { holdCommand } from '../../src/cli/record/held-command.ts';
import { machineFacts } from '../../src/cli/record/machine.ts';
import { measurersHere } from '../../src/cli/record/measure.ts';
import { recordSession, type Session } from '../../src/cli/record/session.ts';
import { PtilabError } from '../../src/errors.ts';
import { findRecorder, planRecording } from '../../src/record/plan.ts';
import type { Plan } from '../../src/record/recorder.ts';
import { CLI, expectFailure, run } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder();
const facts = machineFacts();

/** None where this recorder cannot record here; says so once. */
function plansHere(recorder: string): readonly Plan[] {
  try {
    return planRecording(findRecorder(recorder), facts, { buffer: 2 ** 20 });
  } catch (error) {
    if (!(error instanceof PtilabError)) throw error;
    process.stderr.write(`Live recordings are skipped: ${error.message}\n`);
    return [];
  }
}

const PERF = plansHere('perf');
const STRACE = plansHere('strace');
const withPerf = test.skipIf(PERF.length === 0);
const withStrace = test.skipIf(STRACE.length === 0);

/** 300 times one system call, which a shell makes for nothing else. */
const WORK = ['/bin/sh', '-c', 'i=0; while [ $i -lt 300 ]; do kill -0 $$; i=$((i+1)); done; /bin/true; exit 3'];

interface Info {
  readonly trace: { readonly events: number; readonly coverage: Readonly<Record<string, string>> };
  readonly totals: { readonly forks: number; readonly syscallCounts: Readonly<Record<string, number>> };
}
async function infoOf(path: string): Promise<Info> {
  const { status, stdout } = await run(['info', '--json', path]);
  expect(status).toBe(0);
  return JSON.parse(stdout) as Info;
}

async function session(plans: readonly Plan[], output: string): Promise<{ notes: readonly string[]; done: Session }> {
  const notes: string[] = [];
  const done = await recordSession({
    argv: WORK,
    output,
    facts,
    plans,
    untraced: false,
    prepare: undefined,
    quiet: true,
    note: (line) => notes.push(line),
    onProgress: undefined,
  });
  return { notes, done };
}

const KILL = '62';

describe.each(PERF.map((plan) => ({ scope: plan.scope, plan })))('perf, limited to the $scope', ({ plan }) => {
  test('has every call of the command, and its exit code', async () => {
    const output = folder.fresh('a.perf.data');
    const { done } = await session([plan], output);
    const info = await infoOf(output);
    expect(done).toMatchObject({ status: 3, interrupted: false, lost: 0, events: info.trace.events });
    // The whole machine may hold calls of others.
    if (plan.scope === 'system') expect(info.totals.syscallCounts[KILL]).toBeGreaterThanOrEqual(300);
    else expect(info.totals.syscallCounts[KILL]).toBe(300);
  });
});

describe('a recording by perf', () => {
  withPerf('has the facts beside it, and nothing else is left behind', async () => {
    const output = folder.fresh('b.perf.data');
    const { done } = await session(PERF, output);
    const sidecar = JSON.parse(readFileSync(`${output}.host.json`, 'utf8')) as Record<string, unknown>;
    expect(sidecar).toMatchObject({
      schema: 'ptilab.host',
      version: 1,
      command: { pid: done.run.pid, argv: WORK },
      recorderPids: done.run.recorderPids,
      recorded: { recorder: 'perf', scope: done.run.plan.scope, events: done.events, lost: 0 },
    });
    expect(sidecar).not.toHaveProperty('untraced');
    expect(readdirSync(dirname(output)).sort()).toEqual(['b.perf.data', 'b.perf.data.host.json']);
  });

  withPerf('replaces one of ours', async () => {
    const output = folder.fresh('c.perf.data');
    await session(PERF, output);
    const { done } = await session(PERF, output);
    expect((await infoOf(output)).trace.events).toBe(done.events);
  });

  withPerf('keeps the times of a second run that did the same work', async () => {
    const output = folder.fresh('d.perf.data');
    const { status, stdout } = await run(['record', '--json', '--untraced', '-o', output, '--', '/bin/true']);
    expect(status).toBe(0);
    const answer = JSON.parse(stdout) as { readonly untraced: object | null };
    expect(answer.untraced).not.toBeNull();
    expect(JSON.parse(readFileSync(`${output}.host.json`, 'utf8'))).toHaveProperty('untraced.wall');
  });

  withPerf('drops the times of a second run that did other work, and says why', async () => {
    const output = folder.fresh('e.perf.data');
    const once = join(dirname(output), 'made');
    const line = 'test -e "$0" && exit; i=0; while [ $i -lt 60 ]; do /bin/true; i=$((i+1)); done; : > "$0"';
    const { status, stderr } = await run(['record', '--untraced', '-o', output, '--', '/bin/sh', '-c', line, once]);
    expect(status).toBe(0);
    expect(stderr).toMatch(/times without the recorder are dropped: the second run did other work, \d+ minor faults/);
    expect(JSON.parse(readFileSync(`${output}.host.json`, 'utf8'))).not.toHaveProperty('untraced');
  });

  withPerf('keeps them if --prepare undoes the work', async () => {
    const output = folder.fresh('f.perf.data');
    const once = join(dirname(output), 'made');
    const line = 'test -e "$0" && exit; i=0; while [ $i -lt 60 ]; do /bin/true; i=$((i+1)); done; : > "$0"';
    const args = ['record', '--prepare', `rm -f '${once}'`, '-o', output, '--', '/bin/sh', '-c', line, once];
    expect((await run(args)).stderr).not.toMatch(/dropped/);
    expect(JSON.parse(readFileSync(`${output}.host.json`, 'utf8'))).toHaveProperty('untraced.user');
  });

  withPerf('passes on a signal that ended the command as a shell does', async () => {
    const { status } = await run(['record', '-o', folder.fresh('g'), '--', '/bin/sh', '-c', 'kill -9 $$']);
    expect(status).toBe(137);
  });

  withPerf('is kept if the command is interrupted', async () => {
    const output = folder.fresh('h.perf.data');
    const child = spawn(
      process.execPath,
      [CLI, 'record', '-o', output, '--', '/bin/sh', '-c', 'echo on; exec sleep 60'],
      {
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    child.stdout.once('data', () => child.kill('SIGINT'));
    const status = await new Promise((resolve) => child.on('exit', resolve));
    expect(status).toBe(130);
    expect((await infoOf(output)).trace.events).toBeGreaterThan(0);
  });
});

describe('a recording by strace', () => {
  withStrace('has every call of the command, and its exit code', async () => {
    const output = folder.fresh('a.strace');
    const { done } = await session(STRACE, output);
    expect(done.status).toBe(3);
    expect((await infoOf(output)).totals.syscallCounts[KILL]).toBe(300);
  });
});

describe.skipIf(process.platform !== 'linux')('the command', () => {
  test.each(measurersHere())('measured by $id passes on how it ended, and its resources', async (measurer) => {
    const lines = 'i=0; while [ $i -lt 40 ]; do /bin/true; i=$((i+1)); done; exit 4';
    const argv = ['/bin/sh', '-c', lines];
    const command = await holdCommand({ argv, measurer, scratch: folder.fresh('usage'), quiet: true });
    command.go();
    const { status, resources } = await command.ended;
    expect(status).toBe(4);
    // A process that execs has some dozens at the least.
    expect(resources?.minorFaults).toBeGreaterThan(40 * 20);
    expect(resources?.voluntarySwitches === undefined).toBe(measurer.id === undefined);
  });
});

describe('what is refused before anything runs', () => {
  test.skipIf(PERF.length + STRACE.length === 0)(
    'a command that does not exist has the exit code of a shell',
    async () => {
      const recorder = PERF.length > 0 ? 'perf' : 'strace';
      const ran = await run(['record', '--recorder', recorder, '-o', folder.fresh('x'), '--', 'no-such-command']);
      expectFailure(ran, 127);
    },
  );

  test.skipIf(PERF.length + STRACE.length === 0)('a file that is not ours stays', async () => {
    const recorder = PERF.length > 0 ? 'perf' : 'strace';
    const output = folder.fresh('x');
    writeFileSync(output, 'mine');
    expectFailure(await run(['record', '--recorder', recorder, '-o', output, '--', 'true']), 5);
    expect(readFileSync(output, 'utf8')).toBe('mine');
  });

  test('a recorder that there is not', async () => {
    expectFailure(await run(['record', '--recorder', 'dtrace', '--', 'true']), 2);
  });

  test('no command', async () => {
    expectFailure(await run(['record']), 2);
  });

  withPerf('a dry run prints each step and runs none', async () => {
    const output = folder.fresh('x');
    const made = join(dirname(output), 'made');
    const ran = await run(['record', '--dry-run', '--prepare', `: > ${made}`, '-o', output, '--', 'make', 'a b']);
    expect(ran.status).toBe(0);
    const lines = ran.stdout.trimEnd().split('\n');
    expect(lines.filter((line) => line === "make 'a b'")).toHaveLength(2);
    expect(lines.filter((line) => line === `sh -c ': > ${made}'`)).toHaveLength(2);
    expect(readdirSync(dirname(output))).toEqual([]);
  });
});
