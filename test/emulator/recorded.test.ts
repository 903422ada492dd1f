/** With the flushes that the kernel logged: the model's counts are those of the emulator. */
import { describe, expect, test } from 'vitest';
import { RECORDED } from '../../src/replay/machine.ts';
import { CONFIGURATIONS, isNear, modelOf, truthOf, workloadsOf, type Counts } from './runs.ts';

/** Share of the truth, or a number of operations, whichever is more. */
const LIMITS: Readonly<Record<Exclude<keyof Counts, 'reads'>, readonly [share: number, number: number]>> = {
  crossings: [0.01, 20],
  rest: [0.01, 20],
  restFlushing: [0.01, 20],
  all: [0.01, 20],
  allFlushing: [0.01, 20],
  invlpg: [0.05, 20],
  invpcid: [0.05, 20],
};
const TWO_CPUS = 1.5;

describe.each(CONFIGURATIONS)('recorded flushes, $name', (configuration) => {
  test.each(workloadsOf(configuration))('%s', async (workload) => {
    const [model, truth] = [await modelOf(configuration, workload, RECORDED), truthOf(configuration, workload)];
    const wider = configuration.cpus > 1 ? TWO_CPUS : 1;
    const off = (Object.keys(LIMITS) as (keyof typeof LIMITS)[]).filter(
      (key) => !isNear(model[key], truth[key], LIMITS[key][0] * wider, LIMITS[key][1]),
    );
    expect(off.map((key) => `${key}: ${model[key]}, counted ${truth[key]}`)).toEqual([]);
  });
});
