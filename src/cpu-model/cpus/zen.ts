import type { Cpu } from '../cpu.ts';
import { clock, CPUID_DUMPS, MITIGATION_STUDY, no, speed } from './sources.ts';
import { COMMON_PRICES, GLOBAL_TOGGLE, price } from './price-sources.ts';

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
  prices: {
    ...COMMON_PRICES,
    cr3WriteKeep: undefined,
    cr3WriteFlush: undefined,
    cr3WriteNoPcid: price(180, 80, 400, 'no figure for any AMD core', 'inferred'),
    invlpg: price(150, 80, 300, 'no figure for any AMD core', 'inferred'),
    invpcidAddr: undefined,
    crossingRest: undefined,
    crossingRefill: price(
      150,
      50,
      650,
      'no figure for any AMD core; Broadwell stands in, its range doubled',
      'assumed',
    ),
    walk: price(20, 12, 40, 'warm tables, extrapolated from Skylake-SP and Haswell', 'inferred'),
    invpcidAll: undefined,
    cr4PgeToggle: GLOBAL_TOGGLE,
  },
  referencePart: 'EPYC 7601',
  deepIdleNs: undefined,
};
