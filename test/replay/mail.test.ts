/**
 * The rules of the mail of 11 January 2018 that the default preset has, one by one, in real recordings: the writes of CR3 at crossings, beside counts
 * that the recorded program's source gives (traces/README.md) or that a second count makes of the events.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { join } from 'node:path';
import { openTrace } from '../../src/pipeline.ts';
import type { Transition } from '../../src/replay/optout/states.ts';
import type { Trace } from '../../src/trace/trace.ts';
import { KERNEL_BUILD, ROOT } from '../support/fixtures.ts';
import { withFile } from '../support/replay.ts';
import { replayScript, settled, type ReplayOptions, type ScriptRun } from './script.ts';
import { livesIn, lostAt, since, type Life } from './set-id-count.ts';
import { Op } from '../../src/cpu-model/operations.ts';

const TIMEOUT_MS = 120_000;
const at = (...path: readonly string[]): string => join(ROOT, 'traces', ...path);
const opened = <T>(path: string, act: (trace: Trace) => Promise<T>): Promise<T> =>
  withFile(path, async (source, host) => act(await openTrace(source, { host })));
const replayed = (path: string, options: ReplayOptions): Promise<ScriptRun> =>
  opened(path, (trace) => replayScript(trace, options));
const transitionsIn = ({ replayed: { optOuts } }: ScriptRun): readonly Transition[] =>
  optOuts.find((each) => each !== undefined)!.transitions;

const GETPPID = 110;

/** CR3 writes at the entries into a call and the returns from it, by pid. */
function writesOf({ replayed: { rows, causes, tree, lanes, optOuts } }: ScriptRun, nr: number): Map<number, number> {
  const lane = lanes[optOuts.findIndex((each) => each !== undefined)];
  const writes = new Map<number, number>();
  for (let row = 0; row < rows.size; row++) {
    if (causes.name(rows.causeOf(row)) !== `syscall:${nr}`) continue;
    const { pid } = settled(tree.processes[rows.processOf(row)]);
    const all = [Op.cr3WriteKeep, Op.cr3WriteFlush, Op.cr3WriteNoPcid].map((op) => lane.counts.get(row, op));
    writes.set(pid, (writes.get(pid) ?? 0) + all.reduce((a, b) => a + b, 0));
  }
  return writes;
}

describe.each([
  ['perf.data', at('opt-out-calls', 'opt-out-calls.perf.data.zst')],
  ['strace text', at('opt-out-calls', 'strace-opt-out-calls.strace')],
])('arch_prctl calls that a program makes itself, from %s', (_, path) => {
  const code = (value: number) => ({ nr: 158, arg0: `0x${value.toString(16)}`, arg1: 1 });
  const calls = [
    { ...code(0x7001), means: 'off' },
    { ...code(0x7002), means: 'on' },
    { ...code(0x7003), means: 'seal' },
  ] as const;
  const scenario = { calls: [...calls] };
  /** Writes at getppid, of the parent and of each of its two children, in the order of their births. */
  const writes = async (options: ReplayOptions): Promise<readonly number[]> =>
    [...writesOf(await replayed(path, { scenario, ...options }), GETPPID)].sort(([a], [b]) => a - b).map(([, n]) => n);

  test('nobody asks, nobody is out: 2 for each of 730, 40 and 50', async () => {
    expect(await writes({ scenario: {} })).toEqual([1460, 80, 100]);
  });

  test('off, now and not next, until on, off until seal: 2 for each of 100 + 300 + 60', async () => {
    expect((await writes({}))[0]).toBe(2 * (100 + 300 + 60));
  });

  test('inherited over fork and over exec: none for the 40 and the 50 of the children', async () => {
    expect((await writes({})).slice(1)).toEqual([0, 0]);
  });

  test('by inherit=fork an exec puts isolation back, by inherit=none a fork does', async () => {
    expect((await writes({ rules: ['inherit=fork'] })).slice(1)).toEqual([0, 100]);
    expect((await writes({ rules: ['inherit=none'] })).slice(1)).toEqual([80, 100]);
  });

  test.each([['effect=exec'], ['preset linus-2018']])(
    'by %s the address space of the parent stays isolated, and those of its children are not',
    async (which) => {
      const by = which === 'effect=exec' ? { rules: [which] } : { policies: ['nopti', 'pti', 'linus-2018'] };
      expect(await writes(by)).toEqual([1460, 0, 0]);
    },
  );

  test('seal is for good: what asks to be off behind it is refused', async () => {
    const asks = calls.map((call) => (call.means === 'on' ? { ...call, means: 'off' as const } : call));
    const run = await replayed(path, { scenario: { calls: asks } });
    expect([...writesOf(run, GETPPID).values()][0]).toBe(2 * (100 + 60));
    expect(run.trace.health.of('refused-opt-out')).toBe(1);
    expect((await writes({ scenario: { calls: asks }, rules: ['lock=global'] }))[0]).toBe(2 * 100);
  });
});

describe('servers that begin as root and give that up', () => {
  const path = at('server-start', 'server-start.perf.data.zst');
  const [NGINX, HAPROXY] = [9534, 9536];
  const [SETGID, SETUID] = [106, 105];
  let lives: readonly Life[];
  beforeAll(async () => {
    lives = await livesIn((act) => opened(path, act));
  }, TIMEOUT_MS);
  const lifeOf = (pid: number): Life => lives.find((each) => each.pid === pid)!;
  const crossingsSince = (pid: number, nr: number): number =>
    since(lifeOf(pid), lifeOf(pid).calls.find((each) => each.nr === nr)!.time);
  const everybody = (options: ReplayOptions = {}): Promise<ScriptRun> =>
    replayed(path, { optOut: ['root'], ...options });
  const writes = (run: ScriptRun, pid: number): number => run.process('optout', pid).crossing;

  test.each([
    ['nginx', NGINX],
    ['haproxy', HAPROXY],
  ])('cleared by setuid and friends: %s writes at every crossing from its setgid on', async (_, pid) => {
    const run = await everybody();
    expect(writes(run, pid)).toBe(crossingsSince(pid, SETGID));
    expect(crossingsSince(pid, SETGID)).toBeGreaterThan(1000);
  });

  test.each([['setid=gain'], ['setid=never']])('by %s neither server ever writes', async (rule) => {
    const run = await everybody({ rules: [rule] });
    expect([NGINX, HAPROXY].map((pid) => writes(run, pid))).toEqual([0, 0]);
  });

  test('by setid=drop each writes from its setuid on, which gives up the last id of root', async () => {
    const run = await everybody({ rules: ['setid=drop'] });
    expect([NGINX, HAPROXY].map((pid) => writes(run, pid))).toEqual(
      [NGINX, HAPROXY].map((pid) => crossingsSince(pid, SETUID)),
    );
  });

  test('by effect=exec neither does: the hot loop has the address space that was open', async () => {
    const run = await everybody({ rules: ['effect=exec'] });
    expect([NGINX, HAPROXY].map((pid) => writes(run, pid))).toEqual([0, 0]);
  });

  test('a second wrapper re-enables: nginx and what it makes write at every crossing, from its exec on', async () => {
    const run = await everybody({ optIn: ['exe:*/nginx'], rules: ['setid=never'] });
    expect(writes(run, NGINX)).toBe(lifeOf(NGINX).crossings.length);
    expect(writes(run, HAPROXY)).toBe(0);
  });

  test('forced on for good: from then on every crossing of everybody writes, and before it none', async () => {
    const { durationNs } = (await everybody()).replayed;
    const atNs = Math.floor(durationNs / 2);
    const run = await everybody({ rules: ['setid=never'], scenario: { events: [{ atNs, what: 'force' }] } });
    const expected = lives.reduce((all, life) => all + since(life, atNs), 0);
    expect(run.of('optout').writes.crossing).toBe(expected);
  });

  test('the whole process and not a thread: all threads of wrk, or by scope=thread the one that asks', async () => {
    const whole = await everybody();
    const wrk = whole.replayed.tree.processes.find(
      ({ exe, threaded }) => threaded && whole.trace.strings.text(exe).endsWith('/wrk'),
    )!;
    const { crossings } = lifeOf(wrk.pid);
    const atNs = crossings[Math.floor(crossings.length / 2)];
    const events = [{ atNs, pid: wrk.pid, what: 'off' as const }];
    const [process, thread] = await Promise.all(
      [[], ['scope=thread']].map((rules) => replayed(path, { rules, scenario: { events } })),
    );
    const all = crossings.length;
    const after = since(lifeOf(wrk.pid), atNs);
    // A thread in user mode by then comes in once more from two page tables.
    expect(writes(process, wrk.pid)).toBeGreaterThanOrEqual(all - after);
    expect(writes(process, wrk.pid)).toBeLessThanOrEqual(all - after + 2);
    // The main thread sleeps until the end: the other does the work.
    expect(writes(thread, wrk.pid)).toBeGreaterThan(all - 20);
    expect(after).toBeGreaterThan(500);
  });
});

describe('a build', () => {
  const wrapped = (options: ReplayOptions = {}): Promise<ScriptRun> =>
    replayed(KERNEL_BUILD.path, { optOut: ['tree'], ...options });

  test(
    'inherited over fork and exec: a wrapper around make is one around all that it starts',
    async () => {
      const run = await wrapped();
      const { tree } = run.replayed;
      const top = tree.processes.find(({ pid }) => pid === run.trace.commandPid)!;
      const isOf = (process: (typeof tree.processes)[number]): boolean =>
        process === top || (process.parent !== undefined && isOf(process.parent));
      const all = tree.processes.filter((process) => process === settled(process) && isOf(process));
      expect(all.length).toBeGreaterThan(600);
      expect(all.filter(({ pid }) => run.process('optout', pid).crossing > 0)).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test(
    'set*id calls of a child in the address space of make change no id, and so cost make nothing',
    async () => {
      expect(transitionsIn(await wrapped()).filter(({ event }) => event === 'setid')).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test(
    'by setid=call each of those children suspends the opt-out of make until it execs',
    async () => {
      const lives = await livesIn((act) => opened(KERNEL_BUILD.path, act));
      const spawned = lives.filter(({ calls }) => calls.length > 0);
      expect(spawned.length).toBe(227);
      // A make that was itself spawned has nothing left to lose.
      const clears = (): boolean => true;
      const losing = spawned.filter((life) => lostAt(life, clears) > -Infinity).length;
      expect(losing).toBeGreaterThan(100);
      const transitions = transitionsIn(await wrapped({ rules: ['setid=call'] }));
      const of = (event: string, to: string): number =>
        transitions.filter((each) => each.event === event && each.to === to).length;
      expect(of('setid', 'on')).toBe(losing);
      expect(of('clone-vm', 'on (shared mm)')).toBe(losing);
      expect(of('sharer-left', 'off (opted out)')).toBe(losing);
    },
    TIMEOUT_MS,
  );
});
