import type { Cpu } from '../cpu.ts';
import { clock, CPUID_DUMPS, LINUX_WHITELIST, no, speed, yes } from './sources.ts';

/** Zen 4 (2022), server parts: with PCID, which the client parts lack. */
export const zen4Server: Cpu = {
  id: 'zen4-server',
  label: 'AMD Zen 4 (server)',
  kind: 'silicon',
  pcid: yes(CPUID_DUMPS, 'vendor-documented'),
  invpcid: yes(CPUID_DUMPS, 'vendor-documented'),
  meltdown: no(LINUX_WHITELIST, 'vendor-documented'),
  ghz: clock(2.4, 3.7, 'EPYC 9654'),
  singleThreadIndex: speed(1.45, 1.2, 1.7),
  referencePart: 'EPYC 9654',
  deepIdleNs: undefined,
};
