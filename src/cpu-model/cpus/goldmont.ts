import type { Cpu } from '../cpu.ts';
import { clock, CPUID_DUMPS, deepIdle, LINUX_WHITELIST, mostly, no, speed } from './sources.ts';

/** Goldmont (2016): a small core without PCID. */
export const goldmont: Cpu = {
  id: 'goldmont',
  label: 'Intel Goldmont (Atom)',
  kind: 'silicon',
  pcid: no(CPUID_DUMPS, 'vendor-documented'),
  invpcid: no(CPUID_DUMPS, 'vendor-documented'),
  meltdown: mostly(`${LINUX_WHITELIST}: not on it; Denverton may report itself unaffected`, 'inferred'),
  ghz: clock(2.1, 2.4, 'Atom C3955'),
  singleThreadIndex: speed(0.36, 0.27, 0.5),
  referencePart: 'Atom C3955',
  deepIdleNs: deepIdle(500),
};
