import { describe, expect, test } from 'vitest';
import type { Cpu, Sourced } from '../../src/cpu-model/cpu.ts';
import { CPUS, DEFAULT_CPU_ID, findCpu, nearestCpuId } from '../../src/cpu-model/cpus/index.ts';
import { cpuFromName } from '../../src/cpu-model/cpus/recognise.ts';

const PROMISED_IDS = (
  'nehalem westmere sandybridge ivybridge haswell haswell-ep broadwell skylake skylake-sp cascadelake icelake-sp ' +
  'sapphirerapids silvermont goldmont zen zen2 zen3-server zen4-server emulator-skl emulator-hsw'
).split(' ');

const get = (id: string): Cpu => {
  const cpu = findCpu(id);
  if (cpu === undefined) throw new Error(`no CPU ${id}`);
  return cpu;
};
const figures = (cpu: Cpu): Sourced<boolean | number>[] => [
  cpu.pcid,
  cpu.invpcid,
  cpu.meltdown,
  cpu.ghz,
  cpu.singleThreadIndex,
];

describe('the table of CPUs', () => {
  test('lists every promised id once and in order', () => {
    expect(CPUS.map((cpu) => cpu.id)).toEqual(PROMISED_IDS);
  });

  test('has a label of its own for each CPU', () => {
    expect(new Set(CPUS.map((cpu) => cpu.label)).size).toBe(CPUS.length);
  });

  test('marks only the emulator as a reference', () => {
    const references = CPUS.filter((cpu) => cpu.kind === 'reference').map((cpu) => cpu.id);
    expect(references).toEqual(['emulator-skl', 'emulator-hsw']);
  });

  test('does not find an unknown id', () => {
    expect(findCpu('pentium')).toBeUndefined();
  });

  test('contains the default', () => {
    expect(findCpu(DEFAULT_CPU_ID)?.singleThreadIndex.value).toBe(1);
  });

  test('names the nearest id to a mistyped one', () => {
    expect(nearestCpuId('skylak-sp')).toBe('skylake-sp');
    expect(nearestCpuId('Hasswell')).toBe('haswell');
  });

  test('names the earlier of two equally near ids', () => {
    expect(nearestCpuId('zen3')).toBe('zen');
  });
});

describe.each(CPUS.map((cpu) => [cpu.id, cpu] as const))('%s', (_id, cpu) => {
  test('holds each figure within its range', () => {
    for (const { value, low, high } of figures(cpu)) {
      expect(Number(low)).toBeLessThanOrEqual(Number(value));
      expect(Number(value)).toBeLessThanOrEqual(Number(high));
    }
  });

  test('names a source for each figure', () => {
    for (const figure of figures(cpu)) expect(figure.source.trim()).not.toBe('');
  });

  test('has a clock and a speed above zero', () => {
    expect(cpu.ghz.low).toBeGreaterThan(0);
    expect(cpu.singleThreadIndex.low).toBeGreaterThan(0);
  });
});

describe('known facts', () => {
  test('Nehalem has no PCID', () => expect(get('nehalem').pcid.high).toBe(false));

  test('some of Westmere has PCID and none of it INVPCID', () => {
    expect(get('westmere').pcid).toMatchObject({ value: true, low: false, high: true });
    expect(get('westmere').invpcid.high).toBe(false);
  });

  test('INVPCID arrives between Ivy Bridge and Haswell', () => {
    expect(get('ivybridge').invpcid.value).toBe(false);
    expect(get('haswell').invpcid.value).toBe(true);
  });

  test('Meltdown is fixed between Skylake-SP and Cascade Lake', () => {
    expect(get('skylake-sp').meltdown.low).toBe(true);
    expect(get('cascadelake').meltdown.high).toBe(false);
  });

  test('Goldmont counts as affected although parts of it may not be', () => {
    expect(get('goldmont').meltdown).toMatchObject({ value: true, low: false, high: true });
  });

  test('Zen has neither PCID nor Meltdown', () => {
    expect(get('zen').pcid.high).toBe(false);
    expect(get('zen').meltdown.high).toBe(false);
  });

  test('each silicon clock is that of the reference part', () => {
    for (const cpu of CPUS) if (cpu.kind === 'silicon') expect(cpu.ghz.source).toContain(cpu.referencePart);
  });

  test('the clock is the mean of base and turbo', () => {
    expect(get('skylake-sp').ghz).toMatchObject({ value: 3.05, low: 2.4, high: 3.7 });
    expect(get('sandybridge').ghz.value).toBe(3.35);
  });

  test('the emulator runs at one nanosecond per cycle', () => {
    expect(get('emulator-skl').ghz).toMatchObject({ value: 1, low: 1, high: 1, confidence: 'assumed' });
  });
});

describe('a recorded host', () => {
  test.each([
    ['Intel(R) Xeon(R) CPU           X5570  @ 2.93GHz', 'nehalem'],
    ['Intel(R) Xeon(R) CPU           X5690  @ 3.47GHz', 'westmere'],
    ['Intel(R) Xeon(R) CPU E7- 4870  @ 2.40GHz', 'westmere'],
    ['Intel(R) Xeon(R) CPU E5-2690 0 @ 2.90GHz', 'sandybridge'],
    ['Intel(R) Core(TM) i5-3320M CPU @ 2.60GHz', 'ivybridge'],
    ['Intel(R) Core(TM) i7-4770 CPU @ 3.40GHz', 'haswell'],
    ['Intel(R) Xeon(R) CPU E5-2676 v3 @ 2.40GHz', 'haswell-ep'],
    ['Intel(R) Core(TM) i7-5960X CPU @ 3.00GHz', 'haswell-ep'],
    ['Intel(R) Xeon(R) CPU E5-2686 v4 @ 2.30GHz', 'broadwell'],
    ['Intel(R) Core(TM) i7-6700K CPU @ 4.00GHz', 'skylake'],
    ['Intel(R) Core(TM) i9-7980XE CPU @ 2.60GHz', 'skylake-sp'],
    ['Intel(R) Xeon(R) Gold 6148 CPU @ 2.40GHz', 'skylake-sp'],
    ['Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz', 'cascadelake'],
    ['Intel(R) Xeon(R) Platinum 8375C CPU @ 2.90GHz', 'icelake-sp'],
    ['Intel(R) Xeon(R) Platinum 8480+', 'sapphirerapids'],
    ['Intel(R) Xeon(R) Platinum 8488C', 'sapphirerapids'],
    ['Intel(R) Atom(TM) CPU  C2750  @ 2.40GHz', 'silvermont'],
    ['Intel(R) Atom(TM) CPU C3955 @ 2.10GHz', 'goldmont'],
    ['AMD EPYC 7601 32-Core Processor', 'zen'],
    ['AMD Ryzen Threadripper 2990WX 32-Core Processor', 'zen'],
    ['AMD EPYC 7742 64-Core Processor', 'zen2'],
    ['AMD EPYC 7R32', 'zen2'],
    ['AMD Ryzen 5 3600 6-Core Processor', 'zen2'],
    ['AMD EPYC 7763 64-Core Processor', 'zen3-server'],
    ['AMD EPYC 9R14', 'zen4-server'],
  ])('named %s is recognised as %s', (name, id) => {
    expect(cpuFromName(name, undefined)).toBe(id);
  });

  test.each([
    ['AMD EPYC'],
    ['AMD EPYC Processor'],
    ['AMD EPYC-Milan Processor'],
    ['AMD EPYC 9754 128-Core Processor'],
    ['AMD Ryzen 5 3400G with Radeon Vega Graphics'],
    ['AMD Ryzen 9 5950X 16-Core Processor'],
    ['Intel Xeon Processor'],
    ['Intel(R) Xeon(R) Processor @ 2.80GHz'],
    ['Intel Xeon Processor (Skylake, IBRS)'],
    ['Intel(R) Xeon(R) CPU @ 2.20GHz'],
    ['Intel(R) Xeon(R) CPU           E5405  @ 2.00GHz'],
    ['Intel(R) Xeon(R) Platinum 8380H CPU @ 2.90GHz'],
    ['Intel(R) Core(TM) i7-9700 CPU @ 3.00GHz'],
    ['11th Gen Intel(R) Core(TM) i7-11800H @ 2.30GHz'],
    ['INTEL(R) XEON(R) PLATINUM 8581C CPU @ 2.30GHz'],
    [''],
    [undefined],
  ])('named %s stays unknown', (name) => {
    expect(cpuFromName(name, undefined)).toBeUndefined();
  });

  test.each([
    ['GenuineIntel,6,44,2', 'westmere'],
    ['GenuineIntel,6,60,3', 'haswell'],
    ['GenuineIntel,6,85,4', 'skylake-sp'],
    ['GenuineIntel,6,85,7', 'cascadelake'],
    ['GenuineIntel,6,158,9', 'skylake'],
    ['GenuineIntel,6,106,6', 'icelake-sp'],
    ['GenuineIntel,6,143,8', 'sapphirerapids'],
    ['AuthenticAMD,23,1,2', 'zen'],
    ['AuthenticAMD,23,49,0', 'zen2'],
    ['AuthenticAMD,25,1,1', 'zen3-server'],
    ['AuthenticAMD,25,17,1', 'zen4-server'],
  ])('with CPUID %s is recognised as %s', (cpuid, id) => {
    expect(cpuFromName(undefined, cpuid)).toBe(id);
  });

  test.each([
    ['GenuineIntel,6,85,11', 'Cooper Lake'],
    ['GenuineIntel,6,158,13', 'Coffee Lake with Meltdown fixed'],
    ['GenuineIntel,6,167,1', 'Rocket Lake'],
    ['GenuineIntel,6,207,2', 'Emerald Rapids'],
    ['AuthenticAMD,25,33,0', 'Zen 3 client'],
    ['AuthenticAMD,6,85,4', 'no such part'],
  ])('with CPUID %s (%s) stays unknown', (cpuid) => {
    expect(cpuFromName(undefined, cpuid)).toBeUndefined();
  });

  test('is told by its CPUID where the name says otherwise', () => {
    expect(cpuFromName('Intel(R) Xeon(R) Gold 6148 CPU @ 2.40GHz', 'GenuineIntel,6,85,7')).toBe('cascadelake');
  });

  test('stays unknown when its CPUID is readable but not listed, whatever the name', () => {
    expect(cpuFromName('Intel(R) Xeon(R) Gold 6148 CPU @ 2.40GHz', 'GenuineIntel,6,167,1')).toBeUndefined();
  });

  test('is told by its name when its CPUID is unreadable', () => {
    expect(cpuFromName('AMD EPYC 7742 64-Core Processor', 'garbage')).toBe('zen2');
  });

  test('is only ever recognised as a listed CPU', () => {
    for (let model = 0; model < 256; model++) {
      for (const cpuid of [`GenuineIntel,6,${model},5`, `AuthenticAMD,23,${model},1`, `AuthenticAMD,25,${model},1`]) {
        const id = cpuFromName(undefined, cpuid);
        if (id !== undefined) expect(PROMISED_IDS).toContain(id);
      }
    }
  });
});
