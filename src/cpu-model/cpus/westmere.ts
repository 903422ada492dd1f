import type { Cpu } from '../cpu.ts';
import { clock, CPUID_DUMPS, deepIdle, LINUX_WHITELIST, mostly, no, speed, yes } from './sources.ts';

/** Westmere (2010): the first with PCID, in its server and six-core parts. */
export const westmere: Cpu = {
  id: 'westmere',
  label: 'Intel Westmere',
  kind: 'silicon',
  pcid: mostly(`${CPUID_DUMPS}: set in server and Gulftown parts, clear in client Clarkdale`, 'vendor-documented'),
  invpcid: no(CPUID_DUMPS, 'vendor-documented'),
  meltdown: yes(LINUX_WHITELIST, 'inferred'),
  ghz: clock(3.46, 3.73, 'Xeon X5690'),
  singleThreadIndex: speed(0.7, 0.57, 0.82),
  referencePart: 'Xeon X5690',
  deepIdleNs: deepIdle(80),
};
