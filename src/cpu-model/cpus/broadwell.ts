import type { Cpu } from '../cpu.ts';
import { clock, CPUID_DUMPS, deepIdle, MITIGATION_STUDY, speed, yes } from './sources.ts';

/** Broadwell (2014), client and server. */
export const broadwell: Cpu = {
  id: 'broadwell',
  label: 'Intel Broadwell',
  kind: 'silicon',
  pcid: yes(CPUID_DUMPS, 'vendor-documented'),
  invpcid: yes(CPUID_DUMPS, 'vendor-documented'),
  meltdown: yes(MITIGATION_STUDY, 'measured-published'),
  ghz: clock(3.2, 3.6, 'Xeon E5-2667 v4'),
  singleThreadIndex: speed(0.93, 0.8, 1.05),
  referencePart: 'Xeon E5-2667 v4',
  deepIdleNs: deepIdle(100),
};
