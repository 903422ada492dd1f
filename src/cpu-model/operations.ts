/**
 * The hardware operations that a kernel issues and a price list prices: the vocabulary of the ledger. What an id of a process
 * or a cause means is not this room's business.
 */
export const OPERATIONS = [
  'entries',
  'exits',
  'cr3WriteKeep',
  'cr3WriteFlush',
  'cr3WriteNoPcid',
  'cr3Read',
  'invlpg',
  'invpcidAddr',
  'invpcidAll',
  'cr4PgeToggle',
  'ipiSend',
  'ipiReceive',
  'optTest',
  'optChange',
] as const;
export type Operation = (typeof OPERATIONS)[number];

/** Columns of the ledger: the index in {@link OPERATIONS}. */
export const Op = {
  /** A crossing from user mode into the kernel. */
  entries: 0,
  /** A crossing from the kernel to user mode. */
  exits: 1,
  /** CR3 write with bit 63 set and PCIDs on: nothing is dropped. */
  cr3WriteKeep: 2,
  /** CR3 write with bit 63 clear and PCIDs on: drops the non-global entries of that PCID. */
  cr3WriteFlush: 3,
  /** CR3 write without PCIDs: drops every non-global entry. */
  cr3WriteNoPcid: 4,
  cr3Read: 5,
  invlpg: 6,
  /** INVPCID type 0: one address of one PCID. */
  invpcidAddr: 7,
  /** INVPCID type 2: everything. */
  invpcidAll: 8,
  /** Two CR4 writes: everything, where INVPCID is missing. */
  cr4PgeToggle: 9,
  ipiSend: 10,
  ipiReceive: 11,
  /** The test of a kernel that has the opt-out: one a crossing. */
  optTest: 12,
  /** An address space in use loses isolation or gets it back: the kernel's NX bits on its user entries are rewritten. */
  optChange: 13,
} as const;

export const OPERATION_COUNT = OPERATIONS.length;
