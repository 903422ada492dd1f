import { describe, expect, test } from 'vitest';
import { BINS, Plane, TimelineClock, TimelineCounts } from '../../src/cpu-model/timeline.ts';

const OPERATION = 0;

/** Counts one operation of each CPU in each of `times`. */
function counted(cpus: number, times: readonly number[]): { clock: TimelineClock; counts: TimelineCounts } {
  const clock = new TimelineClock(() => Plane.crossing);
  const counts = new TimelineCounts(clock);
  for (const time of times)
    for (let cpu = 0; cpu < cpus; cpu++) {
      clock.set(cpu, time);
      counts.add(0, OPERATION, 1);
    }
  return { clock, counts };
}

const ofCpu = ({ clock, counts }: ReturnType<typeof counted>, cpu: number): number[] =>
  Array.from({ length: clock.bins }, (_, bin) => counts.get(cpu, bin, Plane.crossing, OPERATION));

describe('the timeline', () => {
  test('joins bins in pairs where time runs beyond the last', () => {
    const all = counted(2, [0, 1024, 2048, 512 * 1024]);
    expect([all.clock.bins, all.clock.lengthNs]).toEqual([BINS, 2048]);
    for (const cpu of [0, 1])
      expect(ofCpu(all, cpu).flatMap((n, bin) => (n > 0 ? [[bin, n]] : []))).toEqual([
        [0, 2],
        [1, 1],
        [256, 1],
      ]);
  });

  test.each([
    [32, 512],
    [33, 256],
    [512, 32],
    [1024, 16],
  ])('gives each of %d CPUs %d bins', (cpus, bins) => {
    const all = counted(cpus, [0, 300 * 1024]);
    expect([all.clock.cpus.length, all.clock.bins]).toEqual([cpus, bins]);
    expect(all.clock.bins * all.clock.lengthNs).toBe(BINS * 1024);
    const late = Math.floor((300 * 1024) / all.clock.lengthNs);
    for (const cpu of [0, 1, cpus - 1])
      expect(ofCpu(all, cpu).flatMap((n, bin) => (n > 0 ? [[bin, n]] : []))).toEqual([
        [0, 1],
        [late, 1],
      ]);
  });
});
