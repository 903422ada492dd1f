/**
 * Pages of all address spaces, and who shares them after a fork. A write to a page that another still shares copies it; the last
 * one to write keeps it. linux mm/memory.c: do_wp_page.
 */
import { PageSet, RangeList, TABLE_PAGES, type Span } from './pages.ts';
import type { Mm } from './tasks.ts';

/** Where one address space came from, and when, in forks. */
interface Family {
  readonly parent: MmPages | undefined;
  readonly bornAt: number;
  readonly children: { readonly child: MmPages; readonly at: number }[];
  alive: boolean;
}

export interface MmPages {
  /** Pages known to be mapped. */
  readonly present: PageSet;
  /** When it last got a copy of its own of a page, in forks: since then it shares the page with no older relative. */
  readonly ownSince: Map<number, number>;
  /** Ranges mapped by calls in the trace. */
  readonly mapped: RangeList;
  /** The program break, where known. */
  heapEnd: bigint | undefined;
  /** It ever had more than one thread. */
  hadThreads: boolean;
  /** When it last forked or was born of a fork, in forks: what it wrote before is mapped read-only since. */
  forkedAt: number;
  readonly protection: Protection;
  readonly family: Family;
}

/** What mprotect made of pages; those of which it is not known are in no set. */
interface Protection {
  /** Not to be accessed at all. */
  readonly none: PageSet;
  /** Not to be written. */
  readonly readOnly: PageSet;
  readonly executable: PageSet;
  /** Mapped read-only, whatever is allowed: the next write faults. */
  readonly unwritable: PageSet;
}

/** Pages with an owner kept over all live address spaces; beyond it a write is taken to copy. */
const MOST_OWNED = 4_000_000;

export class PageTracker {
  readonly #mms = new Map<Mm, MmPages>();
  #forks = 0;
  #owned = 0;

  of(mm: Mm): MmPages {
    let pages = this.#mms.get(mm);
    if (!pages) this.#mms.set(mm, (pages = createPages(undefined, 0, new PageSet(), new RangeList())));
    return pages;
  }

  /** A child with a copy of its parent's page tables. */
  fork(parent: Mm, child: Mm): void {
    const from = this.of(parent);
    const at = ++this.#forks;
    const to = createPages(from, at, from.present.copy(), from.mapped.copy(), copyOf(from.protection));
    to.heapEnd = from.heapEnd;
    from.forkedAt = at;
    from.family.children.push({ child: to, at });
    this.#mms.set(child, to);
  }

  /** The address space is gone; what it shared, its relatives still share among each other. */
  drop(mm: Mm): void {
    const pages = this.#mms.get(mm);
    if (!pages) return;
    this.#mms.delete(mm);
    pages.family.alive = false;
    this.#owned -= pages.ownSince.size;
    prune(pages);
  }

  touch(mm: Mm, page: number): void {
    this.of(mm).present.add(page);
  }

  /** A page that was not there before is written: it is the writer's own from the start. */
  writeNew(mm: Mm, page: number): void {
    const pages = this.of(mm);
    pages.present.add(page);
    this.#own(pages, page);
  }

  /** A write to a page that is mapped read-only. True where it is copied, so that the old translation must go. */
  writeShared(mm: Mm, page: number): boolean {
    const pages = this.of(mm);
    pages.present.add(page);
    // Shared with a live relative, or a page of a file or of zeros that was never its own.
    const copies = isShared(pages, page) || !wasAnonymous(pages, page);
    this.#own(pages, page);
    return copies;
  }

  unmap(mm: Mm, range: Span): void {
    const pages = this.of(mm);
    pages.present.remove(range);
    const { none, readOnly, executable, unwritable } = pages.protection;
    for (const set of [none, readOnly, executable, unwritable]) set.remove(range);
    for (const page of ownedIn(pages, range)) if (pages.ownSince.delete(page)) this.#owned--;
  }

  /** What a range holds lies `shift` pages further on too: mapped pages, and which of them are its own. */
  copyRange(mm: Mm, { first, last }: Span, shift: number): void {
    const pages = this.of(mm);
    for (let page = first; page <= last; page++) if (pages.present.has(page)) pages.present.add(page + shift);
    for (const page of ownedIn(pages, { first, last })) {
      const since = pages.ownSince.get(page);
      this.#own(pages, page + shift);
      if (since !== undefined && pages.ownSince.has(page + shift)) pages.ownSince.set(page + shift, since);
    }
  }

  #own(pages: MmPages, page: number): void {
    if (!pages.ownSince.has(page)) {
      if (this.#owned >= MOST_OWNED) return;
      this.#owned++;
    }
    pages.ownSince.set(page, this.#forks);
    pages.protection.unwritable.delete(page);
  }
}

const noProtection = (): Protection => ({
  none: new PageSet(),
  readOnly: new PageSet(),
  executable: new PageSet(),
  unwritable: new PageSet(),
});

const copyOf = ({ none, readOnly, executable, unwritable }: Protection): Protection => ({
  none: none.copy(),
  readOnly: readOnly.copy(),
  executable: executable.copy(),
  unwritable: unwritable.copy(),
});

function createPages(
  parent: MmPages | undefined,
  bornAt: number,
  present: PageSet,
  mapped: RangeList,
  protection = noProtection(),
): MmPages {
  const family = { parent, bornAt, children: [], alive: true };
  return {
    present,
    ownSince: new Map(),
    mapped,
    heapEnd: undefined,
    hadThreads: false,
    forkedAt: bornAt,
    protection,
    family,
  };
}

/** Whether a page is mapped writable: written since the last fork, and not write-protected after. */
export const isWritable = ({ ownSince, forkedAt, protection }: MmPages, page: number): boolean =>
  (ownSince.get(page) ?? -1) >= forkedAt && !protection.unwritable.has(page);

/** Whether a live relative still has the copy of a page that this address space has now. */
const isShared = (pages: MmPages, page: number): boolean => holds(pages, page, Infinity, pages, undefined);

/**
 * Whether anyone but `asking` holds the copy of a page that `pages` had at a time (in forks). Relatives have it from each other's forks,
 * where neither side wrote between; of each one only the last write is known.
 */
function holds(pages: MmPages, page: number, at: number, asking: MmPages, from: MmPages | undefined): boolean {
  const { parent, bornAt, children, alive } = pages.family;
  const wrote = pages.ownSince.get(page) ?? -1;
  const wroteBetween = (a: number, b: number): boolean => wrote >= Math.min(a, b) && wrote < Math.max(a, b);
  if (pages !== asking && alive && !wroteBetween(at, Infinity)) return true;
  if (parent && parent !== from && !wroteBetween(bornAt, at) && holds(parent, page, bornAt, asking, pages)) return true;
  return children.some(
    ({ child, at: forked }) =>
      child !== from &&
      !wroteBetween(forked, at) &&
      (child.ownSince.get(page) ?? -1) < forked &&
      holds(child, page, Infinity, asking, pages),
  );
}

/** Whether the page was ever somebody's own: its own, or a relative's it came from. */
function wasAnonymous(pages: MmPages, page: number): boolean {
  for (let each: MmPages | undefined = pages; each; each = each.family.parent) if (each.ownSince.has(page)) return true;
  return false;
}

/** Forgets dead relatives that connect nobody any more. */
function prune(pages: MmPages): void {
  const { family } = pages;
  if (family.alive || family.children.length > 0 || !family.parent) return;
  const siblings = family.parent.family.children;
  const at = siblings.findIndex(({ child }) => child === pages);
  if (at >= 0) siblings.splice(at, 1);
  prune(family.parent);
}

/** Pages of a range that the process wrote: whichever is shorter is walked, the range or what it owns. */
export function ownedIn({ ownSince }: MmPages, { first, last }: Span): readonly number[] {
  if (last - first >= ownSince.size) return [...ownSince.keys()].filter((page) => page >= first && page <= last);
  const owned: number[] = [];
  for (let page = first; page <= last; page++) if (ownSince.has(page)) owned.push(page);
  return owned;
}

/** Whether anything is known to lie in the 2 MiB around a page, outside a range. */
export const hasNeighbour = (pages: MmPages, page: number, range: Span): boolean =>
  hasOther(pages, page, range, TABLE_PAGES);

/** Whether nothing is known to lie in the 1 GiB around a page, outside a range. */
export const isAlone = (pages: MmPages, page: number, range: Span): boolean =>
  !hasOther(pages, page, range, TABLE_PAGES * 512);

function hasOther({ present, mapped }: MmPages, page: number, range: Span, size: number): boolean {
  const first = Math.floor(page / size) * size;
  const last = first + size - 1;
  const sides = [
    { first, last: range.first - 1 },
    { first: range.last + 1, last },
  ].filter((side) => side.first <= side.last);
  return sides.some((side) => present.span(side) !== undefined || mapped.overlaps(side));
}
