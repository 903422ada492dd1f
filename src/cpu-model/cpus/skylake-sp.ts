import type { Cpu } from '../cpu.ts';
import { clock, CPUID_DUMPS, deepIdle, MITIGATION_STUDY, speed, yes } from './sources.ts';

/** Skylake (2017), server parts: stands in where a host is unknown, and is 1 on the scale of speeds. */
export const skylakeSp: Cpu = {
  id: 'skylake-sp',
  label: 'Intel Skylake-SP (server)',
  kind: 'silicon',
  pcid: yes(CPUID_DUMPS, 'vendor-documented'),
  invpcid: yes(CPUID_DUMPS, 'vendor-documented'),
  meltdown: yes(`${MITIGATION_STUDY}, for the Skylake client part`, 'inferred'),
  ghz: clock(2.4, 3.7, 'Xeon Gold 6148'),
  singleThreadIndex: speed(1, 0.85, 1.1),
  referencePart: 'Xeon Gold 6148',
  deepIdleNs: deepIdle(600),
};
