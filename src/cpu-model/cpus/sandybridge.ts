import type { Cpu } from '../cpu.ts';
import { clock, CPUID_DUMPS, deepIdle, LINUX_WHITELIST, no, speed, yes } from './sources.ts';
import { COMMON_PRICES, GLOBAL_TOGGLE, NO_SPLIT, price } from './price-sources.ts';

/** Sandy Bridge (2011), client and server. */
export const sandybridge: Cpu = {
  id: 'sandybridge',
  label: 'Intel Sandy Bridge',
  kind: 'silicon',
  pcid: yes(CPUID_DUMPS, 'vendor-documented'),
  invpcid: no(CPUID_DUMPS, 'vendor-documented'),
  meltdown: yes(LINUX_WHITELIST, 'inferred'),
  ghz: clock(2.9, 3.8, 'Xeon E5-2690'),
  singleThreadIndex: speed(0.82, 0.68, 0.95),
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
    crossingRest: price(
      20,
      -70,
      60,
      'UnixBench with and without isolation on an E5-2650 (gist.github.com/barusan): 480 [300..560] a call, less two writes and two reads',
      'inferred',
    ),
    crossingRefill: price(485, 335, 635, 'Nehalem, the nearest older core with a figure; the range doubled', 'assumed'),
    walk: price(20, 12, 40, 'warm tables, extrapolated from Skylake-SP and Haswell', 'inferred'),
    invpcidAll: undefined,
    cr4PgeToggle: GLOBAL_TOGGLE,
  },
  referencePart: 'Xeon E5-2690',
  deepIdleNs: deepIdle(211),
};
