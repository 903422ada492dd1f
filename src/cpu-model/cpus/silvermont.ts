import type { Cpu } from '../cpu.ts';
import { clock, CPUID_DUMPS, deepIdle, LINUX_WHITELIST, mostly, no, speed } from './sources.ts';

/** Silvermont (2013): a small core without PCID. */
export const silvermont: Cpu = {
  id: 'silvermont',
  label: 'Intel Silvermont (Atom)',
  kind: 'silicon',
  pcid: no(CPUID_DUMPS, 'vendor-documented'),
  invpcid: no(CPUID_DUMPS, 'vendor-documented'),
  meltdown: mostly(`${LINUX_WHITELIST}: not on it, so treated as affected`, 'inferred'),
  ghz: clock(2.4, 2.6, 'Atom C2750'),
  singleThreadIndex: speed(0.28, 0.2, 0.4),
  referencePart: 'Atom C2750',
  deepIdleNs: deepIdle(45),
};
