/** Real output of perf 6.1 in many layouts and locales (traces/stat/layouts), and layouts of other versions. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCounts } from '../../src/counts/collect.ts';
import type { Counts } from '../../src/counts/counts.ts';
import { bytesOf } from '../../src/io/memory.ts';
import { STAT_FOLDER } from '../support/stat.ts';

const read = (data: string | Uint8Array): Promise<Counts> =>
  readCounts(bytesOf(typeof data === 'string' ? new TextEncoder().encode(data) : data, 'counts', 5));
const layout = (file: string): Uint8Array => readFileSync(join(STAT_FOLDER, 'layouts', file));

/** Values of the only group, or of the named ones, and what the output says besides. */
const valuesOf = ({ groups }: Counts): Readonly<Record<string, number>> =>
  Object.fromEntries(
    groups.flatMap(({ name, counts }) =>
      [...counts].map(([signal, { value }]) => [name === undefined ? signal : `${name} ${signal}`, value] as const),
    ),
  );

describe('locales', () => {
  // The same loop each time; clocks and faults differ from run to run and were copied from the files by hand.
  test.each([
    ['de_DE.UTF-8.txt', 9613, 46_870_000, 32_802_000],
    ['fr_FR.UTF-8.txt', 9613, 33_500_000, 26_184_000],
    ['fr_FR.ISO-8859-1.txt', 9622, 50_160_000, 38_629_000],
    ['de_CH.UTF-8.txt', 9613, 38_650_000, 28_447_000],
    ['hi_IN.UTF-8.txt', 9613, 33_870_000, 13_964_000],
  ])('%s', async (file, syscalls, taskClockNs, userNs) => {
    const counts = await read(layout(file));
    expect(valuesOf(counts)).toMatchObject({ syscalls, taskClockNs, userNs });
    expect(counts).toMatchObject({ userSeconds: userNs / 1e9, skipped: 0, unused: [], target: { kind: 'command' } });
  });

  test.each([
    ['de_DE.UTF-8.csv', 9613, 54_860_000, 41_774_000, 830],
    ['fr_FR.UTF-8.csv', 9613, 31_670_000, 17_806_000, 852],
    ['fr_FR.ISO-8859-1.csv', 9622, 46_320_000, 31_380_000, 841],
    ['de_CH.UTF-8.csv', 9613, 32_250_000, 25_650_000, 838],
  ])('%s, where the comma may be of a decimal', async (file, syscalls, taskClockNs, userNs, userFaults) => {
    const counts = await read(layout(file));
    expect(valuesOf(counts)).toEqual({ syscalls, taskClockNs, userNs, userFaults });
    expect(counts.skipped).toBe(0);
  });

  test('JSON that a decimal comma breaks', async () => {
    expect(valuesOf(await read(layout('de.json')))).toEqual({ syscalls: 9613, taskClockNs: 49_646_585 });
  });
});

describe('intervals', () => {
  test.each([
    ['de-I.txt', { syscalls: 1658 + 2204 + 741, taskClockNs: 229_030_000 + 207_760_000 + 80_960_000 }, 0.257431171],
    ['de-I.csv', { syscalls: 2792 + 2656 + 1438, taskClockNs: 213_580_000 + 214_910_000 + 102_550_000 }, 0.253096531],
    ['I.json', { syscalls: 202 + 2115 + 902, runtimeNs: 131_979_180 + 111_276_837 + 37_529_444 }, 0.138214733],
    // With --summary: counted once.
    ['Isum.txt', { syscalls: 4794, runtimeNs: 245_949_433 + 235_774_845 + 49_905_501 }, 0.264846452],
    ['Isum.csv', { syscalls: 4860, runtimeNs: 528_251_382 }, 0.256168806],
  ])('%s add up', async (file, values, elapsedSeconds) => {
    const counts = await read(layout(file));
    expect(valuesOf(counts)).toEqual(values);
    expect(counts.elapsedSeconds).toBe(elapsedSeconds);
  });

  test('of cgroups: one that did not run had nothing', async () => {
    const counts = await read(layout('Icg.txt'));
    expect(valuesOf(counts)).toEqual({
      'ptistat syscalls': 0,
      'ptistat runtimeNs': 0,
      '/ syscalls': 12195 + 2805 + 978,
      '/ runtimeNs': 220516883 + 214886061 + 112191796,
    });
    expect(counts.groups.map(({ ran }) => ran)).toEqual([false, true]);
  });
});

describe('parts of the machine add up', () => {
  test.each([
    ['A.csv', { syscalls: 1657 + 2357, runtimeNs: 124601165 + 141964474 }],
    ['A.json', { syscalls: 131 + 289, runtimeNs: 121772189 + 131083139 }],
    ['core.csv', { syscalls: 972 + 222, runtimeNs: 105965045 + 99888054 }],
    ['socket.txt', { syscalls: 873, runtimeNs: 221137930 }],
  ])('%s', async (file, values) => {
    const counts = await read(layout(file));
    expect(valuesOf(counts)).toEqual(values);
    expect(counts.target).toEqual({ kind: 'system' });
  });
});

describe('other options', () => {
  test.each([
    ['tab.csv', { syscalls: 109, runtimeNs: 1470753, taskClockNs: 1_010_000 }],
    ['space.csv', { syscalls: 1221, runtimeNs: 140912194, taskClockNs: 140_910_000 }],
    ['r3.csv', { syscalls: 9626, taskClockNs: 37_580_000, switches: 16 }],
    ['r3.txt', { syscalls: 9626, taskClockNs: 50_230_000, switches: 26 }],
    // Without privileges: what happens in the kernel is not counted, faults of user mode are.
    ['user.txt', { userFaults: 72, taskClockNs: 1_310_000 }],
  ])('%s', async (file, values) => {
    expect(valuesOf(await read(layout(file)))).toEqual(values);
  });

  test.each(['colon.csv', 'colons.csv'])('%s is refused: names hold its separator', async (file) => {
    await expect(read(layout(file))).rejects.toMatchObject({ kind: 'input', todo: 'count again with perf stat -x,' });
  });
});

/** Not recorded here: written as the versions' sources print it (linux tools/perf/builtin-stat.c, util/stat-display.c). */
describe('layouts of other versions', () => {
  test.each([
    [
      '4.x, clocks with six decimals and no unit',
      '       1234.567890      task-clock (msec)         #    0.998 CPUs utilized',
      { taskClockNs: 1_234_567_890 },
    ],
    [
      '3.x, shares in brackets',
      '         1,234,567      raw_syscalls:sys_enter                                       [33.29%]',
      { syscalls: 1_234_567 },
    ],
    [
      'a share in parentheses',
      '         1,234,567      raw_syscalls:sys_enter       #  1.0 M/sec     (33.29%)',
      { syscalls: 1_234_567 },
    ],
    ['groups of two', '       12,34,56,789      raw_syscalls:sys_enter', { syscalls: 123_456_789 }],
    ['a narrow blank', '      1\u202f234\u202f567      raw_syscalls:sys_enter', { syscalls: 1_234_567 }],
    ['a hard blank', '      1\u00a0234\u00a0567      raw_syscalls:sys_enter', { syscalls: 1_234_567 }],
    [
      'a cgroup',
      '   1,234      raw_syscalls:sys_enter   /system.slice/nginx.service',
      { '/system.slice/nginx.service syscalls': 1234 },
    ],
  ])('%s', async (_what, line, values) => {
    const counts = await read(
      `\n Performance counter stats for 'system wide':\n\n${line}\n\n       1.000 seconds time elapsed\n`,
    );
    expect(valuesOf(counts)).toEqual(values);
  });

  test.each([
    ['a time share', '1234,,raw_syscalls:sys_enter,205167404,33.29,,', { syscalls: 1234 }],
    ['no metric', '1234,,raw_syscalls:sys_enter,205167404,100.00', { syscalls: 1234 }],
    ['no unit', '1234,raw_syscalls:sys_enter,205167404,100.00', { syscalls: 1234 }],
    ['no time', '1234,raw_syscalls:sys_enter', { syscalls: 1234 }],
    ['a cgroup', '1234,,raw_syscalls:sys_enter,/a b,205167404,100.00,,', { '/a b syscalls': 1234 }],
    ['a cgroup of digits', '1234,,raw_syscalls:sys_enter,100,205167404,100.00,,', { '100 syscalls': 1234 }],
    [
      'interval, CPU and cgroup',
      '     1.000123456,CPU0,1234,,raw_syscalls:sys_enter,web,205167404,100.00,,',
      { 'web syscalls': 1234 },
    ],
    ['a bar', '1234||raw_syscalls:sys_enter|205167404|100.00||', { syscalls: 1234 }],
  ])('fields: %s', async (_what, line, values) => {
    expect(valuesOf(await read(`${line}\n`))).toEqual(values);
  });

  test('a scaled count keeps the share of its time', async () => {
    const { groups } = await read('1234,,raw_syscalls:sys_enter,205167404,33.29,,\n');
    expect(groups[0].counts.get('syscalls')).toEqual({ value: 1234, share: 0.3329 });
  });
});

describe('what cannot be told apart is no count', () => {
  test('one event twice', async () => {
    const { groups } = await read(
      '10,,tlb:tlb_flush,1000,100.00,,\n20,,tlb:tlb_flush,1000,100.00,,\n5,,raw_syscalls:sys_enter,1000,100.00,,\n',
    );
    expect(groups[0].counts.has('tlbFlushes')).toBe(false);
    expect(groups[0].missing.get('tlbFlushes')).toBe('ambiguous');
  });

  test('two names of one event count once', async () => {
    const { groups } = await read('10,,context-switches,1000,100.00,,\n11,,sched:sched_switch,1000,100.00,,\n');
    expect(groups[0].counts.get('switches')?.value).toBe(10);
  });

  test('a vector with a filter and without: the filtered one is used', async () => {
    const { groups } = await read(
      '3,,ptilab_irq_local_timer,1000,100.00,,\n10,,irq_vectors:local_timer_entry,1000,100.00,,\n4,,irq_vectors:reschedule_entry,1000,100.00,,\n',
    );
    expect(valuesOf({ groups } as Counts)).toEqual({ busyInterrupts: 3, interrupts: 4 });
  });

  test('1.234,567 is no whole number', async () => {
    const { groups, skipped } = await read(
      " Performance counter stats for 'x':\n\n   1.234,567      raw_syscalls:sys_enter\n   12  exceptions:page_fault_user\n",
    );
    expect([groups[0].counts.has('syscalls'), skipped]).toEqual([false, 1]);
  });
});

describe('refused', () => {
  test.each([
    ['nothing', '', 'the input is empty'],
    ['prose', 'hello\nworld\n', 'not the output of perf stat or of the bpftrace script'],
    ['bytes', '\u0000\u0001\u0002PERFILE2', 'not a text'],
    [
      'other events',
      " Performance counter stats for 'x':\n\n  1,234      cycles\n",
      'no event in it is one that ptilab counts',
    ],
    [
      'two outputs',
      " Performance counter stats for 'x':\n\n  12  raw_syscalls:sys_enter\n\n Performance counter stats for 'y':\n\n  12  raw_syscalls:sys_enter\n",
      '2 outputs of perf stat in one file',
    ],
  ])('%s', async (_what, text, what) => {
    await expect(read(text)).rejects.toMatchObject({ kind: 'input', what });
  });
});
