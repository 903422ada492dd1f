import type { Cpu } from '../cpu.ts';
import { clock, CPUID_DUMPS, deepIdle, MITIGATION_STUDY, speed, yes } from './sources.ts';

/** Skylake (2015), client parts. */
export const skylake: Cpu = {
  id: 'skylake',
  label: 'Intel Skylake (client)',
  kind: 'silicon',
  pcid: yes(CPUID_DUMPS, 'vendor-documented'),
  invpcid: yes(CPUID_DUMPS, 'vendor-documented'),
  meltdown: yes(MITIGATION_STUDY, 'measured-published'),
  ghz: clock(4, 4.2, 'Core i7-6700K'),
  singleThreadIndex: speed(1.14, 1, 1.3),
  referencePart: 'Core i7-6700K',
  deepIdleNs: deepIdle(100),
};
