import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Bytes } from '../../src/io/bytes.ts';
import { bytesOf } from '../../src/io/memory.ts';
import { spool } from '../../src/io/node/spool.ts';
import { openTrace } from '../../src/pipeline.ts';
import { EVENT_KINDS } from '../../src/trace/event.ts';
import { perfData } from '../../src/trace/readers/perf-data.ts';
import { eventsOf } from '../support/events.ts';
import { FIXTURES, fixture, KERNEL_BUILD } from '../support/fixtures.ts';
import { grown, reversed, takeApart } from '../support/perf-data.ts';
import { openBytes, withFile } from '../support/replay.ts';
import { temporaryFolder } from '../support/temporary.ts';

const temporary = temporaryFolder();
const BLOCK = 256 * 1024;

const eventsIn = async (bytes: Bytes): Promise<readonly string[]> =>
  eventsOf(await perfData.open(bytes, { strict: true }));

/** Another way to answer `readAt`. */
const answering = (data: Uint8Array, readAt: Bytes['readAt']): Bytes => ({ ...bytesOf(data), readAt });

describe.each(FIXTURES)('$name', ({ name, truth }) => {
  const file = fixture(`${name}.perf.data`);

  test('reads the same where each read gives a few bytes only', async () => {
    const few = answering(file, (offset, into) => {
      const some = file.subarray(offset, offset + Math.min(into.length, 1 + (offset % 37)));
      into.set(some);
      return some.length;
    });
    expect(await eventsIn(few)).toEqual(await eventsIn(bytesOf(file)));
  });

  test('reads the same where each read answers later', async () => {
    const later = answering(file, async (offset, into) => {
      await Promise.resolve();
      const some = file.subarray(offset, offset + Math.min(into.length, 4099));
      into.set(some);
      return some.length;
    });
    expect(await eventsIn(later)).toEqual(await eventsIn(bytesOf(file)));
  });

  test('reads the same from a stream of tiny chunks', async () => {
    const stream: Bytes = { ...bytesOf(file, 'stream', 13), readAt: undefined, length: undefined };
    const spooled = await spool(stream);
    expect(await eventsIn(spooled)).toEqual(await eventsIn(bytesOf(file)));
    await spooled.close();
  });

  test('reads the same wherever the edges of its blocks fall', { timeout: 60_000 }, async () => {
    const expected = await eventsIn(bytesOf(file));
    const { data } = takeApart(file);
    for (let into = 8; into < data.size; into += 4_093) {
      const padding = BLOCK - data.offset - into;
      expect(await eventsIn(bytesOf(grown(file, { padding }))), `edge at ${into} of the data`).toEqual(expected);
    }
  });

  test('reads the same events from a file with its records the other way round', async () => {
    const [forwards, backwards] = [await eventsIn(bytesOf(file)), await eventsIn(bytesOf(reversed(file)))];
    expect(backwards).toHaveLength(forwards.length);
    expect([...backwards].sort()).toEqual([...forwards].sort()); // events at one time may change places
    const times = backwards.map((event) => Number(event.split(' ')[0]));
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  test('has as many events of each kind as the other program counted', async () => {
    const counts = new Map<string, number>();
    for (const event of await eventsIn(bytesOf(file))) {
      const kind = event.split(' ')[1];
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    const same: Readonly<Record<string, string>> = {
      'sys-enter': 'raw_syscalls:sys_enter',
      'sys-exit': 'raw_syscalls:sys_exit',
      'fault-user': 'exceptions:page_fault_user',
      'fault-kernel': 'exceptions:page_fault_kernel',
      'device-irq': 'irq:irq_handler_entry',
      'tlb-flush': 'tlb:tlb_flush',
      'new-task': 'task:task_newtask',
      switch: 'sched:sched_switch',
      fork: 'sched:sched_process_fork',
      exec: 'sched:sched_process_exec',
      exit: 'sched:sched_process_exit',
    };
    for (const [ours, theirs] of Object.entries(same))
      expect(counts.get(ours) ?? 0, ours).toBe(truth.per_kind[theirs] ?? 0);
    expect([...counts.keys()].filter((kind) => !(EVENT_KINDS as readonly string[]).includes(kind))).toEqual([]);
  });
});

test.each([...FIXTURES, KERNEL_BUILD])('the events of $name come in the order of time', async ({ path }) => {
  let latest = -Infinity;
  let earlier = 0;
  await withFile(path, async (source) => {
    const trace = await openTrace(source, {});
    await trace.readEvents((batch, from, to) => {
      for (let row = from; row < to; row++) {
        if (batch.time[row] < latest) earlier++;
        latest = batch.time[row];
      }
    });
  });
  expect(earlier).toBe(0);
  expect(latest).toBeGreaterThan(0);
});

test('a task older than the recording has the name that perf wrote at its beginning', async () => {
  const trace = await openBytes(fixture('fx-true.perf.data'));
  const [first] = await eventsOf(trace);
  expect(first).toMatch(/^-?\d+ rename -1 \d+ \d+ .*"perf-exec" ""$/);
});

test('the command and its process are known from what perf wrote of itself', async () => {
  const trace = await openBytes(fixture('fx-true.perf.data'));
  expect(trace).toMatchObject({
    format: 'perf.data',
    recorderName: 'perf',
    commandPid: 22_423,
    host: { arch: 'x86_64', cpus: 2, command: { argv: ['/bench/cg', '/bin/true'] } },
  });
});

test.each(readdirSync(dirname(FIXTURES[0].path)).filter((file) => file.includes('.perf.data')))(
  '%s is recognised by its content under another name',
  async (file) => {
    const format = await withFile(temporary.file('unknown', fixture(file)), async (source) => {
      return (await openTrace(source, {})).format;
    });
    expect(format).toBe('perf.data');
  },
);
