import type { Cpu } from '../cpu.ts';
import { clock, CPUID_DUMPS, MITIGATION_STUDY, no, speed } from './sources.ts';

/** Zen and Zen+ (2017). */
export const zen: Cpu = {
  id: 'zen',
  label: 'AMD Zen',
  kind: 'silicon',
  pcid: no(CPUID_DUMPS, 'vendor-documented'),
  invpcid: no(CPUID_DUMPS, 'vendor-documented'),
  meltdown: no(MITIGATION_STUDY, 'measured-published'),
  ghz: clock(2.2, 3.2, 'EPYC 7601'),
  singleThreadIndex: speed(0.82, 0.7, 0.95),
  referencePart: 'EPYC 7601',
  deepIdleNs: undefined,
};
