import { describe, expect, test } from 'vitest';
import { openTrace } from '../../src/pipeline.ts';
import { EVENT_KINDS } from '../../src/trace/event.ts';
import { FIXTURES, fixturePath, KERNEL_BUILD, PERF_VARIANTS } from '../support/fixtures.ts';
import { replayFile, withFile } from '../support/replay.ts';
import { totalsOf } from '../support/truth.ts';

/** Kinds of events that are records of the recorder's own, and no samples. */
const NO_SAMPLE: ReadonlySet<string> = new Set(['lost', 'switch-in', 'noted-fork', 'noted-exec', 'noted-exit']);

/** Those without tracepoints for births and ends take them from other records, which nobody else counted. */
const WITH_LIFECYCLE = PERF_VARIANTS.filter(({ truth }) => 'sched:sched_process_exit' in truth.per_kind);

describe.each([...FIXTURES, ...WITH_LIFECYCLE, KERNEL_BUILD])(
  '$name, counted by another program',
  ({ path, truth }) => {
    test('has the same totals and the same calls of each number', async () => {
      const { result } = await replayFile(path);
      expect(result.totals).toEqual(totalsOf(truth));
    });

    test('has as many samples, the first and the last at the same microsecond', async () => {
      const times = { first: Infinity, last: -Infinity };
      const trace = await withFile(path, async (source) => {
        const opened = await openTrace(source, {});
        await opened.readEvents((batch, from, to) => {
          for (let row = from; row < to; row++) {
            if (batch.cpu[row] < 0 || NO_SAMPLE.has(EVENT_KINDS[batch.kind[row]])) continue;
            times.first = Math.min(times.first, batch.time[row]);
            times.last = Math.max(times.last, batch.time[row]);
          }
        });
        return opened;
      });
      expect(trace.samples).toBe(truth.events);
      const microseconds = (ns: bigint): bigint => ns / 1000n;
      expect(microseconds(trace.originNs + BigInt(times.first))).toBe(microseconds(BigInt(truth.first_ns)));
      expect(microseconds(trace.originNs + BigInt(times.last))).toBe(microseconds(BigInt(truth.last_ns)));
    });

    test('lasts from its first sample to its last', async () => {
      const { durationNs } = (await replayFile(path)).result.trace;
      // Both ends are cut to microseconds.
      expect(Math.abs(durationNs - (truth.last_ns - truth.first_ns))).toBeLessThanOrEqual(1_000);
    });

    test('lost nothing', async () => {
      const { result } = await replayFile(path);
      expect(result.trace.health.filter(({ severity }) => severity !== 'info')).toEqual([]);
      expect(truth.lost_records).toBe(0);
    });
  },
);

test.each([
  ['fx-setu.perf.data.zst', 'fx-setu'],
  ['fx-true.perf.data.gz', 'fx-true'],
])('%s, compressed, has the totals of the plain file', async (file, name) => {
  const plain = FIXTURES.find((recording) => recording.name === name);
  const { result } = await replayFile(fixturePath(file));
  expect(result.totals).toEqual(totalsOf(plain!.truth));
});
