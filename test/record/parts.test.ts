import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bufferBytes, sizeFrom, sizeText, smallerBuffer } from '../../src/record/buffers.ts';
import {
  availableBytes,
  cgroupPath,
  cpuFacts,
  hasCapability,
  isKernelThread,
  isolates,
  perfCgroupMount,
} from '../../src/record/host-texts.ts';
import { otherWork, type Resources } from '../../src/record/same-work.ts';
import { ROOT_ON_LINUX } from './facts.ts';

const MIB = 2 ** 20;

describe('buffers', () => {
  test('are 64 MiB a CPU where memory and limits allow it', () => {
    expect(bufferBytes(ROOT_ON_LINUX)).toBe(64 * MIB);
  });

  test('take no more than an eighth of the free memory', () => {
    expect(bufferBytes({ ...ROOT_ON_LINUX, availableBytes: 1024 * MIB, cpus: 4 })).toBe(32 * MIB);
  });

  test('leave a page of the limit to perf where memory may not be locked freely', () => {
    expect(bufferBytes({ ...ROOT_ON_LINUX, mayLock: false })).toBe(512 * 1024);
    expect(bufferBytes({ ...ROOT_ON_LINUX, mayLock: false, freeLockBytes: 512 * 1024 })).toBe(256 * 1024);
  });

  test('are halved down to 32 KiB', () => {
    const tried = [];
    for (let size: number | undefined = 64 * MIB; size !== undefined; size = smallerBuffer(size)) tried.push(size);
    expect(tried).toHaveLength(12);
    expect(tried.at(-1)).toBe(32 * 1024);
  });

  test('are written as perf reads them, and read back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 12, max: 34 }), (power) => {
        expect(sizeFrom(sizeText(2 ** power))).toBe(2 ** power);
      }),
    );
    expect(['3M', '1', '2K', '-1M', '64MB', ''].map(sizeFrom)).toEqual(Array(6).fill(undefined));
  });
});

describe('the same work', () => {
  const run = (minorFaults: number, voluntarySwitches: number | undefined): Resources => ({
    user: 1,
    sys: 1,
    wall: 1,
    minorFaults,
    voluntarySwitches,
  });

  test('is within 20 % in both counts', () => {
    expect(otherWork(run(10_000, 1_000), run(8_000, 800), true)).toBeUndefined();
  });

  test('is not with other faults, or other switches, and the counts are named', () => {
    expect(otherWork(run(10_000, 1_000), run(7_999, 1_000), true)).toMatch(/10000 minor faults.*7999/);
    expect(otherWork(run(10_000, 1_000), run(10_000, 799), true)).toMatch(/1000 voluntary switches.*799/);
  });

  test('is not asked of switches where the recorder makes them, or nobody counted', () => {
    expect(otherWork(run(10_000, 100_000), run(10_000, 800), false)).toBeUndefined();
    expect(otherWork(run(10_000, undefined), run(10_000, undefined), true)).toBeUndefined();
  });

  test('leaves a few to chance', () => {
    expect(otherWork(run(300, 3), run(100, 23), true)).toBeUndefined();
    expect(otherWork(run(301, 3), run(100, 3), true)).toBeDefined();
    expect(otherWork(run(300, 3), run(300, 24), true)).toBeDefined();
  });
});

describe('texts of the kernel', () => {
  const CPUINFO = [
    'processor\t: 0',
    'vendor_id\t: GenuineIntel',
    'cpu family\t: 6',
    'model\t\t: 85',
    'model name\t: Intel(R) Xeon(R) Gold 6148 CPU @ 2.40GHz',
    'stepping\t: 4',
    'flags\t\t: fpu pcid pti invpcid',
    '',
    'processor\t: 1',
    'flags\t\t: fpu',
    '',
  ].join('\n');

  test('the first CPU tells its name, its id and its features', () => {
    expect(cpuFacts(CPUINFO)).toEqual({
      pcid: true,
      invpcid: true,
      cpuName: 'Intel(R) Xeon(R) Gold 6148 CPU @ 2.40GHz',
      cpuId: 'GenuineIntel,6,85,4',
    });
    expect(cpuFacts(CPUINFO.replace(' invpcid', ''))).toMatchObject({ pcid: true, invpcid: false });
  });

  test('what is not there is not known', () => {
    expect(cpuFacts('')).toEqual({ pcid: undefined, invpcid: undefined, cpuName: undefined, cpuId: undefined });
    expect(isolates(undefined)).toBeUndefined();
    expect(availableBytes('')).toBeUndefined();
  });

  test('isolation is on only where the kernel says PTI', () => {
    expect(['Mitigation: PTI\n', 'Not affected\n', 'Vulnerable\n'].map(isolates)).toEqual([true, false, false]);
  });

  test('a kernel thread is kthreadd or its child, whatever a task calls itself', () => {
    expect(isKernelThread('2 (kthreadd) S 0 0 0')).toBe(true);
    expect(isKernelThread('17 (kworker/0:1) I 2 0 0')).toBe(true);
    expect(isKernelThread('900 (a) S 2 b) R 812 0')).toBe(false);
  });

  test('capabilities are bits of the effective set', () => {
    expect(hasCapability('CapPrm:\tff\nCapEff:\t0000004000000000\n', 38)).toBe(true);
    expect(hasCapability('CapEff:\t0000004000000000\n', 21)).toBe(false);
    expect(hasCapability('', 38)).toBe(false);
  });

  test('the hierarchy of perf events is version 1 where that has it, else version 2', () => {
    const second = 'none /sys/fs/cgroup/my\\040own cgroup2 rw 0 0\n';
    expect(perfCgroupMount(second)).toEqual({ path: '/sys/fs/cgroup/my own', controller: '' });
    expect(perfCgroupMount(`${second}cgroup /c/perf cgroup rw,perf_event 0 0\n`)).toEqual({
      path: '/c/perf',
      controller: 'perf_event',
    });
    expect(perfCgroupMount('cgroup /c/cpu cgroup rw,cpu 0 0\n')).toBeUndefined();
  });

  test('our own cgroup is that of the right hierarchy', () => {
    const text = '4:memory:/m\n3:cpu,perf_event:/p\n0::/user.slice/a\n';
    expect(cgroupPath(text, '')).toBe('/user.slice/a');
    expect(cgroupPath(text, 'perf_event')).toBe('/p');
    expect(cgroupPath(text, 'pids')).toBeUndefined();
  });
});
