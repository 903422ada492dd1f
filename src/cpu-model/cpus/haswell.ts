import type { Cpu } from '../cpu.ts';
import { clock, CPUID_DUMPS, deepIdle, LINUX_WHITELIST, speed, yes } from './sources.ts';
import { ALL_CONTEXTS, COMMON_PRICES, FLUSH_BENCHMARK, NO_SPLIT, ROUND_TRIPS, price } from './price-sources.ts';

/** Haswell (2013), client parts: the first with INVPCID. */
export const haswell: Cpu = {
  id: 'haswell',
  label: 'Intel Haswell (client)',
  kind: 'silicon',
  pcid: yes(CPUID_DUMPS, 'vendor-documented'),
  invpcid: yes(CPUID_DUMPS, 'vendor-documented'),
  meltdown: yes(LINUX_WHITELIST, 'inferred'),
  ghz: clock(3.4, 3.9, 'Core i7-4770'),
  singleThreadIndex: speed(0.96, 0.82, 1.1),
  prices: {
    ...COMMON_PRICES,
    cr3WriteKeep: price(200, 110, 250, 'between the full reload of Haswell, 124, and Broadwell, 206', 'inferred'),
    cr3WriteFlush: price(210, 110, 450, NO_SPLIT, 'inferred'),
    cr3WriteNoPcid: price(
      124,
      120,
      250,
      `${FLUSH_BENCHMARK}; read and write, unfenced, refill excluded`,
      'measured-published',
    ),
    invlpg: price(216, 200, 260, FLUSH_BENCHMARK, 'measured-published'),
    invpcidAddr: price(350, 250, 450, 'near Skylake', 'inferred'),
    crossingRest: price(
      -2.5,
      -20,
      60,
      `${ROUND_TRIPS}: 435 a call on an i5-4250U, less two writes and two reads; FreeBSD (reviews D13985): 400 to 540`,
      'inferred',
    ),
    crossingRefill: price(150, 100, 400, 'Broadwell', 'inferred'),
    walk: price(20, 12, 40, 'warm tables, extrapolated from Skylake-SP and Haswell', 'inferred'),
    invpcidAll: ALL_CONTEXTS,
    cr4PgeToggle: price(960, 746, 1795, FLUSH_BENCHMARK, 'measured-published'),
  },
  referencePart: 'Core i7-4770',
  deepIdleNs: deepIdle(100),
};
