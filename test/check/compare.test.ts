import { expect, test } from 'vitest';
import { compareSections } from '../../src/check/compare.ts';
import type { Section } from '../../src/check/baseline.ts';
import type { GateResult } from '../../src/check/gate.ts';
import { checkResult, checkText } from '../../src/check/report.ts';

const section = (title: string, values: Readonly<Record<string, string>>): Section => ({
  title,
  values: new Map(Object.entries(values)),
});

const said = (gate: Partial<GateResult>): string =>
  checkText(
    checkResult(1, { compared: 100, differences: [], renewed: new Map(), extra: [], ...gate }, false, undefined),
  );

test('a value that changed is named with its lane, what it was and what it is', () => {
  const before = [section('recorded pti', { 'cycles.cr3': '100', 'cycles.flush': '7' })];
  const after = [section('recorded pti', { 'cycles.cr3': '110', 'cycles.flush': '7' })];
  const { compared, differences } = compareSections('fx-true', before, after);
  expect(compared).toBe(2);
  expect(differences).toEqual([
    { recording: 'fx-true', lane: 'recorded pti', value: 'cycles.cr3', old: '100', new: '110' },
  ]);
  expect(said({ differences })).toBe(
    'fx-true: recorded pti: cycles.cr3: 100 -> 110 (+10.0 %)\n1 recording, 100 values compared: 1 difference: cycles.cr3 1.\n',
  );
});

test('values are compared as they are written: the last digit of a number counts', () => {
  const [before, after] = ['0.1', '0.10000000000000002'].map((speedup) => [section('pti..nopti', { speedup })]);
  expect(compareSections('r', before, after).differences).toHaveLength(1);
});

test('a value that came or went is a difference', () => {
  const { compared, differences } = compareSections(
    'r',
    [section('s', { gone: '1', same: 'null' })],
    [section('s', { come: '2', same: 'null' })],
  );
  expect(compared).toBe(3);
  expect(differences.map(({ value, old, new: now }) => [value, old, now])).toEqual([
    ['come', undefined, '2'],
    ['gone', '1', undefined],
  ]);
});

test('a lane that came or went is one difference, whatever it holds', () => {
  const { compared, differences } = compareSections(
    'r',
    [section('s pti', { a: '1', b: '2' })],
    [section('s nopti', { a: '1', b: '2', c: '3' })],
  );
  expect(compared).toBe(5);
  expect(said({ differences })).toBe(
    'r: s nopti: not in the baselines\nr: s pti: only in the baselines\n1 recording, 100 values compared: 2 differences: whole lanes 2.\n',
  );
});

test('forty differences are listed, the rest is counted, and all are tallied', () => {
  const differences = Array.from({ length: 50 }, (_, i) => ({
    recording: 'r',
    lane: 'l',
    value: i < 45 ? 'cycles.cr3' : 'cycles.test',
    old: '1',
    new: '2',
  }));
  const lines = said({ differences }).trimEnd().split('\n');
  expect(lines).toHaveLength(42);
  expect(lines.slice(-2)).toEqual([
    'and 10 more',
    '1 recording, 100 values compared: 50 differences: cycles.cr3 45, cycles.test 5.',
  ]);
});

test('no difference is one line', () => {
  expect(said({})).toBe('1 recording, 100 values compared: no difference.\n');
});
