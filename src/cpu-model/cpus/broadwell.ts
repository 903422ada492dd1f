import type { Cpu } from '../cpu.ts';
import { clock, CPUID_DUMPS, deepIdle, MITIGATION_STUDY, speed, yes } from './sources.ts';
import { ALL_CONTEXTS, COMMON_PRICES, GLOBAL_TOGGLE, NO_SPLIT, ROUND_TRIPS, SWAP, price } from './price-sources.ts';

/** Broadwell (2014), client and server. */
export const broadwell: Cpu = {
  id: 'broadwell',
  label: 'Intel Broadwell',
  kind: 'silicon',
  pcid: yes(CPUID_DUMPS, 'vendor-documented'),
  invpcid: yes(CPUID_DUMPS, 'vendor-documented'),
  meltdown: yes(MITIGATION_STUDY, 'measured-published'),
  ghz: clock(3.2, 3.6, 'Xeon E5-2667 v4'),
  singleThreadIndex: speed(0.93, 0.8, 1.05),
  prices: {
    ...COMMON_PRICES,
    cr3WriteKeep: price(206, 190, 230, `${SWAP}, E5-2640 v4`, 'measured-published'),
    cr3WriteFlush: price(210, 180, 450, NO_SPLIT, 'inferred'),
    cr3WriteNoPcid: price(
      210,
      120,
      450,
      'as the flushing write with PCIDs of the same cores; hot reloads of unnamed neighbours are 96 to 251, a cold one 366 (I. Molnar, LKML, 8 June 2015)',
      'inferred',
    ),
    invlpg: price(205, 190, 260, 'between Haswell and Skylake', 'inferred'),
    invpcidAddr: price(350, 250, 450, 'near Skylake', 'inferred'),
    crossingRest: price(
      -3.5,
      -10,
      60,
      `${ROUND_TRIPS}: 440 to 450 a call on a bare E5-2667 v4, less two writes and two reads; high: L1 TLB refills of longer calls`,
      'inferred',
    ),
    crossingRefill: price(
      150,
      100,
      400,
      `${ROUND_TRIPS}: 700 to 760 a call without PCIDs on a bare E5-2667 v4, less two writes and two reads; high: entries that touch more than getppid, such as page faults`,
      'inferred',
    ),
    walk: price(20, 12, 40, 'warm tables, extrapolated from Skylake-SP and Haswell', 'inferred'),
    invpcidAll: ALL_CONTEXTS,
    cr4PgeToggle: GLOBAL_TOGGLE,
  },
  referencePart: 'Xeon E5-2667 v4',
  deepIdleNs: deepIdle(100),
};
