import type { Cpu } from '../cpu.ts';
import { clock, CPUID_DUMPS, MITIGATION_STUDY, no, speed } from './sources.ts';
import { COMMON_PRICES, GLOBAL_TOGGLE, price } from './price-sources.ts';

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
  referencePart: 'EPYC 7742',
  deepIdleNs: undefined,
};
