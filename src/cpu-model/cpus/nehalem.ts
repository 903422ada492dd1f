import type { Cpu } from '../cpu.ts';
import { clock, CPUID_DUMPS, deepIdle, LINUX_WHITELIST, no, speed, yes } from './sources.ts';

/** Nehalem (2008): no PCID, so every CR3 write drops all but global translations. */
export const nehalem: Cpu = {
  id: 'nehalem',
  label: 'Intel Nehalem',
  kind: 'silicon',
  pcid: no(CPUID_DUMPS, 'vendor-documented'),
  invpcid: no(CPUID_DUMPS, 'vendor-documented'),
  meltdown: yes(LINUX_WHITELIST, 'inferred'),
  ghz: clock(3.33, 3.6, 'Xeon W3580'),
  singleThreadIndex: speed(0.68, 0.55, 0.8),
  referencePart: 'Xeon W3580',
  deepIdleNs: deepIdle(80),
};
