import type { Cpu } from '../cpu.ts';
import { clock, CPUID_DUMPS, deepIdle, MITIGATION_STUDY, speed, yes } from './sources.ts';
import {
  ALL_CONTEXTS,
  COMMON_PRICES,
  GLOBAL_TOGGLE,
  INVPCID_COMPARISON,
  NO_SPLIT,
  SWAP,
  price,
} from './price-sources.ts';

/** Skylake (2015), client parts. */
export const skylake: Cpu = {
  id: 'skylake',
  label: 'Intel Skylake (client)',
  kind: 'silicon',
  pcid: yes(CPUID_DUMPS, 'vendor-documented'),
  invpcid: yes(CPUID_DUMPS, 'vendor-documented'),
  meltdown: yes(MITIGATION_STUDY, 'measured-published'),
  ghz: clock(4, 4.2, 'Core i7-6700K'),
  singleThreadIndex: speed(1.14, 1, 1.3),
  prices: {
    ...COMMON_PRICES,
    cr3WriteKeep: price(191, 172, 220, `${SWAP}, i7-6600U`, 'measured-published'),
    cr3WriteFlush: price(210, 180, 450, NO_SPLIT, 'inferred'),
    cr3WriteNoPcid: price(
      210,
      120,
      450,
      'as the flushing write with PCIDs of the same cores; hot reloads of unnamed neighbours are 96 to 251, a cold one 366 (I. Molnar, LKML, 8 June 2015)',
      'inferred',
    ),
    invlpg: price(200, 198, 213, INVPCID_COMPARISON, 'measured-published'),
    invpcidAddr: price(
      350,
      340,
      360,
      `${INVPCID_COMPARISON}: 550 for the pair with INVLPG, less 200`,
      'measured-published',
    ),
    crossingRest: price(
      -25,
      -86,
      60,
      'SkyBridge (EuroSys 2019, quoted): 372 for two writes, but 250 added to a system call; less two writes and two reads. High: L1 TLB refills of longer calls',
      'inferred',
    ),
    crossingRefill: price(150, 100, 400, 'Broadwell', 'inferred'),
    walk: price(20, 12, 40, 'warm tables, extrapolated from Skylake-SP and Haswell', 'inferred'),
    invpcidAll: ALL_CONTEXTS,
    cr4PgeToggle: GLOBAL_TOGGLE,
  },
  referencePart: 'Core i7-6700K',
  deepIdleNs: deepIdle(100),
};
