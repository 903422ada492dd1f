import type { Cpu } from '../cpu.ts';
import { clock, CPUID_DUMPS, deepIdle, MITIGATION_STUDY, speed, yes } from './sources.ts';
import { ALL_CONTEXTS, COMMON_PRICES, GLOBAL_TOGGLE, NO_SPLIT, ROUND_TRIPS, SWAP, price } from './price-sources.ts';

/** Skylake (2017), server parts: stands in where a host is unknown, and is 1 on the scale of speeds. */
export const skylakeSp: Cpu = {
  id: 'skylake-sp',
  label: 'Intel Skylake-SP (server)',
  kind: 'silicon',
  pcid: yes(CPUID_DUMPS, 'vendor-documented'),
  invpcid: yes(CPUID_DUMPS, 'vendor-documented'),
  meltdown: yes(`${MITIGATION_STUDY}, for the Skylake client part`, 'inferred'),
  ghz: clock(2.4, 3.7, 'Xeon Gold 6148'),
  singleThreadIndex: speed(1, 0.85, 1.1),
  prices: {
    ...COMMON_PRICES,
    cr3WriteKeep: price(191, 170, 230, `${SWAP}, i7-6600U: the same core`, 'inferred'),
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
      -86,
      60,
      `${ROUND_TRIPS}: 390 to 430 a call in KVM guests on Gold 6148 and 6161, less two writes and two reads; low: the client core`,
      'inferred',
    ),
    crossingRefill: price(
      150,
      100,
      400,
      'Broadwell; in KVM guests on Gold 6148 and 6161 it is twice that, which guestWalk holds',
      'inferred',
    ),
    walk: price(
      17.5,
      17,
      30,
      'B. Gregg, slides on KPTI, 2018: 17.4 on an EC2 c5.9xlarge without isolation, MySQL; rounded to a half',
      'measured-published',
    ),
    invpcidAll: ALL_CONTEXTS,
    cr4PgeToggle: GLOBAL_TOGGLE,
  },
  referencePart: 'Xeon Gold 6148',
  deepIdleNs: deepIdle(600),
};
