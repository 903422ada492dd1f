import { describe, expect, test } from 'vitest';
import { Cr3Checker, type Cr3Rules } from '../../src/replay/cr3-check.ts';
import { CR3_LIMIT, kernelCr3, USER_PCID, USER_TABLE, withUserHalf } from '../../src/replay/cr3-layout.ts';

const PCIDS: Cr3Rules = { pti: true, pcid: true, asids: 6 };
const NO_PCIDS: Cr3Rules = { pti: true, pcid: false, asids: 1 };
const NO_PTI: Cr3Rules = { pti: false, pcid: true, asids: 6 };
const [CPU, THREAD, MM, ASID] = [1, 7, 9, 2];
const KERNEL = kernelCr3(MM, ASID);
const USER = withUserHalf(KERNEL, true);

/** A thread whose address space CPU 1 loaded under ASID 2 returns to user mode, and enters with this value in CR3. */
function entering(rules: Cr3Rules, flat: boolean, raw: number, mm = MM) {
  const checker = new Cr3Checker(rules);
  checker.loaded({ cpu: CPU, mm: MM, asid: rules.pcid ? ASID : 0, flushed: true, decidedBy: 'simulated' });
  checker.returned(THREAD, flat);
  return checker.entered(CPU, THREAD, mm, raw);
}

describe('legal', () => {
  test.each([
    ['isolated, with PCIDs', PCIDS, false, USER],
    ['isolated, without PCIDs', NO_PCIDS, false, kernelCr3(MM, undefined) + USER_TABLE],
    ['opted out, with PCIDs', PCIDS, true, KERNEL],
    ['opted out, without PCIDs', NO_PCIDS, true, kernelCr3(MM, undefined)],
    ['without isolation, whatever a process wants', NO_PTI, false, KERNEL],
  ])('%s', (_what, rules, flat, raw) => expect(entering(rules, flat, raw)).toBeUndefined());
});

describe('illegal', () => {
  test.each([
    ['user code ran on the kernel page table', PCIDS, false, KERNEL, 'kernel-half'],
    ['the same without PCIDs', NO_PCIDS, false, kernelCr3(MM, undefined), 'kernel-half'],
    ['the user page table, though opted out', PCIDS, true, USER, 'user-half'],
    ['the user page table, in a kernel without isolation', NO_PTI, true, USER, 'user-half'],
    ['the user page table under the kernel PCID', PCIDS, false, KERNEL + USER_TABLE, 'user-pcid'],
    ['the kernel page table under the user PCID', PCIDS, true, KERNEL + USER_PCID, 'user-pcid'],
    ['a PCID where there are none', NO_PCIDS, true, kernelCr3(MM, 0), 'pcid-bits'],
    [
      'bit 11 where there are no PCIDs',
      NO_PCIDS,
      false,
      kernelCr3(MM, undefined) + USER_TABLE + USER_PCID,
      'pcid-bits',
    ],
    ['another ASID', PCIDS, true, kernelCr3(MM, ASID + 1), 'asid'],
    ['an ASID that no kernel has', PCIDS, true, kernelCr3(MM, 6), 'asid'],
    ['PCID 0', PCIDS, true, kernelCr3(MM, undefined), 'asid'],
    ['another address space', PCIDS, true, kernelCr3(MM + 1, ASID), 'mm'],
    ['bits above the address', PCIDS, true, CR3_LIMIT + KERNEL, 'reserved'],
  ])('%s', (_what, rules, flat, raw, violation) => expect(entering(rules, flat, raw)).toBe(violation));

  test('the address space that is loaded, where the thread has another', () => {
    expect(entering(PCIDS, true, kernelCr3(MM + 1, ASID), MM + 1)).toBe('asid');
  });

  test('a second entry without a return between', () => {
    const checker = new Cr3Checker(PCIDS);
    checker.loaded({ cpu: CPU, mm: MM, asid: ASID, flushed: true, decidedBy: 'simulated' });
    checker.returned(THREAD, true);
    expect([checker.entered(CPU, THREAD, MM, KERNEL), checker.entered(CPU, THREAD, MM, KERNEL)]).toEqual([
      undefined,
      'no-return',
    ]);
  });

  test('the user page table, though out since before the last return: what held before that does not count', () => {
    const checker = new Cr3Checker(PCIDS);
    checker.loaded({ cpu: CPU, mm: MM, asid: ASID, flushed: true, decidedBy: 'simulated' });
    checker.returned(THREAD, false);
    expect(checker.entered(CPU, THREAD, MM, USER)).toBeUndefined();
    checker.returned(THREAD, true);
    expect(checker.entered(CPU, THREAD, MM, USER)).toBe('user-half');
  });
});

describe('an ASID that is kept', () => {
  const keeping = (decidedBy: 'simulated' | 'recorded') => {
    const checker = new Cr3Checker(PCIDS);
    checker.loaded({ cpu: CPU, mm: MM + 1, asid: ASID, flushed: true, decidedBy });
    checker.loaded({ cpu: CPU, mm: MM, asid: ASID, flushed: false, decidedBy });
    checker.returned(THREAD, true);
    return { found: checker.entered(CPU, THREAD, MM, KERNEL), keptUnseen: checker.keptUnseen };
  };

  test('is illegal while it holds the translations of another address space', () => {
    expect(keeping('simulated').found).toBe('stale-asid');
  });

  test('is counted where the record says so, as the slots before the recording are not known', () => {
    expect(keeping('recorded')).toEqual({ found: undefined, keptUnseen: 1 });
  });

  test('is legal where it holds its own', () => {
    const checker = new Cr3Checker(PCIDS);
    for (const [mm, asid, flushed] of [
      [MM, ASID, true],
      [MM + 1, 3, true],
      [MM, ASID, false],
    ] as const)
      // prettier-ignore
      checker.loaded({ cpu: CPU, mm, asid, flushed, decidedBy: 'simulated' });
    checker.returned(THREAD, true);
    expect(checker.entered(CPU, THREAD, MM, KERNEL)).toBeUndefined();
  });
});
