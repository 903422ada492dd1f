/** Scenario files: what is refused, with the path of the fault; and what the parts of one ask for. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PtilabError } from '../../src/errors.ts';
import { parseScenario, requestsOf, rulesOf, type Scenario } from '../../src/replay/optout/scenario.ts';
import { FORK, replayScript, script } from './script.ts';

const HEAD = { schema: 'ptilab.scenario', version: 1 } as const;
const parsed = (fields: object): Scenario => parseScenario(JSON.stringify({ ...HEAD, ...fields }), 's.json');

function fault(text: string): string {
  try {
    parseScenario(text, 's.json');
  } catch (error) {
    if (error instanceof PtilabError && error.kind === 'usage') return error.message;
    throw error;
  }
  return 'none';
}

describe('a scenario with a fault', () => {
  test.each([
    ['{', /not JSON: s\.json/],
    ['[]', /s\.json: the file/],
    ['{"version":1}', /s\.json: schema: write one of ptilab\.scenario/],
    ['{"schema":"ptilab.scenario","version":2}', /s\.json: version: write one of 1/],
  ])('%s is refused', (text, message) => expect(fault(text)).toMatch(message));

  test.each([
    [{ optout: ['root'] }, /s\.json: optout: .*did you mean optOut\?/],
    [{ policy: 'hansen' }, /s\.json: policy: write one of hansen-2018, linus-2018/],
    [{ rules: { setid: 'gains' } }, /s\.json: rules\.setid: write one of change, gain, drop, call, never/],
    [{ rules: { setids: 'gain' } }, /s\.json: rules\.setids: .*did you mean setid\?/],
    [
      { calls: [{ nr: 158, arg0: '0x1', mean: 'off', means: 'off' }] },
      /s\.json: calls\[0\]\.mean: .*did you mean means\?/,
    ],
    [{ calls: [{ nr: 158, arg0: '0xg', means: 'off' }] }, /s\.json: calls\[0\]\.arg0/],
    [{ calls: [{ nr: 158, means: 'force' }] }, /s\.json: calls\[0\]\.means: write one of off, on, seal/],
    [
      {
        events: [
          { atNs: 1, pid: 1, what: 'off' },
          { atNs: 2, what: 'off' },
        ],
      },
      /s\.json: events\[1\]\.pid: is missing/,
    ],
    [{ events: [{ atNs: -1, pid: 1, what: 'off' }] }, /s\.json: events\[0\]\.atNs/],
    [{ secureExecs: [{ exe: '*/sudo', uid: -1 }] }, /s\.json: secureExecs\[0\]\.uid/],
    [{ startState: [{ pid: 0, state: 'off' }] }, /s\.json: startState\[0\]\.pid/],
  ])('%j is refused at that field', (fields, message) => {
    expect(fault(JSON.stringify({ ...HEAD, ...fields }))).toMatch(message);
  });

  test('of whatever form ends in one line of words', () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 4 }),
        fc.constantFrom('calls', 'events', 'rules', 'marks', 'credentials', 'x'),
        (value, key) => {
          expect(fault(JSON.stringify({ ...HEAD, [key]: value })).split('\n')).toHaveLength(1);
        },
      ),
    );
  });
});

describe('a scenario', () => {
  const context = { commandPid: 10 };

  test('has values of 64 bits, in any of their forms', () => {
    const { calls } = requestsOf(
      parsed({ calls: [{ nr: 1, arg0: '0xffffffffffffffff', arg2: '-1', arg3: 7, means: 'on' }] }),
      context,
    );
    expect([...calls![0].arguments]).toEqual([[0, 2n ** 64n - 1n], [2, 2n ** 64n - 1n], [3, 7n]]); // prettier-ignore
  });

  test('gives its rules as they are written on the command line', () => {
    expect(rulesOf(parsed({ rules: { setid: 'gain', scope: 'mm' } }))).toEqual(['scope=mm', 'setid=gain']);
  });

  test('takes ids that are left out from the real ones', () => {
    const { credentials } = requestsOf(parsed({ credentials: [{ pid: 5, uid: 3, euid: 0 }] }), context);
    expect(credentials!.get(5)).toMatchObject({ uid: 3, euid: 0, suid: 0, fsuid: 0 });
  });
});

describe('what a scenario asks for', () => {
  test('at a time is done before the first event that is not earlier: getpid 1 + 1, then 1 + 0, then 0 + 0', async () => {
    const recording = script().call(10, 'getpid').call(10, 'getpid').at(500_000).call(10, 'getpid').call(10, 'getpid');
    const run = await replayScript(recording, { scenario: { events: [{ atNs: 400_000, pid: 10, what: 'off' }] } });
    // The second call had returned by then; the third comes in isolated.
    expect(run.process('optout', 10).crossing).toBe(2 + 2 + (1 + 0) + 0);
    expect(run.replayed.optOuts[2]!.transitions).toMatchObject([
      { timeNs: 400_000, rule: 'events[0]', event: 'opt-out' },
    ]);
  });

  test('of a process that comes later is done when it is there', async () => {
    const recording = script().call(10, 'getpid').cpu(1).at(9_000).call(20, 'getpid');
    const run = await replayScript(recording, { scenario: { events: [{ atNs: 0, pid: 20, what: 'off' }] } });
    expect(run.state(20)).toBe('off (opted out)');
    expect(run.replayed.missed).toEqual([]);
  });

  test('of a process that is not there is left over', async () => {
    const run = await replayScript(script().call(10, 'getpid'), {
      scenario: { events: [{ atNs: 0, pid: 99, what: 'off' }] },
    });
    expect(run.replayed.missed).toMatchObject([{ name: 'events[0]', pid: 99 }]);
  });

  test('of ids at the start decides what a set*id call changes', async () => {
    const dropped = () => script().call(10, 'setuid', [1000]);
    const start = { startState: [{ pid: 10, state: 'off' as const }] };
    const unknown = await replayScript(dropped(), { scenario: start });
    const known = await replayScript(dropped(), { scenario: { ...start, credentials: [{ pid: 10, uid: 0, gid: 0 }] } });
    expect([unknown.state(10), known.state(10)]).toEqual(['off (opted out)', 'on']);
  });

  test('of marked programs is done by their exec, whoever runs them', async () => {
    const marks = [
      { exe: '*/server', means: 'off' as const },
      { exe: '*/cgi', means: 'on' as const },
    ];
    const server = script().enter(10, 'execve').exec(10, '/bin/server').exit(10);
    const child = server.enter(10, 'clone', FORK).fork(10, 11, FORK).exit(10).cpu(1).switch(0, 11).exit(11);
    const run = await replayScript(child.enter(11, 'execve').exec(11, '/bin/cgi').exit(11), { scenario: { marks } });
    expect([run.state(10), run.state(11)]).toEqual(['off (opted out)', 'on']);
    expect(run.replayed.optOuts[2]!.transitions.map(({ rule }) => rule)).toEqual([
      'mark */server',
      'inherit=fork+exec',
      'mark */cgi',
    ]);
  });
});
