/** What a lane runs on, what it goes by, and what it counts by purpose. */
import type { Kernel } from './kernels.ts';
import type { FlushClock } from './tasks.ts';

/** What of the hardware and the kernel decides which operations are issued. */
export interface Machine {
  readonly pcid: boolean;
  /** INVPCID drops single addresses of user PCIDs: it is there, and PCIDs are on. */
  readonly invpcid: boolean;
  /** The CPU has INVPCID, with PCIDs on or off: the kernel drops everything with it, else by toggling CR4.PGE. */
  readonly invpcidAll: boolean;
  readonly kernel: Kernel;
  /** Idle at least this long, the kernel loads its own mm first (leave_mm); undefined: never, as in most guests. */
  readonly deepIdleNs: number | undefined;
}

/** What decides where the trace logs it (`tlb_flush`): the record, or the model all the same. */
export interface Evidence {
  readonly switches: FlushClock;
  readonly flushes: FlushClock;
}

export const SIMULATED: Evidence = { switches: 'simulated', flushes: 'simulated' };
export const RECORDED: Evidence = { switches: 'recorded', flushes: 'recorded' };

/** CR3 writes by what they were for; they add up to keep + flush + no-PCID. */
export interface Cr3Sums {
  crossing: number;
  switch: number;
  flush: number;
  other: number;
  /** Of switches and flushes, with PCIDs on: those that flush. */
  nonCrossingFlush: number;
}
