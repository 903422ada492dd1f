import { describe, expect, test } from 'vitest';
import { coverageOf, SIGNALS } from '../../src/trace/coverage.ts';
import {
  clearRows,
  copyRow,
  createBatch,
  DEPTH_UNKNOWN,
  EVENT_KINDS,
  Kind,
  type EventBatch,
} from '../../src/trace/event.ts';
import { createHealth, HEALTH } from '../../src/trace/health.ts';
import { createStringTable } from '../../src/trace/strings.ts';

describe('the table of texts', () => {
  test('gives a text the same id each time, and different texts different ids', () => {
    const strings = createStringTable();
    const [a, b] = [strings.intern('make'), strings.intern('cc1')];
    expect(strings.intern('make')).toBe(a);
    expect(a).not.toBe(b);
    expect([strings.text(a), strings.text(b)]).toEqual(['make', 'cc1']);
    expect(strings.size).toBe(3);
  });

  test('has the empty text as 0', () => {
    const strings = createStringTable();
    expect(strings.intern('')).toBe(0);
    expect(strings.text(0)).toBe('');
  });

  test('keeps names that mean something to JavaScript', () => {
    const strings = createStringTable();
    const names = ['__proto__', 'constructor', 'toString', '0', ' ', 'a\u0000b'];
    const ids = names.map((name) => strings.intern(name));
    expect(ids.map((id) => strings.text(id))).toEqual(names);
    expect(new Set(ids).size).toBe(names.length);
  });

  test('has no text for an id it never gave', () => {
    expect(createStringTable().text(7)).toBe('');
  });
});

describe('health', () => {
  test('counts, and keeps the place where something first happened', () => {
    const health = createHealth();
    health.count('damaged-record', { byte: 100 });
    health.count('damaged-record', { byte: 200 }, 5);
    expect(health.of('damaged-record')).toBe(6);
    expect(health.entries()).toEqual([
      { key: 'damaged-record', count: 6, first: { byte: 100 }, ...HEALTH['damaged-record'] },
    ]);
  });

  test('lists what was counted in its own order, whatever came first', () => {
    const health = createHealth();
    for (const key of ['reused-id', 'lost', 'truncated'] as const) health.count(key);
    expect(health.entries().map(({ key }) => key)).toEqual(['truncated', 'lost', 'reused-id']);
  });

  test('of what never happened is 0', () => {
    expect(createHealth().of('lost')).toBe(0);
    expect(createHealth().entries()).toEqual([]);
  });
});

test('coverage names every signal: recorded before inferred before absent', () => {
  const coverage = coverageOf(new Set(['syscalls']), new Set(['syscalls', 'nmis']));
  expect(Object.keys(coverage)).toEqual([...SIGNALS]);
  expect(coverage).toMatchObject({ syscalls: 'recorded', nmis: 'inferred', wakeups: 'absent' });
});

describe('a batch of events', () => {
  test('knows each kind by the number of its name', () => {
    const camel = (name: string): string => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    expect(Object.entries(Kind)).toEqual(EVENT_KINDS.map((name, i) => [camel(name), i]));
  });

  test('shows an argument bit for bit as two words', () => {
    const batch = createBatch(2);
    batch.args[6] = 0xffff_ffff_0000_0001n;
    expect([batch.argWords[12], batch.argWords[13]]).toEqual([1, 0xffff_ffff]);
  });

  test('copies a row with every column', () => {
    const [from, to] = [createBatch(3), createBatch(3)];
    const columns = (batch: EventBatch): readonly (readonly [name: string, bytes: Uint8Array])[] =>
      Object.entries(batch).flatMap(([name, column]: [string, unknown]) =>
        ArrayBuffer.isView(column) ? [[name, new Uint8Array(column.buffer)] as const] : [],
      );
    for (const [, bytes] of columns(from)) bytes.fill(7);
    copyRow(from, 1, to, 2);
    expect(columns(to)).toHaveLength(15);
    for (const [name, bytes] of columns(to)) {
      const row = bytes.length / 3;
      expect([...bytes], name).toEqual([...new Uint8Array(2 * row), ...new Uint8Array(row).fill(7)]);
    }
  });

  test('is cleared from a row on, with an unknown depth', () => {
    const batch = createBatch(2);
    for (const column of [batch.nr, batch.depth, batch.flags, batch.text, batch.text2]) column.fill(9);
    clearRows(batch, 1);
    expect([batch.nr, batch.depth, batch.flags, batch.text, batch.text2].map((column) => [...column])).toEqual([
      [9, 0],
      [9, DEPTH_UNKNOWN],
      [9, 0],
      [9, 0],
      [9, 0],
    ]);
  });
});
