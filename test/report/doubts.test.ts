import { describe, expect, test } from 'vitest';
import { findCpu } from '../../src/cpu-model/cpus/index.ts';
import { settingsOf } from '../../src/cpu-model/intervals.ts';
import { baselineCycles, baselineVariables, type BaselineInput } from '../../src/report/baseline.ts';
import { recordingDoubts } from '../../src/report/doubts.ts';
import { coverageOf, SIGNALS } from '../../src/trace/coverage.ts';
import { createHealth } from '../../src/trace/health.ts';

const everything = coverageOf(new Set(SIGNALS));
const without = (...absent: readonly string[]) =>
  coverageOf(new Set(SIGNALS.filter((signal) => !absent.includes(signal))));
const namesOf = (doubts: ReturnType<typeof recordingDoubts>) => doubts.map(({ variable }) => variable.name);

describe('what a recording leaves open', () => {
  test('is only the mode of interrupts where it shows everything and lost nothing', () => {
    expect(namesOf(recordingDoubts(everything, createHealth(), 1000, 500, 1))).toEqual(['interruptMode']);
  });

  test('is carried by high alone where a signal is absent: as many entries a second as programs were seen to have', () => {
    const doubts = recordingDoubts(without('userFaults'), createHealth(), 1000, 50_000, 2);
    const { variable, on, because } = doubts.find((doubt) => doubt.variable.name === 'absent.userFaults')!;
    // 100,000 a second for two seconds, beside 50,000 that were recorded.
    expect(variable).toEqual({ name: 'absent.userFaults', low: 1, mid: 1, high: 5 });
    expect([on, because]).toEqual(['crossing', 'no page faults']);
  });

  test('grows with what was lost, in proportion', () => {
    const health = createHealth();
    health.count('lost', {}, 250);
    const lost = recordingDoubts(everything, health, 1000, 500, 1).find(({ variable }) => variable.name === 'lost')!;
    expect([lost.variable.low, lost.variable.mid, lost.variable.high]).toEqual([1, 1, 1.25]);
  });

  test('grows with what was throttled: up to a tick each time', () => {
    const health = createHealth();
    health.count('throttled', {}, 3);
    const { variable, because } = recordingDoubts(everything, health, 1000, 500, 0.5).find((doubt) => doubt.because)!;
    expect(variable).toEqual({ name: 'throttled', low: 1, mid: 1, high: 1.06 });
    expect(because).toBe('3 times an event was throttled');
  });

  test('grows with records that could not be read: each may have been an entry', () => {
    const health = createHealth();
    health.count('damaged-record', {}, 100);
    const { variable } = recordingDoubts(everything, health, 1000, 500, 1).find(({ because }) => because)!;
    expect(variable).toEqual({ name: 'damaged', low: 1, mid: 1, high: 1.1 });
  });

  test('grows both ways with events out of order', () => {
    const health = createHealth();
    health.count('late-event', {}, 50);
    const { variable } = recordingDoubts(everything, health, 1000, 500, 1).find(({ because }) => because)!;
    expect(variable).toEqual({ name: 'late', low: 0.95, mid: 1, high: 1.05 });
  });

  test('is nothing to multiply where nothing entered the kernel', () => {
    expect(namesOf(recordingDoubts(without('userFaults'), createHealth(), 1000, 0, 1))).toEqual(['interruptMode']);
  });
});

describe('the baseline', () => {
  const [haswell, skylakeSp] = [findCpu('haswell')!, findCpu('skylake-sp')!];
  const base: BaselineInput = {
    host: {},
    hostCpu: haswell,
    untracedCpu: undefined,
    onCpuSeconds: 1,
    recorderEvents: 1_000_000,
    ghz: 2,
  };
  const cyclesOf = (input: BaselineInput, cpu = haswell) =>
    baselineCycles(input, cpu, settingsOf(baselineVariables(input, [cpu])), undefined);

  test('is the time on the CPU less 0.3 us for each recorded event', () => {
    expect(cyclesOf(base)![0]).toBeCloseTo((1 - 0.3) * 2e9, 3);
  });

  test('is never less than a fifth of the time on the CPU', () => {
    expect(cyclesOf({ ...base, recorderEvents: 1e9 })![0]).toBeCloseTo(0.2 * 2e9, 3);
  });

  test('is the untraced time where that is known, whatever was recorded', () => {
    expect(cyclesOf({ ...base, host: { untraced: { user: 2, sys: 1 } } })![0]).toBe(3 * 2e9);
  });

  test('is scaled by the speeds of host and model, and by nothing on the same CPU', () => {
    const untraced = { ...base, host: { untraced: { user: 1 } } };
    expect(cyclesOf(untraced)![0]).toBe(2e9);
    expect(cyclesOf(untraced, skylakeSp)![0]).toBeCloseTo(0.96 * 2e9, 3);
  });

  test('is worth half to twice as much where the host is not known', () => {
    const input = { ...base, hostCpu: undefined, host: { untraced: { user: 1 } } };
    const settings = settingsOf(baselineVariables(input, [skylakeSp]));
    const index = settings.variables.findIndex(({ name }) => name === 'hostSpeed');
    const cycles = baselineCycles(input, skylakeSp, settings, undefined)!;
    expect([cycles[0], cycles[1 + 2 * index], cycles[2 + 2 * index]]).toEqual([2e9, 1e9, 4e9]);
  });

  test('is not known without switches and without untraced times', () => {
    expect(cyclesOf({ ...base, onCpuSeconds: undefined })).toBeUndefined();
  });
});
