import type { Cpu } from '../cpu.ts';
import { clock, CPUID_DUMPS, deepIdle, LINUX_WHITELIST, mostly, no, speed } from './sources.ts';
import { COMMON_PRICES, GLOBAL_TOGGLE, price } from './price-sources.ts';

/** Goldmont (2016): a small core without PCID. */
export const goldmont: Cpu = {
  id: 'goldmont',
  label: 'Intel Goldmont (Atom)',
  kind: 'silicon',
  pcid: no(CPUID_DUMPS, 'vendor-documented'),
  invpcid: no(CPUID_DUMPS, 'vendor-documented'),
  meltdown: mostly(`${LINUX_WHITELIST}: not on it; Denverton may report itself unaffected`, 'inferred'),
  ghz: clock(2.1, 2.4, 'Atom C3955'),
  singleThreadIndex: speed(0.36, 0.27, 0.5),
  prices: {
    ...COMMON_PRICES,
    cr3WriteKeep: undefined,
    cr3WriteFlush: undefined,
    cr3WriteNoPcid: price(200, 80, 500, 'no figure for any Atom', 'inferred'),
    invlpg: price(220, 100, 400, 'no figure for any Atom', 'inferred'),
    invpcidAddr: undefined,
    crossingRest: undefined,
    crossingRefill: price(485, 335, 635, 'no figure for any Atom; Nehalem stands in, its range doubled', 'assumed'),
    walk: price(25, 15, 60, 'no figure for any Atom', 'inferred'),
    invpcidAll: undefined,
    cr4PgeToggle: GLOBAL_TOGGLE,
  },
  referencePart: 'Atom C3955',
  deepIdleNs: deepIdle(500),
};
