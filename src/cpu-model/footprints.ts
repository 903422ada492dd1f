/** How much of the kernel a TLB loses and fetches again, and what a guest multiplies: the same for every CPU, until TLBs are modelled. */
import type { Sourced } from './cpu.ts';

const RUNS =
  "page walks added by isolation, over flushes of the kernel's PCID, in emulated runs of Debian's 6.1 kernel with 1 GiB (traces/emulator)";

export const FOOTPRINTS = {
  /** Translations of the kernel that are fetched again after its PCID was flushed. */
  kernelFlushWalks: {
    value: 50,
    low: 35,
    high: 69,
    unit: 'page walks',
    source: `${RUNS}: ring of processes 43, mmap loop 47, fork and exec 52, shell script 69; predictions fit best with 20-30 % less`,
    confidence: 'inferred',
  },
  /** Translations of the kernel touched again after a write without PCIDs inside the kernel. */
  kernelSegmentWalks: {
    value: 30,
    low: 14,
    high: 56,
    unit: 'page walks',
    source: `${RUNS}: from 14-16 after a switch to a preempted task to 56 at the start of execve`,
    confidence: 'inferred',
  },
  /** A walk through two levels of page tables, over one without. */
  guestWalk: {
    value: 2,
    low: 1.3,
    high: 3,
    unit: 'ratio',
    source:
      'what isolation without PCIDs adds beyond the CR3 writes: 590 to 630 cycles in KVM guests on Skylake-SP, 300 on bare Broadwell (K. Garloff, Open Telekom Cloud, 2018: getppid)',
    confidence: 'inferred',
  },
  /** Sending and taking an inter-processor interrupt in a guest, over bare metal. */
  guestIpi: {
    value: 3,
    low: 2,
    high: 4,
    unit: 'ratio',
    source: 'each is an exit to the hypervisor; order of magnitude, remembered',
    confidence: 'from-memory-unverified',
  },
} as const satisfies Readonly<Record<string, Sourced<number>>>;

export type FootprintName = keyof typeof FOOTPRINTS;
export type Footprints = Readonly<Record<FootprintName, Sourced<number>>>;
