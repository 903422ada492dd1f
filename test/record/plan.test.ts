import { describe, expect, test } from 'vitest';
import { EVENTS } from '../../src/record/events.ts';
import type { MachineFacts } from '../../src/record/machine-facts.ts';
import { findRecorder, planRecording } from '../../src/record/plan.ts';
import type { Plan } from '../../src/record/recorder.ts';
import { ROOT_ON_LINUX } from './facts.ts';

const plansOf = (facts: Partial<MachineFacts>, recorder = 'perf'): readonly Plan[] =>
  planRecording(findRecorder(recorder), { ...ROOT_ON_LINUX, ...facts }, { buffer: undefined });
const NAMES = { output: '/out/.staging', pid: '77', cgroup: 'a/ptilab-1' };
const wordsOf = (plan: Plan | undefined): readonly string[] => plan?.command(NAMES, plan.buffer) ?? [];
const after = (words: readonly string[], option: string): readonly string[] =>
  words.flatMap((word, i) => (word === option ? [words[i + 1] ?? ''] : []));
const FREE = EVENTS.filter(({ free }) => free).map(({ name }) => name);

describe('with perf', () => {
  test('the scopes are tried from the narrowest that shows both directions of a switch', () => {
    expect(plansOf({}).map(({ scope }) => scope)).toEqual(['cgroup', 'system', 'tree']);
    expect(plansOf({ cgroup: undefined }).map(({ scope }) => scope)).toEqual(['system', 'tree']);
  });

  test('in a cgroup each event has its name, and those of the whole machine come first with none', () => {
    const words = wordsOf(plansOf({})[0]);
    const events = after(words, '-e');
    const limits = (after(words, '-G')[0] ?? '').split(',');
    expect([...events].sort()).toEqual(EVENTS.map(({ name }) => name).sort());
    expect(limits).toHaveLength(EVENTS.length);
    expect(events.slice(0, 2)).toEqual(['sched:sched_switch', 'sched:sched_waking']);
    expect(limits.slice(0, 3)).toEqual(['', '', 'a/ptilab-1']);
    expect(words).toContain('-a');
    expect(words).toContain('--all-cgroups');
  });

  test('the whole machine is recorded without what the recorder itself calls, but with its switches', () => {
    const words = wordsOf(plansOf({ cgroup: undefined })[0]);
    const excluded = words.flatMap((word, i) => (word === '--exclude-perf' ? [words[i - 1]] : []));
    expect(excluded).toEqual(EVENTS.filter(({ wide }) => !wide).map(({ name }) => name));
    expect(after(words, '-G')).toEqual([]);
  });

  test('a tree is that of the waiting task, with records of its switches', () => {
    const words = wordsOf(plansOf({}).at(-1));
    expect(after(words, '-p')).toEqual(['77']);
    expect(words).toContain('--switch-events');
    expect(words).not.toContain('-a');
  });

  test('who may not trace gets the system calls of their own tasks, and a line that says how to get more', () => {
    const plans = plansOf({ mayTrace: false, mayLock: false });
    expect(plans.map(({ scope }) => scope)).toEqual(['tree']);
    expect(after(wordsOf(plans[0]), '-e')).toEqual(FREE);
    expect(plans[0]?.lines.join('\n')).toMatch(/paranoid is 2: run as root/);
  });

  test('a permissive kernel needs no capability', () => {
    expect(after(wordsOf(plansOf({ mayTrace: false, paranoid: -1 }).at(-1)), '-e')).toHaveLength(EVENTS.length);
  });

  test.each(EVENTS)('without $name it is left out, with a line on what is then not covered', ({ name, shows }) => {
    const [plan] = plansOf({ tracepoints: new Set(EVENTS.map((each) => each.name).filter((each) => each !== name)) });
    expect(after(wordsOf(plan), '-e')).not.toContain(name);
    expect(plan?.lines).toEqual([`not recorded, ${shows}: ${name}: this kernel has no such tracepoint`]);
  });

  test('options that this perf does not have are left out', () => {
    const [plan] = plansOf({ perf: { path: 'perf', can: new Set() } });
    expect(wordsOf(plan).filter((word) => word.startsWith('--'))).toEqual([]);
  });

  test.each<[string, Partial<MachineFacts>, RegExp]>([
    ['no perf', { perf: undefined }, /perf is not there: PATH: install it/],
    ['no tracefs', { tracefs: { problem: 'not mounted' } }, /tracefs is not mounted/],
    ['no permission for tracefs', { tracefs: { problem: 'not readable' } }, /run as root/],
    ['no tracepoint that matters', { tracepoints: new Set(['sched:sched_switch']) }, /neither system calls nor/],
    ['another system', { platform: 'darwin' }, /recording needs Linux: darwin/],
    ['another architecture', { arch: 'arm64' }, /x86-64: arm64/],
  ])('%s is refused in one line', (_, facts, line) => {
    expect(() => plansOf(facts)).toThrow(line);
  });
});

describe('with strace', () => {
  test('it starts the command, steps aside and says what it cannot show', () => {
    const [plan] = plansOf({}, 'strace');
    expect(wordsOf(plan)).toEqual(['/usr/bin/strace', '-D', '-f', '-ttt', '-T', '-n', '-o', '/out/.staging', '--']);
    expect(plan?.lines.join('')).toMatch(/no page faults, interrupts, switches or CPU time/);
  });

  test('an old one is not asked for numbers', () => {
    expect(wordsOf(plansOf({ strace: { path: 'strace', can: new Set() } }, 'strace')[0])).not.toContain('-n');
  });

  test('without it a line says what to install', () => {
    expect(() => plansOf({ strace: undefined }, 'strace')).toThrow(/strace is not there: PATH: install it/);
  });
});

test('an unknown recorder is refused and the known are named', () => {
  expect(() => findRecorder('dtrace')).toThrow(/unknown recorder: dtrace: take perf or strace/);
});
