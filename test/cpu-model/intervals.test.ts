import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { combine, estimateOf, settingsOf, widthsOf, type Variable } from '../../src/cpu-model/intervals.ts';

const WRITE: Variable = { name: 'write', low: 190, mid: 200, high: 230 };
const READ: Variable = { name: 'read', low: 16, mid: 20, high: 60 };
const CLOCK: Variable = { name: 'clock', low: 2, mid: 4, high: 5 };

describe('one variable', () => {
  test('gives back its own range', () => {
    const settings = settingsOf([WRITE]);
    expect(estimateOf(settings.values('write'))).toEqual({ low: 190, mid: 200, high: 230 });
  });

  test('that divides swaps the ends', () => {
    const settings = settingsOf([CLOCK]);
    expect(estimateOf(combine((clock) => 100 / clock, settings.values('clock')))).toEqual({
      low: 20,
      mid: 25,
      high: 50,
    });
  });

  test('that moves a result to one side only widens that side, by the larger move', () => {
    const settings = settingsOf([{ name: 'x', low: -2, mid: 0, high: 3 }]);
    expect(estimateOf(combine((x) => x * x, settings.values('x')))).toEqual({ low: 0, mid: 0, high: 9 });
  });

  test('without a range is no doubt', () => {
    const settings = settingsOf([{ name: 'fixed', low: 7, mid: 7, high: 7 }]);
    expect(estimateOf(settings.values('fixed'))).toEqual({ low: 7, mid: 7, high: 7 });
    expect(widthsOf(settings.values('fixed'), settings)).toEqual([]);
  });
});

describe('two variables', () => {
  const settings = settingsOf([WRITE, READ]);

  test('add in squares, below and above apart', () => {
    // 3 writes and 10 reads: 3 · 10 = 30 and 10 · 4 = 40 below, 3 · 30 = 90 and 10 · 40 = 400 above.
    const cost = combine((write, read) => 3 * write + 10 * read, settings.values('write'), settings.values('read'));
    expect(estimateOf(cost)).toEqual({ low: 800 - 50, mid: 800, high: 800 + 410 });
  });

  test('are named by how much they widen, the widest first', () => {
    const cost = combine((write, read) => 3 * write + 10 * read, settings.values('write'), settings.values('read'));
    expect(widthsOf(cost, settings)).toEqual([
      { name: 'read', width: 440 },
      { name: 'write', width: 120 },
    ]);
  });

  test('do not move each other: each is moved alone', () => {
    expect([...settings.values('write')]).toEqual([200, 190, 230, 200, 200]);
    expect([...settings.values('read')]).toEqual([20, 20, 20, 16, 60]);
  });
});

test('a doubt that both sides of a difference share cancels', () => {
  const settings = settingsOf([WRITE, READ]);
  const one = combine((write, read) => 5 * write + read, settings.values('write'), settings.values('read'));
  const other = combine((write) => 5 * write, settings.values('write'));
  expect(estimateOf(combine((a, b) => a - b, one, other))).toEqual(estimateOf(settings.values('read')));
});

test('a doubt that both sides of a ratio share cancels', () => {
  const settings = settingsOf([CLOCK]);
  const share = combine((a, b) => a / b, settings.values('clock'), settings.values('clock'));
  expect(estimateOf(share)).toEqual({ low: 1, mid: 1, high: 1 });
});

test('a name is taken once, and an unknown one is a bug', () => {
  expect(() => settingsOf([WRITE, WRITE])).toThrow(/named twice/);
  expect(() => settingsOf([WRITE]).values('read')).toThrow(/no variable read/);
});

const variable = (name: string) =>
  fc
    .tuple(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 0, max: 1000 }))
    .map((values): Variable => {
      const [low, mid, high] = values.toSorted((a, b) => a - b);
      return { name, low, mid, high };
    });

test('an interval holds its middle, and mids of sums add up exactly', () => {
  fc.assert(
    fc.property(variable('a'), variable('b'), fc.nat(1e6), fc.nat(1e6), (a, b, m, n) => {
      const settings = settingsOf([a, b]);
      const [x, y] = [settings.values('a').map((v) => v * m), settings.values('b').map((v) => v * n)];
      const sum = estimateOf(combine((p, q) => p + q, x, y));
      expect(sum.low).toBeLessThanOrEqual(sum.mid);
      expect(sum.high).toBeGreaterThanOrEqual(sum.mid);
      expect(sum.mid).toBe(estimateOf(x).mid + estimateOf(y).mid);
      // Independent doubts together are narrower than their sum and wider than each.
      const widths = [estimateOf(x), estimateOf(y)].map(({ mid, high }) => high - mid);
      expect(sum.high - sum.mid).toBeLessThanOrEqual(widths[0] + widths[1] + 1e-6);
      expect(sum.high - sum.mid).toBeGreaterThanOrEqual(Math.max(...widths) - 1e-6);
    }),
  );
});
