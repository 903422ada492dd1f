import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { syscallName, syscallNumber, SYSCALLS } from '../../src/trace/syscalls.ts';

describe('system calls', () => {
  test.each([
    [0, 'read'],
    [15, 'rt_sigreturn'],
    [59, 'execve'],
    [158, 'arch_prctl'],
    [334, 'rseq'],
    [335, 'uretprobe'],
    [424, 'pidfd_send_signal'],
    [435, 'clone3'],
    [450, 'set_mempolicy_home_node'],
    [462, 'mseal'],
    [469, 'file_setattr'],
  ])('%i is %s, both ways', (nr, name) => {
    expect(syscallName(nr)).toBe(name);
    expect(syscallNumber(name)).toBe(nr);
  });

  test('of 6.12 are all there: 0 to 335 and 424 to 462, each with a name of its own', () => {
    const until = SYSCALLS.filter(([nr]) => nr <= 462).map(([nr]) => nr);
    const run = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
    expect(until).toEqual([...run(0, 335), ...run(424, 462)]);
    expect(new Set(SYSCALLS.map(([, name]) => name)).size).toBe(SYSCALLS.length);
    for (const [nr, name] of SYSCALLS) expect(syscallNumber(name)).toBe(nr);
  });

  test.each([-1, 336, 423, 512, 4096])('%i has no name', (nr) => {
    expect(syscallName(nr)).toBeUndefined();
  });

  test('a name of another architecture, or of an object, has no number', () => {
    for (const name of ['mmap2', 'socketcall', '', 'constructor', '__proto__'])
      expect(syscallNumber(name)).toBeUndefined();
  });
});

/** Debian's linux-libc-dev, where it is installed. */
const HEADER = '/usr/include/x86_64-linux-gnu/asm/unistd_64.h';

test.skipIf(!existsSync(HEADER))('names and numbers are those of the C header of the system', () => {
  const lines = [...readFileSync(HEADER, 'utf8').matchAll(/^#define __NR_(\w+) (\d+)$/gm)];
  expect(lines.length).toBeGreaterThan(300);
  // Numbers that newer kernels gave away are for later.
  const known = lines.filter(([, , nr]) => Number(nr) <= 335 || (Number(nr) >= 424 && Number(nr) <= 462));
  expect(known.map(([, name]) => [name, syscallNumber(name)])).toEqual(known.map(([, name, nr]) => [name, Number(nr)]));
});
