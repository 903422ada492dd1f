import type { Cpu } from '../cpu.ts';
import { clock, CPUID_DUMPS, LINUX_WHITELIST, no, speed, yes } from './sources.ts';

/** Zen 3 (2021), server parts: the first with PCID, which the client parts lack. */
export const zen3Server: Cpu = {
  id: 'zen3-server',
  label: 'AMD Zen 3 (server)',
  kind: 'silicon',
  pcid: yes(CPUID_DUMPS, 'vendor-documented'),
  invpcid: yes(CPUID_DUMPS, 'vendor-documented'),
  meltdown: no(LINUX_WHITELIST, 'vendor-documented'),
  ghz: clock(2.45, 3.5, 'EPYC 7763'),
  singleThreadIndex: speed(1.2, 1, 1.4),
  referencePart: 'EPYC 7763',
  deepIdleNs: undefined,
};
