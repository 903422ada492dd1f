/** Memory on recordings that ask for much of it: one that can be put in order only as a whole, and one of many CPUs. */
import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { openInput } from '../../src/io/node/input.ts';
import type { InfoResult } from '../../src/report/info.ts';
import type { ReplayResult } from '../../src/report/result.ts';
import { KERNEL_BUILD } from '../support/fixtures.ts';
import { runWithPeak, tellsPeak } from '../support/memory.ts';
import { grown, InSample, SAMPLE, takeApart, viewOf } from '../support/perf-data.ts';
import { temporaryFolder } from '../support/temporary.ts';

const temporary = temporaryFolder();
const MOST_MB = 300;
const COPIES = 4;
/** More than the recording lasts. */
const SECONDS_APART = 10;
/** Types of records: the end of a round, and one that means nothing to an order. */
const [FINISHED_ROUND, FINISHED_INIT] = [68, 82];

/** perf wrote no end of a round, and one CPU's events behind all of another's. */
test.skipIf(!tellsPeak)(
  `stays below ${MOST_MB} MB in a file whose only round is the whole of it`,
  { timeout: 120_000 },
  async () => {
    const input = await openInput(KERNEL_BUILD.path);
    const file = await buffer(input.chunks());
    await input.close();
    const { records } = takeApart(file);
    const view = viewOf(file);
    for (const { type, offset } of records) if (type === FINISHED_ROUND) view.setUint32(offset, FINISHED_INIT, true);
    const samples = records.filter(({ type }) => type === SAMPLE);
    const cpus = [...new Set(samples.map(({ offset }) => view.getUint32(offset + InSample.cpu, true)))];
    expect(cpus.length).toBe(2);
    const copies = cpus.flatMap((cpu) => {
      const mine = samples.filter(({ offset }) => view.getUint32(offset + InSample.cpu, true) === cpu);
      const once = Buffer.concat(mine.map(({ offset, size }) => file.subarray(offset, offset + size)));
      return Array.from({ length: COPIES - 1 }, (_, i) => {
        const later = Buffer.from(once);
        let at = 0;
        for (const { size } of mine) {
          const time = later.readBigUInt64LE(at + InSample.time) + BigInt((i + 1) * SECONDS_APART * 1e9);
          later.writeBigUInt64LE(time, at + InSample.time);
          at += size;
        }
        return later;
      });
    });
    const path = temporary.file('whole.perf.data', grown(file, { records: Buffer.concat(copies) }));
    const { stdout, peakMb } = await runWithPeak(['info', path, '--json']);
    const { trace } = JSON.parse(stdout) as InfoResult;
    expect(trace.events).toBe(COPIES * samples.length);
    expect(trace.health.filter(({ key }) => key === 'late-event')).toEqual([]);
    expect(trace.durationNs).toBeGreaterThan((COPIES - 1) * SECONDS_APART * 1e9);
    expect(peakMb).toBeLessThan(MOST_MB);
  },
);

test.skipIf(!tellsPeak)(`stays below ${MOST_MB} MB in a recording of 512 CPUs`, { timeout: 120_000 }, async () => {
  const input = await openInput(KERNEL_BUILD.path);
  const file = await buffer(input.chunks());
  await input.close();
  const { records } = takeApart(file);
  const view = viewOf(file);
  const samples = records.filter(({ type }) => type === SAMPLE);
  // Each CPU's events, a hundred at a time, on 256 CPUs in turn.
  for (const [i, { offset }] of samples.entries()) {
    const at = offset + InSample.cpu;
    view.setUint32(at, view.getUint32(at, true) * 256 + (Math.floor(i / 100) % 256), true);
  }
  const path = temporary.file('many.perf.data', file);
  const { stdout, peakMb } = await runWithPeak(['replay', path, '--json']);
  expect((JSON.parse(stdout) as ReplayResult).trace.events).toBe(samples.length);
  expect(peakMb).toBeLessThan(MOST_MB);
});
