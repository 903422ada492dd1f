import type { Cpu } from '../cpu.ts';
import { clock, CPUID_DUMPS, deepIdle, MITIGATION_STUDY, no, speed, yes } from './sources.ts';

/** Sapphire Rapids (2023). */
export const sapphirerapids: Cpu = {
  id: 'sapphirerapids',
  label: 'Intel Sapphire Rapids (server)',
  kind: 'silicon',
  pcid: yes(CPUID_DUMPS, 'vendor-documented'),
  invpcid: yes(CPUID_DUMPS, 'vendor-documented'),
  meltdown: no(`${MITIGATION_STUDY}, for Ice Lake, its predecessor`, 'inferred'),
  ghz: clock(2, 3.8, 'Xeon Platinum 8480+'),
  singleThreadIndex: speed(1.38, 1.1, 1.6),
  referencePart: 'Xeon Platinum 8480+',
  deepIdleNs: deepIdle(800),
};
