import type { Cpu } from '../cpu.ts';
import { clock, CPUID_DUMPS, deepIdle, LINUX_WHITELIST, speed, yes } from './sources.ts';

/** Haswell (2014), server parts. */
export const haswellEp: Cpu = {
  id: 'haswell-ep',
  label: 'Intel Haswell-EP (server)',
  kind: 'silicon',
  pcid: yes(CPUID_DUMPS, 'vendor-documented'),
  invpcid: yes(CPUID_DUMPS, 'vendor-documented'),
  meltdown: yes(LINUX_WHITELIST, 'inferred'),
  ghz: clock(2.2, 2.9, 'Xeon E5-2658 v3'),
  singleThreadIndex: speed(0.72, 0.58, 0.9),
  referencePart: 'Xeon E5-2658 v3',
  deepIdleNs: deepIdle(100),
};
