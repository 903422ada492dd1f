import type { Cpu } from '../cpu.ts';
import { clock, CPUID_DUMPS, deepIdle, MITIGATION_STUDY, no, speed, yes } from './sources.ts';
import { ALL_CONTEXTS, COMMON_PRICES, GLOBAL_TOGGLE, NO_SPLIT, price } from './price-sources.ts';

/** Sapphire Rapids (2023). */
export const sapphirerapids: Cpu = {
  id: 'sapphirerapids',
  label: 'Intel Sapphire Rapids (server)',
  kind: 'silicon',
  pcid: yes(CPUID_DUMPS, 'vendor-documented'),
  invpcid: yes(CPUID_DUMPS, 'vendor-documented'),
  meltdown: no(`${MITIGATION_STUDY}, for Ice Lake, its predecessor`, 'inferred'),
  ghz: clock(2, 3.8, 'Xeon Platinum 8480+'),
  singleThreadIndex: speed(1.38, 1.1, 1.6),
  prices: {
    ...COMMON_PRICES,
    cr3WriteKeep: price(190, 100, 300, 'no figure: no kernel isolates it; near Skylake', 'inferred'),
    cr3WriteFlush: price(200, 100, 450, NO_SPLIT, 'inferred'),
    cr3WriteNoPcid: price(200, 100, 450, 'no figure; near Skylake', 'inferred'),
    invlpg: price(200, 120, 300, 'no figure; near Skylake', 'inferred'),
    invpcidAddr: price(350, 250, 450, 'near Skylake', 'inferred'),
    crossingRest: price(-3.5, -168.5, 123.5, 'Skylake-SP; the range doubled', 'assumed'),
    crossingRefill: price(150, 50, 650, 'Skylake-SP; the range doubled', 'assumed'),
    walk: price(20, 12, 40, 'warm tables, extrapolated from Skylake-SP and Haswell', 'inferred'),
    invpcidAll: ALL_CONTEXTS,
    cr4PgeToggle: GLOBAL_TOGGLE,
  },
  referencePart: 'Xeon Platinum 8480+',
  deepIdleNs: deepIdle(800),
};
