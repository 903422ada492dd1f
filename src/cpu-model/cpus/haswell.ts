import type { Cpu } from '../cpu.ts';
import { clock, CPUID_DUMPS, deepIdle, LINUX_WHITELIST, speed, yes } from './sources.ts';

/** Haswell (2013), client parts: the first with INVPCID. */
export const haswell: Cpu = {
  id: 'haswell',
  label: 'Intel Haswell (client)',
  kind: 'silicon',
  pcid: yes(CPUID_DUMPS, 'vendor-documented'),
  invpcid: yes(CPUID_DUMPS, 'vendor-documented'),
  meltdown: yes(LINUX_WHITELIST, 'inferred'),
  ghz: clock(3.4, 3.9, 'Core i7-4770'),
  singleThreadIndex: speed(0.96, 0.82, 1.1),
  referencePart: 'Core i7-4770',
  deepIdleNs: deepIdle(100),
};
