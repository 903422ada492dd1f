import { expect, test } from 'vitest';
import { parseFormat, parseTracingData } from '../../src/trace/readers/perf-data/formats.ts';
import { fixture } from '../support/fixtures.ts';
import { takeApart } from '../support/perf-data.ts';

/** As tracefs shows it. */
const EXEC = `name: sched_process_exec
ID: 365
format:
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;
\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;
\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

\tfield:__data_loc char[] filename;\toffset:8;\tsize:4;\tsigned:0;
\tfield:pid_t pid;\toffset:12;\tsize:4;\tsigned:1;
\tfield:pid_t old_pid;\toffset:16;\tsize:4;\tsigned:1;

print fmt: "filename=%s pid=%d old_pid=%d", __get_str(filename), REC->pid, REC->old_pid
`;

const ENTER = `name: sys_enter
ID: 23
format:
\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

\tfield:long id;\toffset:8;\tsize:8;\tsigned:1;
\tfield:unsigned long args[6];\toffset:16;\tsize:48;\tsigned:0;
`;

/** TRACING_DATA of a real recording. */
const FILE = fixture('fx-true.perf.data');
const { offset, size } = takeApart(FILE).features.get(1)!;
const SECTION = FILE.slice(offset, offset + size);

test('a format has the name with its system, the id, and the place of each field', () => {
  const format = parseFormat('sched', EXEC);
  expect(format).toMatchObject({ name: 'sched:sched_process_exec', id: 365 });
  expect(Object.fromEntries(format!.fields)).toEqual({
    common_type: { offset: 0, size: 2, dataLoc: false },
    common_flags: { offset: 2, size: 1, dataLoc: false },
    common_preempt_count: { offset: 3, size: 1, dataLoc: false },
    common_pid: { offset: 4, size: 4, dataLoc: false },
    filename: { offset: 8, size: 4, dataLoc: true },
    pid: { offset: 12, size: 4, dataLoc: false },
    old_pid: { offset: 16, size: 4, dataLoc: false },
  });
});

test('an array is a field under its name without the brackets', () => {
  expect(parseFormat('raw_syscalls', ENTER)!.fields.get('args')).toEqual({ offset: 16, size: 48, dataLoc: false });
});

test.each(['', 'name: sys_enter\n', 'ID: 23\n', 'no format at all'])('%j is no format', (text) => {
  expect(parseFormat('raw_syscalls', text)).toBeUndefined();
});

test('the formats of a recording are found by their ids', () => {
  const formats = parseTracingData(SECTION)!;
  const names = [...formats.values()].map((format) => format.name).sort();
  expect(names).toContain('raw_syscalls:sys_enter');
  expect(names).toContain('sched:sched_switch');
  expect(names).toContain('tlb:tlb_flush');
  expect(names).toHaveLength(16);
  for (const [id, format] of formats) expect(format.id).toBe(id);
});

test('fields of a recording lie where the kernel that made it says', () => {
  const byName = new Map([...parseTracingData(SECTION)!.values()].map((format) => [format.name, format]));
  expect(byName.get('raw_syscalls:sys_enter')!.fields.get('args')).toMatchObject({ offset: 16, size: 48 });
  expect(byName.get('sched:sched_switch')!.fields.get('next_comm')).toMatchObject({ offset: 40, size: 16 });
  expect(byName.get('sched:sched_process_exec')!.fields.get('filename')).toMatchObject({ dataLoc: true });
});

test('formats cut anywhere are either whole or not there', () => {
  const whole = parseTracingData(SECTION)!;
  let absent = 0;
  for (let cut = 0; cut < SECTION.length; cut += 23) {
    const found = parseTracingData(SECTION.subarray(0, cut));
    if (found) expect(found.size).toBe(whole.size);
    else absent++;
  }
  expect(absent).toBeGreaterThan(100);
});

test.each([
  ['another magic', (bytes: Uint8Array) => bytes.set(Buffer.from('xracing'), 3)],
  ['big-endian', (bytes: Uint8Array) => bytes.set([1], 14)],
  ['a 32-bit machine', (bytes: Uint8Array) => bytes.set([4], 15)],
])('a section of %s is not read', (_what, change) => {
  const section = SECTION.slice();
  change(section);
  expect(parseTracingData(section)).toBeUndefined();
});
