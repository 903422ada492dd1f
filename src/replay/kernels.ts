/** Which mechanics a kernel version has: data, so that the engine asks for a fact and never for a version. */

export interface Kernel {
  /** As `--kernel` names it. */
  readonly id: string;
  readonly what: string;
  /** ASID slots a CPU: PCIDs for that many address spaces. */
  readonly asids: number;
  /** With PCIDs, a switch to idle or a kernel thread loads the kernel's own mm at once instead of keeping the old one. */
  readonly eagerInitMm: boolean;
  /** Back from a kernel thread to the same mm, flushes missed meanwhile are caught up with. */
  readonly lazyChecksGeneration: boolean;
  /** A shootdown leaves out CPUs that only borrow the mm, unless page tables were freed. */
  readonly skipsLazyCpus: boolean;
  /** A flush of more pages than this is one of everything (tlb_single_page_flush_ceiling). */
  readonly flushCeiling: number;
  /** mprotect flushes only what its change requires, not the whole range. */
  readonly mprotectGathers: boolean;
  /**
   * mprotect that allows writing again maps pages that are only the process's own writable at once, which changes translations; else the
   * next write faults, and translations stay as they are.
   */
  readonly mprotectRestoresWrite: boolean;
  /** A CPU stays in the set that shootdowns go to (mm_cpumask) when it loads another mm, until one finds it so. */
  readonly clearsCpumaskLazily: boolean;
  /** A shootdown runs its handler on the asking CPU too, which logs a remote flush of 0 pages: no interrupt, and nothing left to flush. */
  readonly logsOwnEcho: boolean;
  /** A recorded shootdown of 0 pages on its receiver is a flush of one page, not a note that there was nothing to do. */
  readonly remoteZeroIsPage: boolean;
  /** The vDSO lies in the region of mmap, so that region's top page table is never freed. */
  readonly vdsoInMmapRegion: boolean;
  /** A return from an NMI or paranoid entry to the kernel writes CR3 even where it is right already. */
  readonly nmiRestoresCr3: boolean;
  /** Under isolation, what both page tables map (cpu_entry_area, entry text) is global; else nothing of the kernel is. */
  readonly sharedAreasGlobal: boolean;
}

/**
 * Source of each fact: linux arch/x86/mm/{tlb.c,pti.c}, arch/x86/entry/{calling.h,entry_64.S,vdso/vma.c}, mm/mprotect.c of that version. A
 * version without a fact of its own is one whose changes (entry code, cycles) issue the operations of the one before.
 */
const kaiser: Kernel = {
  id: 'kaiser',
  what: 'the 2018 backports to 3.10, 4.4 and 4.9: a fixed pair of PCIDs, a flush at each switch',
  asids: 1,
  eagerInitMm: false,
  lazyChecksGeneration: false,
  skipsLazyCpus: false,
  flushCeiling: 33,
  mprotectGathers: false,
  mprotectRestoresWrite: false,
  clearsCpumaskLazily: false,
  logsOwnEcho: false,
  remoteZeroIsPage: false,
  vdsoInMmapRegion: false,
  nmiRestoresCr3: true,
  sharedAreasGlobal: false,
};
const v4_14: Kernel = { ...kaiser, id: '4.14', what: 'per-CPU ASIDs; PTI since 4.14.11', asids: 6, eagerInitMm: true };
const v4_15: Kernel = { ...v4_14, id: '4.15', what: 'PTI in mainline: SYSCALL trampoline, no global pages' };
const v4_17: Kernel = { ...v4_15, id: '4.17', what: 'shared areas global again', sharedAreasGlobal: true };
const v4_20: Kernel = {
  ...v4_17,
  id: '4.20',
  what: 'always lazy TLB, no trampoline',
  eagerInitMm: false,
  lazyChecksGeneration: true,
  skipsLazyCpus: true,
  logsOwnEcho: true,
};
const v5_8: Kernel = { ...v4_20, id: '5.8', what: 'entry code in C' };
const v5_13: Kernel = {
  ...v5_8,
  id: '5.13',
  what: 'local and remote flushes at once',
  logsOwnEcho: false,
  remoteZeroIsPage: true,
};
const v5_19: Kernel = { ...v5_13, id: '5.19', what: 'mprotect gathers its flushes', mprotectGathers: true };
const v6_1: Kernel = {
  ...v5_19,
  id: '6.1',
  what: 'long-term kernel of Debian 12; mprotect restores the right to write',
  mprotectRestoresWrite: true,
};
const v6_9: Kernel = { ...v6_1, id: '6.9', what: 'no CR3 write on an NMI return to the kernel', nmiRestoresCr3: false };
const v6_12: Kernel = {
  ...v6_9,
  id: '6.12',
  what: 'long-term kernel of Debian 13; vDSO in the mmap region',
  vdsoInMmapRegion: true,
};
const v6_13: Kernel = { ...v6_12, id: '6.13', what: 'mm_cpumask cleared lazily', clearsCpumaskLazily: true };

/** Oldest first. */
export const KERNELS: readonly Kernel[] = [
  kaiser,
  v4_14,
  v4_15,
  v4_17,
  v4_20,
  v5_8,
  v5_13,
  v5_19,
  v6_1,
  v6_9,
  v6_12,
  v6_13,
];

export const DEFAULT_KERNEL = '6.1';

/** What of the kernel's own mappings is global under isolation, so that a CR3 write leaves it in the TLB. */
export type KernelGlobals = 'nothing' | 'shared areas' | 'shared areas and kernel image';

/**
 * No count depends on it; what a CR3 write drops does. linux arch/x86/mm/pti.c: pti_kernel_image_global_ok, pti_clone_entry_text. Its
 * other conditions (AMD K8, structure randomisation) are no kernels or CPUs of this model.
 */
export function globalsUnderPti(
  { sharedAreasGlobal }: Kernel,
  { pcid, ptiMode }: { readonly pcid: boolean; readonly ptiMode: 'auto' | 'on' },
): KernelGlobals {
  if (!sharedAreasGlobal) return 'nothing';
  return pcid || ptiMode === 'on' ? 'shared areas' : 'shared areas and kernel image';
}

/** `6.1`, `6.1.0-18-amd64`: what follows the two numbers must not be more of them. */
const numbersOf = (version: string): readonly [number, number] | undefined => {
  const match = /^(\d{1,4})\.(\d{1,4})(?![\w,])/.exec(version);
  return match ? [Number(match[1]), Number(match[2])] : undefined;
};

/** The mechanics that hold in a version: the nearest not newer. Undefined for what is no version or older than all. */
export function kernelOf(version: string): Kernel | undefined {
  const exact = KERNELS.find((kernel) => kernel.id === version);
  if (exact) return exact;
  const wanted = numbersOf(version);
  if (!wanted) return undefined;
  return KERNELS.findLast((kernel) => {
    const has = numbersOf(kernel.id);
    return has !== undefined && (has[0] < wanted[0] || (has[0] === wanted[0] && has[1] <= wanted[1]));
  });
}
