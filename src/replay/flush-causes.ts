/**
 * Flushes that a trace without `tlb_flush` does not show, inferred from what causes them: calls with their arguments and results,
 * and faults. Which call flushes what: linux mm/{mmap,memory,mprotect,mremap,madvise,mmu_gather}.c, kernel/fork.c, fs/exec.c.
 */
import type { Kernel } from './kernels.ts';
import { hasNeighbour, isAlone, PageTracker, type MmPages } from './mm-pages.ts';
import { ALL_PAGES, type FlushRequest } from './mmu.ts';
import { protect } from './mprotect.ts';
import { pageOf, pagesIn, TABLE_PAGES, type Span } from './pages.ts';
import type { Mm, Process } from './tasks.ts';

/** Bits of a page fault's error code. */
const FAULT_PRESENT = 1;
const FAULT_WRITE = 2;

const MAP_FIXED = 0x10n;
const MREMAP_DONTUNMAP = 4n;
const DISCARDS: ReadonlySet<bigint> = new Set([4n, 8n, 9n]); // MADV_DONTNEED, MADV_FREE, MADV_REMOVE

const EVERYTHING: FlushRequest = { pages: ALL_PAGES, freedTables: true };
const ONE_PAGE: FlushRequest = { pages: 1, freedTables: false };

/** What a call that returned did, by x86-64 number: the flushes it needs. */
type Rule = (
  pages: MmPages,
  args: readonly bigint[],
  result: bigint,
  kernel: Kernel,
  tracker: PageTracker,
  mm: Mm,
) => readonly FlushRequest[];

const RULES: ReadonlyMap<number, Rule> = new Map<number, Rule>([
  [
    9, // mmap
    (pages, [, length = 0n, , flags = 0n], result, kernel, tracker, mm) => {
      if (result < 0n && result > -4096n) return [];
      const range = pagesIn(result, length);
      const over = (flags & MAP_FIXED) !== 0n ? unmap(pages, range, kernel, tracker, mm, true) : [];
      pages.mapped.add(range);
      return over;
    },
  ],
  [
    10, // mprotect
    (pages, [address = 0n, length = 0n, protection = 0n], result, kernel) => {
      if (result !== 0n || length === 0n) return [];
      const changed = protect(pages, pagesIn(address, length), protection, kernel);
      return changed ? [spanRequest(changed, false)] : [];
    },
  ],
  [
    11, // munmap
    (pages, [address = 0n, length = 0n], result, kernel, tracker, mm) =>
      result === 0n && length > 0n ? unmap(pages, pagesIn(address, length), kernel, tracker, mm, false) : [],
  ],
  [
    12, // brk
    (pages, _args, result, kernel, tracker, mm) => {
      const before = pages.heapEnd;
      pages.heapEnd = result;
      return before !== undefined && result < before
        ? unmap(pages, pagesIn(result, before - result), kernel, tracker, mm, true)
        : [];
    },
  ],
  [
    25, // mremap
    (pages, [from = 0n, oldLength = 0n, newLength = 0n, flags = 0n], result, kernel, tracker, mm) => {
      if ((result < 0n && result > -4096n) || oldLength === 0n) return [];
      if (result === BigInt.asIntN(64, from)) {
        pages.mapped.add(pagesIn(from, newLength));
        return newLength < oldLength
          ? unmap(pages, pagesIn(from + newLength, oldLength - newLength), kernel, tracker, mm, true)
          : [];
      }
      const old = pagesIn(from, oldLength);
      const moved = pages.present.span(old);
      pages.mapped.add(pagesIn(result, newLength));
      if (!moved) return [];
      const shift = pageOf(result) - old.first;
      tracker.copyRange(mm, moved, shift);
      const request = spanRequest(moved, true);
      if ((flags & MREMAP_DONTUNMAP) === 0n) {
        tracker.unmap(mm, old);
        pages.mapped.remove(old);
      }
      return [request];
    },
  ],
  [
    28, // madvise
    (pages, [address = 0n, length = 0n, advice = 0n], result, _kernel, tracker, mm) => {
      if (result !== 0n || length === 0n || !DISCARDS.has(advice)) return [];
      const range = pagesIn(address, length);
      const gone = pages.present.span(range);
      tracker.unmap(mm, range);
      return gone ? [spanRequest(gone, false)] : [];
    },
  ],
]);

/** Whether a call's arguments must be kept until it returns. */
export const mayFlush = (nr: number): boolean => nr >= 9 && nr <= 28 && RULES.has(nr);

export class FlushCauses {
  readonly #pages = new PageTracker();

  constructor(private readonly kernel: Kernel) {}

  /** A user or kernel page fault; kernel faults on user addresses count too (copy_to_user). */
  fault(mm: Mm, address: bigint, code: number): FlushRequest | undefined {
    if (address >= 1n << 47n) return undefined;
    const page = pageOf(address);
    if ((code & FAULT_WRITE) === 0) {
      this.#pages.touch(mm, page);
      return undefined;
    }
    if ((code & FAULT_PRESENT) === 0) {
      this.#pages.writeNew(mm, page);
      return undefined;
    }
    return this.#pages.writeShared(mm, page) ? ONE_PAGE : undefined;
  }

  /** A call that returned; `threaded`: its process has more than one thread. */
  call(mm: Mm, nr: number, args: readonly bigint[], result: bigint, threaded: boolean): readonly FlushRequest[] {
    const pages = this.#pages.of(mm);
    // Stacks of threads lie in the region of mmap.
    pages.hadThreads ||= threaded;
    return RULES.get(nr)?.(pages, args, result, this.kernel, this.#pages, mm) ?? [];
  }

  /** A fork that copies the parent's page tables write-protects them: the parent's TLB must forget. */
  fork(parent: Mm, child: Process): FlushRequest | undefined {
    if (child.mm === parent) return undefined;
    this.#pages.fork(parent, child.mm);
    return EVERYTHING;
  }

  /**
   * The new program's stack gets its final protection (which older kernels flush for whatever it changes) and is moved to its
   * random place: a page moves, and the table it leaves is freed.
   */
  exec(): readonly FlushRequest[] {
    return this.kernel.mprotectGathers ? [ONE_PAGE, EVERYTHING] : [ONE_PAGE, ONE_PAGE, EVERYTHING];
  }

  /** An mm lost its last user. */
  drop(mm: Mm): void {
    this.#pages.drop(mm);
  }
}

function spanRequest({ first, last }: Span, freedTables: boolean): FlushRequest {
  return { pages: last - first + 1, freedTables };
}

/** Pages that one page-table directory maps: 1 GiB. */
const DIRECTORY_PAGES = TABLE_PAGES * 512;

/** Pages above this are the stack's (and, in older kernels, the vDSO's): the top 16 GiB, over which the stack is randomised. */
const STACK_PAGES = 0x7ffc00000;

/**
 * Pages go, and page tables that map nothing else with them.
 *
 * @param inPlace - something of the same mapping stays beside the range
 */
function unmap(
  pages: MmPages,
  range: Span,
  kernel: Kernel,
  tracker: PageTracker,
  mm: Mm,
  inPlace: boolean,
): readonly FlushRequest[] {
  const gone = pages.present.span(range);
  const tableOf = (page: number): number => Math.floor(page / TABLE_PAGES);
  // mmap hands out addresses top-down: a range lies right below what was there before it, if anything was.
  const belowSomething = (): boolean =>
    kernel.vdsoInMmapRegion || pages.hadThreads || pages.present.highestBelow(STACK_PAGES) > range.last;
  const freesTable = (page: number): boolean => {
    if (inPlace || hasNeighbour(pages, page, range)) return false;
    const sharesTop = tableOf(page) === tableOf(range.last + 1) && range.last < STACK_PAGES;
    return !(sharesTop && belowSomething());
  };
  const freesFirst = gone !== undefined && freesTable(gone.first);
  const frees = freesFirst || (gone !== undefined && freesTable(gone.last));
  tracker.unmap(mm, range);
  pages.mapped.remove(range);
  if (!gone) return [];
  if (!frees) return [spanRequest(gone, false)];
  // The flush covers what a freed table mapped, from its begin; with nothing else near, the tables above it go too.
  const alone = freesFirst && isAlone(pages, gone.first, range);
  const covered = alone ? DIRECTORY_PAGES : TABLE_PAGES;
  const first = freesFirst ? Math.floor(gone.first / covered) * covered : gone.first;
  return [spanRequest({ first, last: gone.last }, true)];
}
