/**
 * Which PCID an address space gets on a CPU, and whether what the TLB holds for it is still good: choose_new_asid in linux
 * arch/x86/mm/tlb.c. Six slots a CPU, replaced in turn, not by use.
 */

/** TLB_NR_DYN_ASIDS. */
export const ASID_COUNT = 6;

/** One CPU's slots. */
export interface Asids {
  /** Slot of the loaded mm. */
  loaded: number;
  /** mm in each slot; 0 = none. */
  readonly mm: Int32Array;
  next: number;
  /** Bit per slot: the user PCID must be flushed when next loaded. */
  userFlush: number;
}

export const createAsids = (): Asids => ({ loaded: 0, mm: new Int32Array(ASID_COUNT), next: 1, userFlush: 0 });

/**
 * Loads an mm into a slot.
 *
 * @returns whether what the slot's PCID holds must be flushed
 */
export function loadMm(asids: Asids, mm: number): boolean {
  const slot = asids.mm.indexOf(mm);
  if (slot >= 0) {
    asids.loaded = slot;
    return false;
  }
  let chosen = asids.next++;
  if (chosen >= ASID_COUNT) {
    chosen = 0;
    asids.next = 1;
  }
  asids.mm[chosen] = mm;
  asids.loaded = chosen;
  return true;
}
