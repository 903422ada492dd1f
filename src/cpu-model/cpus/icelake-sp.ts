import type { Cpu } from '../cpu.ts';
import { clock, CPUID_DUMPS, deepIdle, MITIGATION_STUDY, no, speed, yes } from './sources.ts';

/** Ice Lake (2021), server parts. */
export const icelakeSp: Cpu = {
  id: 'icelake-sp',
  label: 'Intel Ice Lake-SP (server)',
  kind: 'silicon',
  pcid: yes(CPUID_DUMPS, 'vendor-documented'),
  invpcid: yes(CPUID_DUMPS, 'vendor-documented'),
  meltdown: no(MITIGATION_STUDY, 'measured-published'),
  ghz: clock(2.3, 3.4, 'Xeon Platinum 8380'),
  singleThreadIndex: speed(1.08, 0.9, 1.3),
  referencePart: 'Xeon Platinum 8380',
  deepIdleNs: deepIdle(600),
};
