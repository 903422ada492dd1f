import type { Cpu } from '../cpu.ts';
import { clock, CPUID_DUMPS, deepIdle, LINUX_WHITELIST, no, speed, yes } from './sources.ts';

/** Sandy Bridge (2011), client and server. */
export const sandybridge: Cpu = {
  id: 'sandybridge',
  label: 'Intel Sandy Bridge',
  kind: 'silicon',
  pcid: yes(CPUID_DUMPS, 'vendor-documented'),
  invpcid: no(CPUID_DUMPS, 'vendor-documented'),
  meltdown: yes(LINUX_WHITELIST, 'inferred'),
  ghz: clock(2.9, 3.8, 'Xeon E5-2690'),
  singleThreadIndex: speed(0.82, 0.68, 0.95),
  referencePart: 'Xeon E5-2690',
  deepIdleNs: deepIdle(211),
};
