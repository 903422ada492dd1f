/**
 * What mprotect changes in the page tables, page by page: which translations must go. linux mm/mprotect.c: change_pte_range;
 * arch/x86/include/asm/tlbflush.h: pte_flags_need_flush. What a mapping allowed before the first mprotect in the trace is not known: it is taken
 * to allow writing and not to be executable.
 */
import type { Kernel } from './kernels.ts';
import { isWritable, type MmPages } from './mm-pages.ts';
import type { Span } from './pages.ts';

const PROT_WRITE = 2n;
const PROT_EXEC = 4n;
/** Any of them makes pages present for user mode. */
const PROT_ANY = 7n;

interface Access {
  readonly none: boolean;
  readonly write: boolean;
  readonly execute: boolean;
}

/**
 * Gives a range its new protection.
 *
 * @returns from the first to the last page to flush; undefined where none is
 */
export function protect(pages: MmPages, range: Span, protection: bigint, kernel: Kernel): Span | undefined {
  const members = pages.present.members(range);
  const next: Access = {
    none: (protection & PROT_ANY) === 0n,
    write: (protection & PROT_WRITE) !== 0n,
    execute: (protection & PROT_EXEC) !== 0n,
  };
  // A call that changes nothing does not look at pages. One that only allows writing may be the first to do so.
  const isKnown = !next.write || next.execute;
  const changes = members.some((page) => !isSame(accessOf(pages, page), next));
  const gone = members.filter((page) => change(pages, page, next, kernel));
  if (!kernel.mprotectGathers) return members.length > 0 && (changes || !isKnown) ? range : undefined;
  return gone.length > 0 ? { first: gone[0], last: gone.at(-1)! } : undefined;
}

const accessOf = ({ protection }: MmPages, page: number): Access => ({
  none: protection.none.has(page),
  write: !protection.readOnly.has(page),
  execute: protection.executable.has(page),
});

const isSame = (one: Access, other: Access): boolean =>
  one.none === other.none && one.write === other.write && one.execute === other.execute;

/** Gives a page its new protection; whether its translation must go. */
function change(pages: MmPages, page: number, next: Access, kernel: Kernel): boolean {
  const { protection } = pages;
  const before = accessOf(pages, page);
  if (isSame(before, next)) return false;
  const wasWritable = isWritable(pages, page);
  protection.none.set(page, next.none);
  protection.readOnly.set(page, !next.write);
  protection.executable.set(page, next.execute);
  // Allowing it is not enough in kernels before 6.0: the page stays read-only until the next write faults.
  protection.unwritable.set(page, !(next.write && kernel.mprotectRestoresWrite));
  if (before.none) return false;
  return next.none || before.execute !== next.execute || wasWritable !== isWritable(pages, page);
}
