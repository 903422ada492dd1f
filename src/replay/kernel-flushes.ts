/**
 * Calls that make the kernel flush addresses of its own, on every CPU. No event tells of such a flush (`tlb_flush` is for mms), so every lane
 * takes it from the call, also one that follows the record.
 *
 * A module's text becomes read-only and executable when it is loaded, and its memory is given back when it is unloaded: each is at least one
 * flush of everything, as the range spans the module and the direct map (linux arch/x86/mm/pat/set_memory.c: cpa_process_alias,
 * cpa_flush; before 5.0 pageattr.c: __cpa_flush_range; mm/vmalloc.c: vm_reset_perms). How many more there are depends on its sections.
 */

const INIT_MODULE = 175;
const DELETE_MODULE = 176;
const FINIT_MODULE = 313;

/** Whether a call, by x86-64 number, flushes everything the kernel maps if it succeeds. */
export const changesModules = (nr: number): boolean =>
  nr === FINIT_MODULE || nr === INIT_MODULE || nr === DELETE_MODULE;
