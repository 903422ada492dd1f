/** Sources of prices that several CPU files name, and the prices for which no CPU has a figure of its own. */
import type { Confidence, Sourced } from '../cpu.ts';
import { MITIGATION_STUDY } from './sources.ts';

/** A page-table swap as isolation does it, with PCIDs. */
export const SWAP = `${MITIGATION_STUDY}: one page-table swap`;
export const FLUSH_BENCHMARK = 'D. Hansen, LKML, 9 June 2015, TLB flush microbenchmark (55775749.3090004@intel.com)';
export const INVPCID_COMPARISON =
  'D. Hansen, linux-mm, 5 December 2017 (3062e486-3539-8a1f-5724-16199420be71@intel.com)';
/** getppid with isolation on and off, with and without PCIDs, in cycles a call. */
export const ROUND_TRIPS = 'K. Garloff, Open Telekom Cloud, 2018, getppid loop with isolation on and off';
export const NO_SPLIT =
  'no published split of flushing and keeping writes: 10 above the write that keeps; what is lost is priced apart';

/** Cycles of this CPU. `low` and `high` are a 90 % range. */
export const price = (
  value: number,
  low: number,
  high: number,
  source: string,
  confidence: Confidence,
): Sourced<number> => ({ value, low, high, unit: 'cycles', source, confidence });

/** INVPCID type 2. */
export const ALL_CONTEXTS = price(
  860,
  600,
  1200,
  'Skylake, remembered: 376 ns against 539 ns for the CR4 toggle; only the order of the two was read',
  'from-memory-unverified',
);

/** Two CR4 writes that toggle PGE. */
export const GLOBAL_TOGGLE = price(
  900,
  740,
  1800,
  `between Westmere, 828, and Haswell, 960 (${FLUSH_BENCHMARK}), and an unnamed 746 (I. Molnar, LKML, 8 June 2015)`,
  'inferred',
);

/** Prices that no source tells apart by CPU. */
export const COMMON_PRICES = {
  cr3Read: price(20, 5, 60, 'MOV from CR3 on any x86, remembered; no source read', 'from-memory-unverified'),
  ipiSend: price(
    500,
    200,
    1500,
    'order of magnitude for bare metal, remembered; no source read',
    'from-memory-unverified',
  ),
  ipiReceive: price(
    1000,
    400,
    2500,
    'order of magnitude for bare metal, remembered; no source read',
    'from-memory-unverified',
  ),
  optChange: price(
    60,
    20,
    2000,
    'three to five entries of the top level rewritten (linux arch/x86/mm/pti.c); high: one spurious page fault besides, where a translation with NX was cached',
    'inferred',
  ),
  optTest: price(1, 0, 4, 'a load and a predicted branch', 'inferred'),
} as const;
