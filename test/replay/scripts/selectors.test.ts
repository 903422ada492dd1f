import { describe, expect, test } from 'vitest';
import { PtilabError } from '../../../src/errors.ts';
import { globOf, nearestMatch, parseSelector } from '../../../src/replay/optout/selectors.ts';
import type { Recording } from '../recording.ts';
import { FORK, replayScript, script } from '../script.ts';

const NOBODY = { commandPid: undefined };
/** 10 runs /bin/make and forks 11, which runs /usr/lib/cc1; 20 is a daemon. */
const build = (): Recording =>
  script()
    .listed(20, 20, 'daemon')
    .exec(10, '/bin/make')
    .exit(10)
    .enter(10, 'clone', FORK)
    .fork(10, 11, FORK)
    .exit(10)
    .cpu(1)
    .switch(0, 11)
    .exit(11)
    .enter(11, 'execve')
    .exec(11, '/usr/lib/cc1')
    .exit(11)
    .cpu(2)
    .call(20, 'getpid');

async function chosen(selector: string, recording = build()): Promise<readonly number[]> {
  const { replayed } = await replayScript(recording, { optOut: [selector] });
  return replayed.wrappers.chosen[0].map((process) => process.pid);
}

describe('a selector chooses', () => {
  test.each([
    ['root', [10, 20]],
    ['pid:10', [10]],
    ['pid:11', [11]],
    ['pid:12', []],
    ['comm:make', [10]],
    ['comm:cc1', [11]],
    ['comm:cc*', [11]],
    ['comm:c', []],
    ['comm:daemon', [20]],
    ['exe:/bin/make', [10]],
    ['exe:*/cc1', [11]],
    ['exe:cc1', []],
    ['exe:*', [10, 11]],
  ])('%s: processes %j', async (selector, pids) => {
    expect(await chosen(selector)).toEqual(pids);
  });

  test('tree: the recorded command, whose children follow by inheritance', async () => {
    const recording = build();
    recording.commandPid = 10;
    const run = await replayScript(recording, { optOut: ['tree'] });
    expect(run.replayed.wrappers.chosen[0].map((process) => process.pid)).toEqual([10]);
    expect([run.state(10), run.state(11), run.state(20)]).toEqual(['off (opted out)', 'off (opted out)', 'on']);
  });

  test('no kernel thread, whatever its name', async () => {
    expect(await chosen('comm:kworker*', script().named(30, 'kworker/0:1').switch(0, 30).irq(30))).toEqual([]);
  });

  test('a pid that is used again: both of its processes, each where it first execs', async () => {
    const first = script().fork(10, 11, FORK).cpu(1).switch(0, 11).exit(11).exec(11, '/bin/a').exit(11).end(11);
    const again = first.switch(11, 0, 'Z').cpu(0).fork(10, 11, FORK).cpu(1).switch(0, 11).exit(11);
    expect(await chosen('pid:11', again.exec(11, '/bin/b').exit(11))).toEqual([11, 11]);
  });
});

describe('what is no selector', () => {
  const failureOf = (text: string): PtilabError => {
    try {
      parseSelector(text, NOBODY);
    } catch (error) {
      if (error instanceof PtilabError) return error;
      throw error;
    }
    throw new Error('it was taken for one');
  };

  test.each([
    '',
    'rot',
    'root:',
    'root:1',
    'comm',
    'comm:',
    'pid',
    'pid:',
    'pid:x',
    'pid:-1',
    'pid:1.5',
    'pid:99999999999',
  ])('%j is refused as wrong usage', (text) => {
    expect(failureOf(text).kind).toBe('usage');
  });

  test.each([
    ['rot', 'root'],
    ['com:x', 'comm:cc1'],
    ['pdi:7', 'pid:417'],
    ['constructor:x', 'root'],
  ])('%s: the nearest is told as %s', (text, nearest) => {
    expect(failureOf(text).todo).toContain(`did you mean ${nearest}`);
  });

  test('tree cannot be told where the recording does not name the command', () => {
    expect(failureOf('tree').kind).toBe('cannot-tell');
  });

  test('cgroup cannot be told where the recording has none', () => {
    expect(failureOf('cgroup:/x').kind).toBe('cannot-tell');
  });

  test.each(['comm:[z-a]', 'exe:[b-a]*', 'comm:[a-\\]'])(
    '%s has a range that is none: refused as wrong usage',
    (text) => {
      expect(failureOf(text).kind).toBe('usage');
    },
  );

  test('the text of a message has no control characters of what was typed', () => {
    expect(failureOf('\u001b[31mroot').message).not.toContain('\u001b');
  });
});

describe('globs', () => {
  test.each([
    ['cc1', ['cc1'], ['cc', 'cc11', 'xcc1', 'CC1']],
    ['*', ['', 'a', '/a/b', 'a\nb'], []],
    ['cc*', ['cc', 'cc1plus'], ['acc']],
    ['*/cc1', ['/usr/lib/gcc/cc1', '/cc1'], ['cc1', '/cc1/x']],
    ['a**b', ['ab', 'a/x/b'], ['a']],
    ['cc?', ['cc1', 'cc/'], ['cc', 'cc12']],
    ['?', ['x', '💡'], ['', 'xy']],
    ['[abc]x', ['ax', 'cx'], ['x', 'dx', 'abx']],
    ['[a-c]', ['a', 'b', 'c'], ['d', '-']],
    ['[!a-c]', ['d', '!'], ['a', '']],
    ['[]a]', [']', 'a'], ['b', '[]a]']],
    ['[!]a]', ['b', '!'], [']', 'a']],
    ['[a-]', ['a', '-'], ['b']],
    ['[^a]', ['^', 'a'], ['b']],
    ['[\\]', ['\\'], ['a']],
    ['[a', ['[a'], ['a']],
    ['a]', ['a]'], ['a']],
    ['[!]', ['[!]'], ['a']],
    ['a.b', ['a.b'], ['axb']],
    ['a+(b|c)$^{1}\\d', ['a+(b|c)$^{1}\\d'], ['aab', 'a+b']],
    ['kworker/0:1', ['kworker/0:1'], ['kworker/0:11']],
    ['a-b#c&&d~e', ['a-b#c&&d~e'], ['a']],
    ['', [''], ['a']],
  ])('%j matches %j and not %j', (glob, yes, no) => {
    const pattern = globOf(glob);
    expect(yes.filter((text) => !pattern.test(text))).toEqual([]);
    expect(no.filter((text) => pattern.test(text))).toEqual([]);
  });

  test('many stars on a long path end in time: a tenth of a second would be 100 times too long', () => {
    const started = performance.now();
    expect(globOf('*a*a*a*a*a*b').test('a'.repeat(80))).toBe(false);
    expect(performance.now() - started).toBeLessThan(100);
  });
});

describe('the nearest match', () => {
  const nearestTo = async (selector: string): Promise<string | undefined> => {
    const { replayed, trace } = await replayScript(build());
    const processes = replayed.tree.processes.filter((process) => !process.kernel);
    return nearestMatch(parseSelector(selector, NOBODY), processes, trace.strings);
  };

  test.each([
    ['comm:mkae', 'comm:make'],
    ['comm:deamon', 'comm:daemon'],
    ['exe:/bin/mak', 'exe:/bin/make'],
    ['pid:200', 'pid:20'],
    ['root', undefined],
  ])('to %s is %s', async (selector, nearest) => {
    expect(await nearestTo(selector)).toBe(nearest);
  });
});
