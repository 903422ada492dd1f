import type { Cpu } from '../cpu.ts';
import { clock, CPUID_DUMPS, LINUX_WHITELIST, no, speed, yes } from './sources.ts';
import { ALL_CONTEXTS, COMMON_PRICES, GLOBAL_TOGGLE, NO_SPLIT, price } from './price-sources.ts';

/** Zen 3 (2021), server parts: the first with PCID, which the client parts lack. */
export const zen3Server: Cpu = {
  id: 'zen3-server',
  label: 'AMD Zen 3 (server)',
  kind: 'silicon',
  pcid: yes(CPUID_DUMPS, 'vendor-documented'),
  invpcid: yes(CPUID_DUMPS, 'vendor-documented'),
  meltdown: no(LINUX_WHITELIST, 'vendor-documented'),
  ghz: clock(2.45, 3.5, 'EPYC 7763'),
  singleThreadIndex: speed(1.2, 1, 1.4),
  prices: {
    ...COMMON_PRICES,
    cr3WriteKeep: price(150, 60, 350, 'no figure: no kernel isolates it', 'inferred'),
    cr3WriteFlush: price(160, 60, 450, NO_SPLIT, 'inferred'),
    cr3WriteNoPcid: price(180, 80, 400, 'no figure for any AMD core', 'inferred'),
    invlpg: price(150, 80, 300, 'no figure for any AMD core', 'inferred'),
    invpcidAddr: price(350, 250, 450, 'no figure for any AMD core; Skylake stands in', 'assumed'),
    crossingRest: price(
      -3.5,
      -168.5,
      123.5,
      'no figure for any AMD core; Skylake-SP stands in, its range doubled',
      'assumed',
    ),
    crossingRefill: price(
      150,
      50,
      650,
      'no figure for any AMD core; Broadwell stands in, its range doubled',
      'assumed',
    ),
    walk: price(20, 12, 40, 'warm tables, extrapolated from Skylake-SP and Haswell', 'inferred'),
    invpcidAll: ALL_CONTEXTS,
    cr4PgeToggle: GLOBAL_TOGGLE,
  },
  referencePart: 'EPYC 7763',
  deepIdleNs: undefined,
};
