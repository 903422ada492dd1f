/** Which mechanics a kernel version has: data, so that the engine asks for a fact and never for a version. */

export interface Kernel {
  /** As `--kernel` names it. */
  readonly id: string;
  readonly what: string;
  /** A return from an NMI or paranoid entry to the kernel writes CR3 even where it is right already. */
  readonly nmiRestoresCr3: boolean;
}

/** Oldest first. */
export const KERNELS: readonly Kernel[] = [
  { id: 'kaiser', what: 'the 2018 backports to 3.10, 4.4 and 4.9: a fixed pair of PCIDs', nmiRestoresCr3: true },
  { id: '4.14', what: 'per-CPU ASIDs; PTI since 4.14.11', nmiRestoresCr3: true },
  { id: '4.15', what: 'PTI in mainline: SYSCALL trampoline, no global pages', nmiRestoresCr3: true },
  { id: '4.17', what: 'shared areas global again', nmiRestoresCr3: true },
  { id: '4.20', what: 'always lazy TLB, no trampoline', nmiRestoresCr3: true },
  { id: '5.8', what: 'entry code in C', nmiRestoresCr3: true },
  { id: '5.13', what: 'local and remote flushes at once', nmiRestoresCr3: true },
  { id: '5.19', what: 'mprotect gathers its flushes', nmiRestoresCr3: true },
  { id: '6.1', what: 'long-term kernel of Debian 12', nmiRestoresCr3: true },
  { id: '6.9', what: 'no CR3 write on an NMI return to the kernel', nmiRestoresCr3: false },
  { id: '6.12', what: 'long-term kernel of Debian 13', nmiRestoresCr3: false },
  { id: '6.13', what: 'mm_cpumask cleared lazily', nmiRestoresCr3: false },
];

export const DEFAULT_KERNEL = '6.1';

const numbersOf = (version: string): readonly [number, number] | undefined => {
  const match = /^(\d{1,4})\.(\d{1,4})/.exec(version);
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
