import type { Cpu } from '../cpu.ts';
import { clock, CPUID_DUMPS, deepIdle, LINUX_WHITELIST, speed, yes } from './sources.ts';
import { ALL_CONTEXTS, COMMON_PRICES, GLOBAL_TOGGLE, NO_SPLIT, ROUND_TRIPS, price } from './price-sources.ts';

/** Haswell (2014), server parts. */
export const haswellEp: Cpu = {
  id: 'haswell-ep',
  label: 'Intel Haswell-EP (server)',
  kind: 'silicon',
  pcid: yes(CPUID_DUMPS, 'vendor-documented'),
  invpcid: yes(CPUID_DUMPS, 'vendor-documented'),
  meltdown: yes(LINUX_WHITELIST, 'inferred'),
  ghz: clock(2.2, 2.9, 'Xeon E5-2658 v3'),
  singleThreadIndex: speed(0.72, 0.58, 0.9),
  prices: {
    ...COMMON_PRICES,
    cr3WriteKeep: price(200, 110, 250, 'between the full reload of Haswell, 124, and Broadwell, 206', 'inferred'),
    cr3WriteFlush: price(210, 110, 450, NO_SPLIT, 'inferred'),
    cr3WriteNoPcid: price(
      210,
      120,
      450,
      'as the flushing write with PCIDs of the same cores; hot reloads of unnamed neighbours are 96 to 251, a cold one 366 (I. Molnar, LKML, 8 June 2015)',
      'inferred',
    ),
    invlpg: price(216, 172, 304, 'Haswell, the same core; the range doubled', 'assumed'),
    invpcidAddr: price(350, 250, 450, 'near Skylake', 'inferred'),
    crossingRest: price(
      -2.5,
      -20,
      80,
      `${ROUND_TRIPS}: as Haswell, 435 a call on an i5-4250U; high: 480 to 600 in Xen guests on an E5-2658 v3`,
      'inferred',
    ),
    crossingRefill: price(150, 100, 400, 'Broadwell', 'inferred'),
    walk: price(20, 12, 40, 'warm tables, extrapolated from Skylake-SP and Haswell', 'inferred'),
    invpcidAll: ALL_CONTEXTS,
    cr4PgeToggle: GLOBAL_TOGGLE,
  },
  referencePart: 'Xeon E5-2658 v3',
  deepIdleNs: deepIdle(100),
};
