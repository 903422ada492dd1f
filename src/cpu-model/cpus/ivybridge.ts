import type { Cpu } from '../cpu.ts';
import { clock, CPUID_DUMPS, deepIdle, LINUX_WHITELIST, no, speed, yes } from './sources.ts';

/** Ivy Bridge (2012), client and server: the last with PCID but without INVPCID. */
export const ivybridge: Cpu = {
  id: 'ivybridge',
  label: 'Intel Ivy Bridge',
  kind: 'silicon',
  pcid: yes(CPUID_DUMPS, 'vendor-documented'),
  invpcid: no(CPUID_DUMPS, 'vendor-documented'),
  meltdown: yes(LINUX_WHITELIST, 'inferred'),
  // Published figures name an i7-3320M; no such part exists, and their 2.6/3.3 GHz are the i5's.
  ghz: clock(2.6, 3.3, 'Core i5-3320M'),
  singleThreadIndex: speed(0.74, 0.6, 0.86),
  referencePart: 'Core i5-3320M',
  deepIdleNs: deepIdle(156),
};
