/**
 * What is known of an address space's pages: which were touched, and which it wrote itself. Faults show first touches and
 * copies; a flush request needs the pages a call really changed, not the range it names.
 */

const PAGE_SHIFT = 12;
/** Pages one page table maps: 2 MiB. */
export const TABLE_PAGES = 512;
const WORDS = TABLE_PAGES / 32;

/** First and last page of a set, and whether there is any. */
export interface Span {
  readonly first: number;
  readonly last: number;
}

export const pageOf = (address: bigint): number => Number(BigInt.asUintN(48, address) >> BigInt(PAGE_SHIFT));
/** Pages of a range of bytes, rounded outwards. */
export const pagesIn = (address: bigint, length: bigint): Span => ({
  first: pageOf(address),
  last: pageOf(address + (length > 0n ? length - 1n : 0n)),
});

/** A set of pages: one bit a page, in the blocks that one page table maps. */
export class PageSet {
  readonly #blocks = new Map<number, Uint32Array>();

  add(page: number): void {
    const block = Math.floor(page / TABLE_PAGES);
    let bits = this.#blocks.get(block);
    if (!bits) this.#blocks.set(block, (bits = new Uint32Array(WORDS)));
    const bit = page - block * TABLE_PAGES;
    bits[bit >> 5] |= 1 << (bit & 31);
  }

  /** Makes a page a member, or none. */
  set(page: number, member: boolean): void {
    if (member) this.add(page);
    else this.delete(page);
  }

  delete(page: number): void {
    const block = Math.floor(page / TABLE_PAGES);
    const bits = this.#blocks.get(block);
    if (!bits) return;
    const bit = page - block * TABLE_PAGES;
    bits[bit >> 5] &= ~(1 << (bit & 31));
  }

  has(page: number): boolean {
    const block = Math.floor(page / TABLE_PAGES);
    const bit = page - block * TABLE_PAGES;
    return ((this.#blocks.get(block)?.[bit >> 5] ?? 0) & (1 << (bit & 31))) !== 0;
  }

  /** Pages from the first to the last member in a range; undefined where none is in it. */
  span(range: Span): Span | undefined {
    const blocks = this.#blocksIn(range);
    for (const block of blocks) {
      const first = this.#edge(block, range, true);
      if (first < 0) continue;
      for (const end of [...blocks].reverse()) {
        const last = this.#edge(end, range, false);
        if (last >= 0) return { first, last };
      }
    }
    return undefined;
  }

  /** The members in a range, ascending. */
  members({ first, last }: Span): readonly number[] {
    const found: number[] = [];
    for (const block of this.#blocksIn({ first, last })) {
      const base = block * TABLE_PAGES;
      const end = Math.min(last, base + TABLE_PAGES - 1);
      for (let page = Math.max(first, base); page <= end; page++) if (this.has(page)) found.push(page);
    }
    return found;
  }

  remove(range: Span): void {
    for (const block of this.#blocksIn(range)) {
      const bits = this.#blocks.get(block)!;
      const base = block * TABLE_PAGES;
      const from = Math.max(0, range.first - base);
      const to = Math.min(TABLE_PAGES - 1, range.last - base);
      for (let bit = from; bit <= to; bit++) bits[bit >> 5] &= ~(1 << (bit & 31));
      if (bits.every((word) => word === 0)) this.#blocks.delete(block);
    }
  }

  copy(): PageSet {
    const to = new PageSet();
    for (const [block, bits] of this.#blocks) to.#blocks.set(block, bits.slice());
    return to;
  }

  /** The highest page below a limit; -1 where there is none. */
  highestBelow(limit: number): number {
    return this.span({ first: 0, last: limit - 1 })?.last ?? -1;
  }

  /** The lowest or highest member of a block inside a range, -1 where there is none. */
  #edge(block: number, { first, last }: Span, lowest: boolean): number {
    const bits = this.#blocks.get(block);
    if (!bits) return -1;
    const base = block * TABLE_PAGES;
    for (let i = 0; i < WORDS; i++) {
      const word = lowest ? i : WORDS - 1 - i;
      let left = bits[word];
      while (left !== 0) {
        const bit = lowest ? 31 - Math.clz32(left & -left) : 31 - Math.clz32(left);
        const page = base + word * 32 + bit;
        if (page >= first && page <= last) return page;
        left &= ~(1 << bit);
      }
    }
    return -1;
  }

  /** Blocks that exist and touch a range, ascending. */
  #blocksIn({ first, last }: Span): readonly number[] {
    if (this.#blocks.size === 0) return [];
    const [from, to] = [Math.floor(first / TABLE_PAGES), Math.floor(last / TABLE_PAGES)];
    if (to - from >= this.#blocks.size)
      return [...this.#blocks.keys()].filter((block) => block >= from && block <= to).sort((a, b) => a - b);
    const blocks: number[] = [];
    for (let block = from; block <= to; block++) if (this.#blocks.has(block)) blocks.push(block);
    return blocks;
  }
}

/** Ranges of pages that do not overlap, sorted. */
export class RangeList {
  readonly #firsts: number[] = [];
  readonly #lasts: number[] = [];

  /** Adds a range; what it covers of older ones is replaced. */
  add(range: Span): void {
    this.remove(range);
    const at = this.#after(range.first);
    this.#firsts.splice(at, 0, range.first);
    this.#lasts.splice(at, 0, range.last);
  }

  /** Takes a range out; ranges that only overlap it are cut. */
  remove({ first, last }: Span): void {
    let at = this.#after(first);
    if (at > 0 && this.#lasts[at - 1] >= first) at--;
    while (at < this.#firsts.length && this.#firsts[at] <= last) {
      const [from, to] = [this.#firsts[at], this.#lasts[at]];
      const left = from < first ? [[from, first - 1]] : [];
      const right = to > last ? [[last + 1, to]] : [];
      const rest = [...left, ...right];
      this.#firsts.splice(at, 1, ...rest.map((each) => each[0]));
      this.#lasts.splice(at, 1, ...rest.map((each) => each[1]));
      at += rest.length;
    }
  }

  overlaps({ first, last }: Span): boolean {
    const at = this.#after(last);
    return at > 0 && this.#lasts[at - 1] >= first;
  }

  copy(): RangeList {
    const to = new RangeList();
    to.#firsts.push(...this.#firsts);
    to.#lasts.push(...this.#lasts);
    return to;
  }

  /** Index of the first range that begins behind a page. */
  #after(page: number): number {
    let [low, high] = [0, this.#firsts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#firsts[middle] <= page) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
