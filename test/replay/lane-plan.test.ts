import { describe, expect, test } from 'vitest';
import { PtilabError } from '../../src/errors.ts';
import { kernelOf, KERNELS } from '../../src/replay/kernels.ts';
import { planLanes, type LanePlan, type LaneRequest } from '../../src/replay/lane-plan.ts';
import type { HostFacts } from '../../src/trace/trace.ts';

/** For a recording without flushes. */
const plan = (request: LaneRequest, host: HostFacts = {}): LanePlan => planLanes(request, host, false);
const names = (request: LaneRequest): readonly string[] => plan(request).specs.map((spec) => spec.name);
const failureOf = (request: LaneRequest): PtilabError => {
  try {
    plan(request);
  } catch (error) {
    if (error instanceof PtilabError) return error;
    throw error;
  }
  throw new Error('it was planned');
};

describe('the mechanics of a kernel version', () => {
  test.each([
    ['4.14', '4.14'],
    ['4.14.336', '4.14'],
    ['4.16.1', '4.15'],
    ['4.19.0-27-amd64', '4.17'],
    ['5.10.0-33-amd64', '5.8'],
    ['5.15', '5.13'],
    ['6.1.0-31-amd64', '6.1'],
    ['6.8', '6.1'],
    ['6.10', '6.9'],
    ['6.18.44', '6.13'],
    ['7.2', '6.13'],
    ['kaiser', 'kaiser'],
  ])('of %s are those of %s, the nearest not newer', (version, id) => {
    expect(kernelOf(version)?.id).toBe(id);
  });

  test.each(['4.13', '4.9.337', '3.10', '2.6.32', '', 'linux', '6', 'v6.1'])('of %j are not known', (version) => {
    expect(kernelOf(version)).toBeUndefined();
  });

  test.each(KERNELS.map((kernel) => [kernel.id]))('of %s are found under its own name', (id) => {
    expect(kernelOf(id)?.id).toBe(id);
  });

  test.each([
    ['6.8', true],
    ['6.9', false],
  ])('of %s have an NMI that returns to the kernel write CR3: %s', (version, restores) => {
    expect(kernelOf(version)?.nmiRestoresCr3).toBe(restores);
  });
});

describe('a plan', () => {
  test('has the three policies on the default CPU and kernel', () => {
    const { specs, lanes, bounds, cpuChoice } = plan({});
    expect(specs.map((spec) => [spec.name, spec.cpu.id, spec.kernel])).toEqual([
      ['nopti', 'skylake-sp', '6.1'],
      ['pti', 'skylake-sp', '6.1'],
      ['optout', 'skylake-sp', '6.1'],
    ]);
    // The fourth bounds the opt-out; it is nobody's to see.
    expect(lanes.map(({ policy }) => policy.id)).toEqual(['nopti', 'pti', 'hansen-2018', 'global-off']);
    expect(bounds.map(({ cpu, replayed }) => [cpu.id, replayed])).toEqual([['skylake-sp', 3]]);
    expect(cpuChoice).toBe('host-unknown');
  });

  test('bounds opt-outs once a CPU, by the lane that was asked for if there is one, and nothing else', () => {
    expect(plan({ policies: ['nopti', 'pti'] }).bounds).toEqual([]);
    const asked = plan({ policies: ['global-off', 'optout'], cpus: ['haswell', 'skylake'] });
    expect(asked.bounds.map(({ cpu, replayed }) => [cpu.id, replayed])).toEqual(
      asked.specs.filter(({ policy }) => policy === 'global-off').map(({ cpu, replayed }) => [cpu.id, replayed]),
    );
  });

  test('names the CPU only where there are several: 2 x 2 lanes', () => {
    expect(names({ policies: ['nopti', 'pti'], cpus: ['haswell', 'skylake'] })).toEqual([
      'nopti@haswell',
      'pti@haswell',
      'nopti@skylake',
      'pti@skylake',
    ]);
    expect(names({ policies: ['pti'], cpus: ['haswell'] })).toEqual(['pti']);
  });

  test('has each once that was asked for twice', () => {
    expect(names({ policies: ['pti', 'pti'], cpus: ['haswell', 'haswell'] })).toEqual(['pti']);
  });

  test('replays alike lanes once: 4 asked for, 2 replayed', () => {
    const { specs, lanes } = plan({ policies: ['nopti', 'pti'], cpus: ['haswell', 'skylake'] });
    expect(lanes).toHaveLength(2);
    expect(specs.map((spec) => spec.replayed)).toEqual([0, 1, 0, 1]);
  });

  test('replays a policy and its alias once, under both names', () => {
    const { specs, lanes } = plan({ policies: ['optout', 'hansen-2018'] });
    expect(specs.map((spec) => [spec.name, spec.replayed])).toEqual([
      ['optout', 0],
      ['hansen-2018', 0],
    ]);
    expect(lanes.map(({ policy }) => policy.id)).toEqual(['hansen-2018', 'global-off']);
  });

  test('replays lanes apart that differ in a feature: one with INVPCID, one without', () => {
    const { specs, lanes } = plan({ policies: ['pti'], cpus: ['ivybridge', 'haswell'] });
    expect(specs.map((spec) => [spec.pcid, spec.invpcid])).toEqual([
      [true, false],
      [true, true],
    ]);
    expect(lanes).toHaveLength(2);
  });

  test.each([
    [{}, [true, true]],
    [{ noInvpcid: true }, [true, false]],
    [{ noPcid: true }, [false, false]],
  ])('with %j on a CPU that has both: PCID and INVPCID are %j', (request, features) => {
    const [spec] = plan({ ...request, cpus: ['haswell'], policies: ['pti'] }).specs;
    expect([spec.pcid, spec.invpcid]).toEqual(features);
  });

  test('takes the clock of the CPU unless one was given', () => {
    const [own] = plan({ cpus: ['haswell'], policies: ['pti'] }).specs;
    const [given] = plan({ cpus: ['haswell'], policies: ['pti'], ghz: 1.5 }).specs;
    expect([own.ghz, given.ghz]).toEqual([own.cpu.ghz.value, 1.5]);
  });

  test.each([
    [{ cpu: 'haswell' }, 'haswell', 'host'],
    [{ cpu: 'zen3-server' }, 'skylake-sp', 'host-unaffected'],
    [{ cpuName: 'Nonesuch 1' }, 'skylake-sp', 'host-unknown'],
    [{}, 'skylake-sp', 'host-unknown'],
  ] as const)('for a host with %j models %s and says %s', (host, cpu, choice) => {
    const planned = plan({}, host);
    expect([planned.specs[0].cpu.id, planned.cpuChoice]).toEqual([cpu, choice]);
  });

  test('says that a CPU was asked for', () => {
    expect(plan({ cpus: ['haswell'] }, { cpu: 'skylake' }).cpuChoice).toBe('asked');
  });

  test.each([
    [{}, '5.10.0', '5.8'],
    [{}, undefined, '6.1'],
    [{}, '3.10.0', '6.1'],
    [{ kernel: '4.15' }, '5.10.0', '4.15'],
  ])('with %j on a recorded kernel %s takes %s', (request, recorded, expected) => {
    const host = recorded === undefined ? {} : { kernel: recorded };
    expect(plan(request, host).specs[0].kernel).toBe(expected);
  });
});

describe('a plan is refused', () => {
  test.each([
    [{ cpus: ['haswel'] }, 'haswell'],
    [{ policies: ['ptl'] }, 'pti'],
    [{ policies: ['opt-out'] }, 'optout'],
    [{ kernel: 'kaisr' }, 'kaiser'],
    [{ kernel: '4.9' }, 'use one of kaiser'],
  ])('for %j, and the nearest is named: %s', (request, nearest) => {
    const failure = failureOf(request);
    expect(failure.kind).toBe('usage');
    expect(failure.todo).toContain(nearest);
  });
});
