import type { Cpu } from '../cpu.ts';
import { clock, CPUID_DUMPS, deepIdle, LINUX_WHITELIST, no, speed, yes } from './sources.ts';
import { COMMON_PRICES, GLOBAL_TOGGLE, NO_SPLIT, price } from './price-sources.ts';

/** Ivy Bridge (2012), client and server: the last with PCID but without INVPCID. */
export const ivybridge: Cpu = {
  id: 'ivybridge',
  label: 'Intel Ivy Bridge',
  kind: 'silicon',
  pcid: yes(CPUID_DUMPS, 'vendor-documented'),
  invpcid: no(CPUID_DUMPS, 'vendor-documented'),
  meltdown: yes(LINUX_WHITELIST, 'inferred'),
  // Published figures name an i7-3320M; no such part exists, and their 2.6/3.3 GHz are the i5's.
  ghz: clock(2.6, 3.3, 'Core i5-3320M'),
  singleThreadIndex: speed(0.74, 0.6, 0.86),
  prices: {
    ...COMMON_PRICES,
    cr3WriteKeep: price(
      200,
      100,
      300,
      'no figure for this core; between the reload of its neighbours and Broadwell',
      'inferred',
    ),
    cr3WriteFlush: price(210, 100, 450, NO_SPLIT, 'inferred'),
    cr3WriteNoPcid: price(120, 90, 300, 'between Westmere and Haswell', 'inferred'),
    invlpg: price(235, 200, 290, 'near Westmere', 'inferred'),
    invpcidAddr: undefined,
    crossingRest: price(20, -160, 100, 'Sandy Bridge; the range doubled', 'assumed'),
    crossingRefill: price(485, 335, 635, 'Nehalem, the nearest older core with a figure; the range doubled', 'assumed'),
    walk: price(20, 12, 40, 'warm tables, extrapolated from Skylake-SP and Haswell', 'inferred'),
    invpcidAll: undefined,
    cr4PgeToggle: GLOBAL_TOGGLE,
  },
  referencePart: 'Core i5-3320M',
  deepIdleNs: deepIdle(156),
};
