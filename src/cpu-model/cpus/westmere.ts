import type { Cpu } from '../cpu.ts';
import { clock, CPUID_DUMPS, deepIdle, LINUX_WHITELIST, mostly, no, speed, yes } from './sources.ts';
import { COMMON_PRICES, FLUSH_BENCHMARK, NO_SPLIT, price } from './price-sources.ts';

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
    cr3WriteNoPcid: price(
      108,
      105,
      250,
      `${FLUSH_BENCHMARK}; read and write, unfenced, refill excluded`,
      'measured-published',
    ),
    invlpg: price(236, 232, 284, FLUSH_BENCHMARK, 'measured-published'),
    invpcidAddr: undefined,
    crossingRest: price(20, -160, 100, 'Sandy Bridge; the range doubled', 'assumed'),
    crossingRefill: price(485, 335, 635, 'Nehalem, the nearest older core with a figure; the range doubled', 'assumed'),
    walk: price(20, 12, 40, 'warm tables, extrapolated from Skylake-SP and Haswell', 'inferred'),
    invpcidAll: undefined,
    cr4PgeToggle: price(828, 828, 960, FLUSH_BENCHMARK, 'measured-published'),
  },
  referencePart: 'Xeon X5690',
  deepIdleNs: deepIdle(80),
};
