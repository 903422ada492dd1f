import type { Cpu } from '../cpu.ts';
import { clock, CPUID_DUMPS, deepIdle, LINUX_WHITELIST, no, speed, yes } from './sources.ts';
import { COMMON_PRICES, GLOBAL_TOGGLE, price } from './price-sources.ts';

/** Nehalem (2008): no PCID, so every CR3 write drops all but global translations. */
export const nehalem: Cpu = {
  id: 'nehalem',
  label: 'Intel Nehalem',
  kind: 'silicon',
  pcid: no(CPUID_DUMPS, 'vendor-documented'),
  invpcid: no(CPUID_DUMPS, 'vendor-documented'),
  meltdown: yes(LINUX_WHITELIST, 'inferred'),
  ghz: clock(3.33, 3.6, 'Xeon W3580'),
  singleThreadIndex: speed(0.68, 0.55, 0.8),
  prices: {
    ...COMMON_PRICES,
    cr3WriteKeep: undefined,
    cr3WriteFlush: undefined,
    cr3WriteNoPcid: price(108, 90, 300, 'as Westmere', 'inferred'),
    invlpg: price(235, 200, 290, 'near Westmere', 'inferred'),
    invpcidAddr: undefined,
    crossingRest: undefined,
    crossingRefill: price(
      485,
      410,
      560,
      'M. Cracauer, 2018: 326 to 412 ns a call at 3.33 GHz on a Xeon W3580, Linux 4.14.13, less two writes and two reads',
      'inferred',
    ),
    walk: price(
      30,
      20,
      40,
      'Sniper, nehalem.cfg (github.com/snipersim/snipersim @900a80c): a fixed penalty',
      'inferred',
    ),
    invpcidAll: undefined,
    cr4PgeToggle: GLOBAL_TOGGLE,
  },
  referencePart: 'Xeon W3580',
  deepIdleNs: deepIdle(80),
};
