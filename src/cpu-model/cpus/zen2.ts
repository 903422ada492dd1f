import type { Cpu } from '../cpu.ts';
import { clock, CPUID_DUMPS, MITIGATION_STUDY, no, speed } from './sources.ts';

/** Zen 2 (2019). */
export const zen2: Cpu = {
  id: 'zen2',
  label: 'AMD Zen 2',
  kind: 'silicon',
  pcid: no(CPUID_DUMPS, 'vendor-documented'),
  invpcid: no(CPUID_DUMPS, 'vendor-documented'),
  meltdown: no(MITIGATION_STUDY, 'measured-published'),
  ghz: clock(2.25, 3.4, 'EPYC 7742'),
  singleThreadIndex: speed(0.99, 0.85, 1.15),
  referencePart: 'EPYC 7742',
  deepIdleNs: undefined,
};
