import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeCr3, kernelCr3, withKernelHalf, withUserHalf } from '../../src/replay/cr3-layout.ts';
import { Cr3Lane } from '../../src/replay/cr3.ts';
import { firstState, historiesAt } from '../../src/replay/states.ts';
import { POLICIES } from '../../src/replay/policies/index.ts';
import { cr3Of } from './cr3-script.ts';
import { script, VFORK } from './recording.ts';
import { scenarios, streamOf } from './streams.ts';

// The first process has address space 3, after the kernel's two, and the first slot given is 1.
const calls = () => script().call(10, 'getpid').call(10, 'getpid');

/** 10 and 20 take turns on one CPU. */
const taking = () => script().call(10, 'getpid').switch(10, 20).call(20, 'getpid').switch(20, 10).call(10, 'getpid');

describe('CR3 at an entry', () => {
  test.each([
    ['without isolation, with PCIDs: ASID 1 is PCID 2', 'nopti', true, '100006002'],
    ['without isolation and PCIDs: the address alone', 'nopti', false, '100006000'],
    ['isolated, with PCIDs: bits 12 and 11, and PCID 2', 'pti', true, '100007802'],
    ['isolated, without PCIDs: bit 12 alone', 'pti', false, '100007000'],
    ['opted out, with PCIDs: the kernel half', 'optout', true, '100006002'],
    ['opted out, without PCIDs: the address alone', 'optout', false, '100006000'],
  ])('%s', async (_what, policy, pcid, raw) => {
    const run = await cr3Of(calls(), { policy, pcid, optOut: ['root'] });
    expect(run.raw(10)).toEqual([raw, raw]);
    expect(run.violations).toEqual([]);
  });

  test('where nobody opted out is the user half in the lane with the opt-out too', async () => {
    expect((await cr3Of(calls())).raw(10)).toEqual(['100007802', '100007802']);
  });

  test('before which no return was seen is assumed, the next one is not', async () => {
    expect((await cr3Of(calls())).entries.map(({ assumed }) => assumed)).toEqual([true, false]);
  });

  test('follows a set*id: the call itself enters without isolation, the one after it with', async () => {
    const recording = script().call(10, 'geteuid', [], 0).call(10, 'setuid', [1000]).call(10, 'getpid');
    const run = await cr3Of(recording, { optOut: ['root'] });
    expect(run.decoded(10)).toEqual(['3/1 kernel', '3/1 kernel', '3/1 user']);
  });

  test('follows an exec: the call enters from the old address space, the next entry from a new one in the next slot', async () => {
    const recording = script().call(10, 'getpid').enter(10, 'execve').exec(10, '/bin/x').exit(10).call(10, 'getpid');
    const run = await cr3Of(recording, { policy: 'pti' });
    expect(run.decoded(10)).toEqual(['3/1 user', '3/1 user', '4/2 user']);
  });

  test.each([
    [['root'], '3/1 kernel'],
    [[], '3/1 user'],
  ])('X29: of the fault that kills a process, where --opt-out is %j, is legal on %s', async (optOut, seen) => {
    const run = await cr3Of(script().call(10, 'getpid').fault(10).end(10), { optOut });
    expect(run.decoded(10)).toEqual([seen, seen]);
    expect(run.violations).toEqual([]);
  });

  test('follows switches: two processes on one CPU keep their slots', async () => {
    const run = await cr3Of(taking(), { policy: 'pti' });
    expect([run.decoded(10), run.decoded(20)]).toEqual([['3/1 user', '3/1 user'], ['4/2 user']]);
  });

  test('of a thread that was in user mode when a veto ended is isolated once more', async () => {
    const recording = script()
      .call(10, 'geteuid', [], 0)
      .enter(10, 'vfork')
      .fork(10, 11, VFORK)
      .switch(10, 0, 'D')
      .cpu(1)
      .switch(0, 11)
      .exit(11)
      .call(11, 'setuid', [1000])
      .enter(11, 'execve')
      .exec(11, '/bin/x')
      .exit(11)
      .cpu(0)
      .switch(0, 10)
      .exit(10)
      .call(10, 'getpid');
    const run = await cr3Of(recording, { optOut: ['root'] });
    expect(run.decoded(10)).toEqual(['3/1 kernel', '3/1 kernel', '3/1 kernel']);
    expect(run.decoded(11)).toEqual(['3/1 kernel', '3/1 user']);
    expect(run.violations).toEqual([]);
  });

  test('of what was taken for a process and is a thread is that of its process', async () => {
    // The switch shows 11 alone; its first event shows whose thread it is.
    const recording = script().call(10, 'getpid').switch(10, 11).thread(11, 10).exit(11).call(11, 'getpid');
    const run = await cr3Of(recording, { policy: 'pti' });
    expect(run.decoded(11).map((text) => text.split('/')[0])).toEqual(['3']);
    expect(run.violations).toEqual([]);
  });
});

test('a value decodes to what it was made of', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2 ** 30 }),
      fc.integer({ min: 0, max: 5 }),
      fc.boolean(),
      (mm, asid, pcid) => {
        const kernel = kernelCr3(mm, pcid ? asid : undefined);
        const user = withUserHalf(kernel, pcid);
        const what = { mm, asid: pcid ? asid : undefined };
        expect(decodeCr3(kernel, pcid)).toMatchObject({ ...what, half: 'kernel', pcid: pcid ? asid + 1 : 0 });
        expect(decodeCr3(user, pcid)).toMatchObject({ ...what, half: 'user', pcid: pcid ? 0x800 + asid + 1 : 0 });
        expect(withKernelHalf(user)).toBe(kernel);
      },
    ),
  );
});

describe('whatever a machine does', () => {
  const lanes = POLICIES.flatMap(({ id }) => [true, false].map((pcid) => ({ policy: id, pcid })));
  test.each(lanes)('every value is legal: $policy, PCIDs $pcid', ({ policy, pcid }) =>
    fc.assert(
      fc.asyncProperty(
        scenarios,
        fc.constantFrom('4.15', '6.1', '6.13'),
        fc.boolean(),
        async (scenario, kernel, out) => {
          const run = await cr3Of(streamOf(scenario).recording, {
            policy,
            pcid,
            kernel,
            ...(out && { optOut: ['root'] }),
          });
          expect(run.violations).toEqual([]);
        },
      ),
      { numRuns: 60 },
    ),
  );

  test.each([['latch=switch'], ['scope=thread'], ['scope=mm'], ['effect=exec'], ['reenable=keep']])(
    'every value is legal with the rule %s',
    (rule) =>
      fc.assert(
        fc.asyncProperty(scenarios, fc.boolean(), async (scenario, pcid) => {
          const run = await cr3Of(streamOf(scenario).recording, { rules: [rule], pcid, optOut: ['root'] });
          expect(run.violations).toEqual([]);
        }),
        { numRuns: 60 },
      ),
  );

  test('the transitions of a process end in the state that it is in', () =>
    fc.assert(
      fc.asyncProperty(scenarios, async (scenario) => {
        const { replayed, lane } = await cr3Of(streamOf(scenario).recording, { optOut: ['root'] });
        const histories = historiesAt(replayed.optOuts[0]!.transitions, Infinity);
        for (const process of replayed.tree.processes.filter(({ kernel, partOf }) => !kernel && !partOf))
          expect(histories.get(process)?.at(-1)?.to ?? firstState(lane)).toBe(replayed.optOuts[0]!.stateOf(process));
      }),
      { numRuns: 60 },
    ));
});

describe('a lane with a fault is caught', () => {
  /** An address space that no process has. */
  const NOBODYS = 1000;
  /** Looks up at each return whether another address space is opted out than the one that returns. */
  class Confused extends Cr3Lane {
    override exit(slot: number, _mm: number, cpu: number, row: number): void {
      super.exit(slot, NOBODYS, cpu, row);
    }
  }

  test('that isolates who has opted out', async () => {
    const run = await cr3Of(calls(), { optOut: ['root'], make: (...args) => new Confused(...args) });
    expect(run.violations).toEqual(['user-half']);
  });

  test('that leaves who is isolated on the kernel page table', async () => {
    const make = (...args: ConstructorParameters<typeof Cr3Lane>) => {
      const lane = new Confused(...args);
      lane.setOpen(NOBODYS, true);
      return lane;
    };
    expect((await cr3Of(calls(), { make })).violations).toEqual(['kernel-half']);
  });

  test('that gives one ASID to two address spaces and keeps it', async () => {
    const make = (...args: ConstructorParameters<typeof Cr3Lane>) => {
      const lane = new Cr3Lane(...args);
      lane.mmu.asid = () => 1;
      return lane;
    };
    // The first load is found, the second flushes, the third comes back and keeps what is not there any more.
    expect((await cr3Of(taking(), { policy: 'pti', make })).violations).toEqual(['stale-asid']);
  });
});
