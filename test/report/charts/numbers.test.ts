import { expect, test } from 'vitest';
import { distinct, label, oneLine, wrapped } from '../../../src/report/charts/labels.ts';
import {
  count,
  percent,
  percentRange,
  scaled,
  scaledRange,
  share,
  time,
  timeUnitOf,
} from '../../../src/report/charts/numbers.ts';

/** With plain spaces. */
const plain = (text: string): string => text.replace(/[\u00a0\u202f]/g, ' ');

test.each([
  [0, '0'],
  [-0.0000001, '0.000000'],
  [0.0312, '0.031'],
  [0.61, '0.61'],
  [0.9996, '1.00'],
  [9.996, '10.0'],
  [99.96, '100'],
  [999.4, '999'],
  [999.6, '1.00 k'],
  [1_234_567, '1.23 M'],
  [-45_600_000_000, '−45.6 G'],
  [7e24, '7000000 E'],
])('%d is written %s', (value, text) => {
  expect(plain(scaled(value))).toBe(text);
});

test('an interval has the decimals and the prefix of its middle', () => {
  expect(plain(percentRange({ low: 0.095, mid: 0.163, high: 0.29 }))).toBe('0.16 % (0.10–0.29)');
  expect(plain(percentRange({ low: -1.8, mid: 6.86, high: 28.55 }))).toBe('6.86 % (−1.80 to 28.55)');
  expect(plain(percentRange({ low: 2, mid: 2, high: 2 }))).toBe('2.00 %');
  expect(plain(scaledRange({ low: 870_000, mid: 1_410_000, high: 19_400_000 }))).toBe('1.41 M (0.87–19.40)');
  expect(plain(scaledRange({ low: -2000, mid: 0, high: 40 }))).toBe('0.00 k (−2.00 to 0.04)');
});

test('a share is in whole percent, but never nothing or all of what is not', () => {
  expect(['1 of 3', '0 of 3', '3 of 3'].map((each) => plain(share(Number(each[0]), 3)))).toEqual([
    '33 %',
    '0 %',
    '100 %',
  ]);
  expect(plain(share(1, 1000))).toBe('less than 1 %');
  expect(plain(share(999, 1000))).toBe('more than 99 %');
});

test('counts are grouped, whatever the locale', () => {
  expect(plain(count(1_234_567))).toBe('1 234 567');
  expect(plain(percent(12.345))).toBe('12.3 %');
});

test('times have the largest unit that they have two of', () => {
  expect([0, 1999, 2000, 2e9, 1.3e11, 1e13].map((ns) => timeUnitOf(ns).name)).toEqual([
    'ns',
    'ns',
    'µs',
    's',
    'min',
    'h',
  ]);
  expect(plain(time(1.5e9))).toBe('1500 ms');
  expect(plain(time(948e6, timeUnitOf(2.4e9)))).toBe('0.95 s');
});

test('a label is one printable line, cut between letters', () => {
  expect(label('a\nb\u202ec\u0000')).toBe('a\\x0ab\\u{202e}c\\x00');
  expect(label('🚀🚀🚀🚀', 3)).toBe('🚀🚀…');
  expect(label('')).toBe('(no name)');
  expect(label(' \u00a0 ')).toBe('(no name)');
  expect(oneLine('  kept', 10)).toBe('  kept');
});

test('equal labels are numbered, also where a number is taken', () => {
  expect(distinct(['a', 'a', 'a (2)', 'b', 'a'])).toEqual(['a', 'a (2)', 'a (2) (2)', 'b', 'a (3)']);
});

test('lines break between words, before they are full', () => {
  expect(wrapped('one two three', 7)).toEqual(['one two', 'three']);
  expect(wrapped('incomprehensible', 5)).toEqual(['incomprehensible']);
});
