import { describe, expect, test } from 'vitest';
import { replayTrace } from '../../../src/replay/engine.ts';
import { planLanes } from '../../../src/replay/lane-plan.ts';
import { Lane } from '../../../src/replay/lane.ts';
import type { OptOutRules } from '../../../src/replay/policies/index.ts';
import { parseSelector } from '../../../src/replay/optout/selectors.ts';
import type { Recording } from '../recording.ts';
import { replayScript, script, traceOf, VFORK, type ScriptRun } from '../script.ts';

/** A process that is out from the start and known to be root: 0 + 0 writes so far. */
const root = (): Recording => script().call(10, 'getuid', [], 0).call(10, 'geteuid', [], 0);
const replayed = (recording: Recording): Promise<ScriptRun> => replayScript(recording, { optOut: ['root'] });
const writes = async (recording: Recording): Promise<number> =>
  (await replayed(recording)).process('optout', 10).crossing;
const LEAVE = -1;

describe('a call that changes ids', () => {
  test('clears: setuid 0 + 1, the call after it 1 + 1', async () => {
    expect(await writes(root().call(10, 'setuid', [1000]).call(10, 'getpid'))).toBe(0 + 1 + 2);
  });

  test("clears by a group id too, as root's is taken to be 0: setgid 0 + 1", async () => {
    expect(await writes(root().call(10, 'setgid', [5]))).toBe(0 + 1);
  });

  test('of a user whose group nothing shows, the first group is where it began: setgid 0 + 0, the second 0 + 1', async () => {
    const user = script().call(10, 'getuid', [], 1000).call(10, 'geteuid', [], 1000);
    expect(await writes(user.call(10, 'setgid', [5]).call(10, 'setgid', [6]))).toBe(0 + 0 + 0 + 1);
  });

  test.each([
    ['the same id again', 'setuid', [0], 0],
    ['an id that is refused', 'setuid', [1000], -1],
    ['ids to leave as they are', 'setresuid', [LEAVE, LEAVE, LEAVE], 0],
    ['only the effective id, to what it is', 'setresuid', [LEAVE, 0, LEAVE], 0],
    ['a filesystem id that is only asked for', 'setfsuid', [LEAVE], 0],
  ] as const)('does not clear with %s: %s is 0 + 0 and the call after it 0 + 0', async (_, call, args, result) => {
    const run = await replayed(root().call(10, call, args, result).call(10, 'getpid'));
    expect(run.process('optout', 10)).toMatchObject({ entries: 4, exits: 4, crossing: 0 });
    expect(run.state(10)).toBe('off (opted out)');
  });

  test('clears once: the transition says which rule', async () => {
    const run = await replayed(root().call(10, 'setuid', [1000]).call(10, 'setuid', [1001]));
    const steps = run.replayed.optOuts[2]!.transitions.map(({ event, rule, to }) => [event, rule, to]);
    expect(steps).toEqual([
      ['start', '--opt-out root', 'off (opted out)'],
      ['setid', 'setid=change', 'on'],
    ]);
  });

  test('has no effect where the return was not recorded: 0 + 0 of the next call', async () => {
    expect(await writes(root().enter(10, 'setuid', 1000).call(10, 'getpid'))).toBe(0);
  });

  test('costs nothing in a lane without the opt-out: 2 + 1 calls of 1 + 1', async () => {
    const run = await replayed(root().call(10, 'setuid', [1000]));
    expect(run.process('pti', 10).crossing).toBe(3 * 2);
  });
});

describe('ids that the recording does not show', () => {
  test('the first value seen becomes the start value: setuid 0 + 0, inferred 4 ids in 1 call', async () => {
    const run = await replayed(script().call(10, 'setuid', [1000]).call(10, 'getpid'));
    expect(run.process('optout', 10).crossing).toBe(0);
    expect(run.replayed.inferred.credentials).toBe(1);
  });

  test('the second value differs from it: 0 + 0, then 0 + 1', async () => {
    expect(await writes(script().call(10, 'setuid', [1000]).call(10, 'setuid', [1001]))).toBe(0 + 1);
  });

  test('a value that differs from another known id clears: getuid 0 + 0, setuid 0 + 1', async () => {
    expect(await writes(script().call(10, 'getuid', [], 0).call(10, 'setuid', [1000]))).toBe(0 + 1);
  });

  test('setfsuid tells the id before it: setfsuid 0 + 0, setuid to another 0 + 1', async () => {
    expect(await writes(script().call(10, 'setfsuid', [LEAVE], 7).call(10, 'setuid', [8]))).toBe(0 + 1);
  });

  test('a child knows what its parent knew at its birth', async () => {
    const child = root().enter(10, 'fork').fork(10, 11).exit(10).cpu(1).switch(0, 11).exit(11);
    const run = await replayed(child.call(11, 'setuid', [1000]).cpu(0).call(10, 'getpid'));
    // birth 0, setuid 0 + 1; the parent keeps its own
    expect([run.process('optout', 11).crossing, run.process('optout', 10).crossing]).toEqual([1, 0]);
  });
});

describe('posix_spawn that resets ids in its vfork child', () => {
  const spawn = (before: Recording): Recording =>
    before
      .enter(10, 'vfork')
      .fork(10, 11, VFORK)
      .switch(10, 11, 'D')
      .exit(11)
      .call(11, 'setresgid', [LEAVE, 0, LEAVE])
      .call(11, 'setresuid', [LEAVE, 0, LEAVE])
      .enter(11, 'execve')
      .exec(11, '/bin/x')
      .exit(11)
      .switch(11, 10, 'R')
      .exit(10);

  test.each([
    ['known', root()],
    ['unknown', script()],
  ])('costs nobody the opt-out where the ids were %s: 0 writes of parent and child', async (_, before) => {
    const run = await replayed(spawn(before));
    expect([run.process('optout', 10).crossing, run.process('optout', 11).crossing]).toEqual([0, 0]);
    expect([run.state(10), run.state(11)]).toEqual(['off (opted out)', 'off (opted out)']);
  });
});

describe('the choices of the set-id rule', () => {
  /** Writes of the last call, 1 + 1 where the calls before it cleared. */
  async function last(setid: OptOutRules['setid'], recording: Recording): Promise<number> {
    const [{ policy, machine, ...facts }] = planLanes(
      { policies: ['hansen-2018'], cpus: ['skylake-sp'] },
      {},
      false,
    ).lanes;
    const rules = { ...policy, optOut: { ...policy.optOut!, setid } };
    const lane = new Lane(rules, machine, facts.evidence);
    const optOut = [parseSelector('root', { commandPid: undefined })];
    const before = new Lane(rules, machine, facts.evidence);
    await replayTrace(traceOf(recording), [before], { optOut, optIn: [] });
    await replayTrace(traceOf(recording.call(10, 'getpid')), [lane], { optOut, optIn: [] });
    return lane.sums.crossing - before.sums.crossing;
  }
  const dropped = (): Recording => root().call(10, 'setuid', [1000]);
  /** Only the effective id: the real and the saved one stay 0. */
  const lowered = (): Recording => root().call(10, 'setresuid', [0, 0, 0]).call(10, 'setresuid', [LEAVE, 1000, LEAVE]);
  const same = (): Recording => root().call(10, 'setuid', [0]);

  test.each([
    ['change', 2, 2, 0],
    ['gain', 0, 0, 0],
    ['drop', 2, 0, 0],
    ['call', 2, 2, 2],
    ['never', 0, 0, 0],
  ] as const)(
    '%s: %i writes after a drop, %i after a new effective id, %i after the same id',
    async (rule, ...expected) => {
      expect([await last(rule, dropped()), await last(rule, lowered()), await last(rule, same())]).toEqual(expected);
    },
  );

  test('an id that an ordinary user takes is gained: 2 writes by gain, 0 by drop', async () => {
    const taken = (): Recording =>
      script().call(10, 'getuid', [], 1000).call(10, 'geteuid', [], 1000).call(10, 'setuid', [5]);
    expect([await last('gain', taken()), await last('drop', taken())]).toEqual([2, 0]);
  });

  test('a real id that becomes the effective one changes ids but gains none: 2 writes by change, 0 by gain', async () => {
    const back = (): Recording =>
      script().call(10, 'getuid', [], 1000).call(10, 'geteuid', [], 0).call(10, 'setresuid', [LEAVE, 1000, LEAVE]);
    expect([await last('change', back()), await last('gain', back())]).toEqual([2, 0]);
  });
});
