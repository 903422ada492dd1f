import type { Cpu } from '../cpu.ts';
import { clock, CPUID_DUMPS, deepIdle, MITIGATION_STUDY, no, speed, yes } from './sources.ts';

/** Cascade Lake (2019): the Skylake server core with Meltdown fixed. */
export const cascadelake: Cpu = {
  id: 'cascadelake',
  label: 'Intel Cascade Lake (server)',
  kind: 'silicon',
  pcid: yes(CPUID_DUMPS, 'vendor-documented'),
  invpcid: yes(CPUID_DUMPS, 'vendor-documented'),
  meltdown: no(MITIGATION_STUDY, 'measured-published'),
  ghz: clock(2.5, 3.9, 'Xeon Gold 6248'),
  singleThreadIndex: speed(1.05, 0.9, 1.2),
  referencePart: 'Xeon Gold 6248',
  deepIdleNs: deepIdle(600),
};
