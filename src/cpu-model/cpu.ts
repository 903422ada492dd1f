/** What a CPU file says. A CPU is data: one file in `cpus/` and one line in `cpus/index.ts`. */

/** How far a figure can be trusted, best first. */
export type Confidence = 'measured-published' | 'vendor-documented' | 'inferred' | 'from-memory-unverified' | 'assumed';

/** A figure with its range and origin. For a yes/no fact `low` and `high` differ where parts of the family differ. */
export interface Sourced<T> {
  readonly value: T;
  readonly low: T;
  readonly high: T;
  readonly unit: string;
  readonly source: string;
  readonly confidence: Confidence;
}

/** Prices of a CPU file, in cycles of that CPU; what a CPU has not is undefined. */
export const PRICES = [
  'cr3WriteKeep',
  'cr3WriteFlush',
  'cr3WriteNoPcid',
  'cr3Read',
  'invlpg',
  'invpcidAddr',
  'invpcidAll',
  'cr4PgeToggle',
  /** Without the entry of the interrupt, which is a crossing. */
  'ipiSend',
  'ipiReceive',
  /** The test of the opt-out, beyond the CR3 read. */
  'optTest',
  'optChange',
  /** What a measured round trip leaves for each of its two CR3 writes beside the writes and reads, with PCIDs. Below 0: they overlap. */
  'crossingRest',
  /** The same without PCIDs: mostly refilling the TLB. */
  'crossingRefill',
  /** A page walk with warm tables. */
  'walk',
] as const;
export type PriceName = (typeof PRICES)[number];
export type Prices = Readonly<Record<PriceName, Sourced<number> | undefined>>;

export interface Cpu {
  readonly id: string;
  readonly label: string;
  /** `reference`: the TLBs of an emulator, not of any silicon. */
  readonly kind: 'silicon' | 'reference';
  /** Process-context identifiers (CR4.PCIDE). */
  readonly pcid: Sourced<boolean>;
  readonly invpcid: Sourced<boolean>;
  /** Whether Meltdown affects it, so that a stock kernel turns PTI on. */
  readonly meltdown: Sourced<boolean>;
  /** Clock in GHz: the mean of base and single-core turbo, those two as its range. */
  readonly ghz: Sourced<number>;
  /** Single-thread speed relative to `skylake-sp` = 1. */
  readonly singleThreadIndex: Sourced<number>;
  /** What operations cost; undefined for a reference, which has no cycles. */
  readonly prices: Prices | undefined;
  /** The part that the clock was taken from. */
  readonly referencePart: string;
  /** Idle at least this long, a bare-metal CPU enters a state that loses its TLB; undefined where it has none. */
  readonly deepIdleNs: Sourced<number> | undefined;
}
