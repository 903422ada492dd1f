/**
 * What CR3 holds under Linux on x86-64. linux arch/x86/mm/tlb.c: build_cr3, kern_pcid, user_pcid; arch/x86/entry/calling.h.
 *
 * ```
 *  63       51 … 13              12          11          10 … 0
 *  noflush  page table (8 KiB)   user half   user PCID   ASID + 1
 * ```
 *
 * Bit 63 is an order to the write and reads as 0. Bits 11 to 0 are 0 without PCIDs. A value fits a double exactly, so none is a bigint.
 */

/** Bit 12: the upper page of the pair, the user's page table. */
export const USER_TABLE = 0x1000;
/** Bit 11: the PCID of the user's half. */
export const USER_PCID = 0x800;
/** Bits 11 to 0. */
const PCID_BITS = 0xfff;
/** Bits 12 to 0: a pair of page tables is as long and as aligned. */
const PGD_BYTES = 0x2000;
/** No trace shows where page tables lie: in the model those of an mm lie at its id times 8 KiB above 4 GiB. */
const FIRST_PGD = 0x1_0000_0000;
/** Bits 51 to 0. */
export const CR3_LIMIT = 2 ** 52;

export type Half = 'user' | 'kernel';

export interface Cr3 {
  /** Address of the pair of page tables. */
  readonly pgd: number;
  readonly mm: number;
  readonly half: Half;
  readonly pcid: number;
  /** Undefined without PCIDs. */
  readonly asid: number | undefined;
}

export const pgdOf = (mm: number): number => FIRST_PGD + mm * PGD_BYTES;

/**
 * The value that loads the kernel's half of an mm.
 *
 * @param asid - undefined without PCIDs
 */
export const kernelCr3 = (mm: number, asid: number | undefined): number =>
  pgdOf(mm) + (asid === undefined ? 0 : asid + 1);

/** The bits below the page tables' address. */
export const lowBits = (raw: number): number => raw % PGD_BYTES;

/** The same with the user's half: what the return to user mode writes. */
export const withUserHalf = (raw: number, pcid: boolean): number => withLow(raw, userBits(pcid));
/** The same with the kernel's half: what the entry writes. */
export const withKernelHalf = (raw: number): number => withLow(raw, 0);

const userBits = (pcid: boolean): number => (pcid ? USER_TABLE | USER_PCID : USER_TABLE);

function withLow(raw: number, user: number): number {
  const low = lowBits(raw);
  return raw - low + ((low & ~(USER_TABLE | USER_PCID)) | user);
}

export function decodeCr3(raw: number, pcids: boolean): Cr3 {
  const low = lowBits(raw);
  const pgd = raw - low;
  const pcid = low & PCID_BITS;
  return {
    pgd,
    mm: (pgd - FIRST_PGD) / PGD_BYTES,
    half: (low & USER_TABLE) === 0 ? 'kernel' : 'user',
    pcid,
    asid: pcids ? (pcid & ~USER_PCID) - 1 : undefined,
  };
}

/** As a dump prints it: 16 hexadecimal digits. */
export const hexOf = (raw: number): string => `0x${raw.toString(16).padStart(16, '0')}`;
