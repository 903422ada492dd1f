/**
 * One CPU's ASID slots: choose_new_asid in linux arch/x86/mm/tlb.c. A slot is a PCID (two with page-table isolation); slots are
 * replaced in turn, not by use, so a hot mm may lose its own.
 */

/** TLB_NR_DYN_ASIDS. */
export const MOST_ASIDS = 6;

export interface Asids {
  /** Slot of the loaded mm. */
  loaded: number;
  /** mm in each slot; 0 = none. */
  readonly mm: Int32Array;
  /** How many of its mm's flushes each slot has seen. */
  readonly generation: Float64Array;
  next: number;
  /** Bit per slot: the user PCID must be flushed when next loaded. */
  userFlush: number;
  /** A page of the kernel was dropped from the loaded slot only: what the others hold must go before one is loaded (invalidate_other). */
  othersStale: boolean;
}

export const createAsids = (): Asids => ({
  loaded: 0,
  mm: new Int32Array(MOST_ASIDS),
  generation: new Float64Array(MOST_ASIDS),
  next: 1,
  userFlush: 0,
  othersStale: false,
});

/** The slot that holds an mm, -1 where none does. */
export const slotOf = (asids: Asids, mm: number): number => asids.mm.indexOf(mm);

/** All slots but the loaded one lose their mm: clear_asid_other. */
export function forgetOthers(asids: Asids): void {
  for (let slot = 0; slot < MOST_ASIDS; slot++) if (slot !== asids.loaded) asids.mm[slot] = 0;
  asids.othersStale = false;
}

/**
 * Loads an mm into its slot, or into the next one in turn.
 *
 * @param known - what {@link slotOf} said
 * @param generation - flushes of the mm so far
 * @param count - slots the kernel uses
 */
export function takeSlot(asids: Asids, known: number, mm: number, generation: number, count: number): void {
  let slot = known;
  if (slot < 0) {
    slot = asids.next++;
    if (slot >= count) {
      slot = 0;
      asids.next = 1;
    }
    asids.mm[slot] = mm;
  }
  asids.generation[slot] = generation;
  asids.loaded = slot;
}
