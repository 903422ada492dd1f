/** What one address space does with its pages, and the flushes that the model infers from it. */
import { FlushCauses } from '../../../src/replay/flush-causes.ts';
import { kernelOf } from '../../../src/replay/kernels.ts';
import type { FlushRequest } from '../../../src/replay/mmu.ts';
import { newMm, type Process } from '../../../src/replay/tasks.ts';

export const CALL = { mmap: 9, mprotect: 10, munmap: 11, brk: 12, mremap: 25, madvise: 28 } as const;
/** PROT_READ, and with PROT_WRITE. */
export const [READ, WRITE] = [1n, 3n];
/** PROT_READ and PROT_EXEC. */
export const EXECUTE = 5n;
/** A page where a table and a directory begin. */
export const BASE = 4 * 512 * 512;
/** Somewhere else in the same table. */
export const BESIDE = BASE + 500;
export const at = (page: number): bigint => BigInt(page) * 4096n;

/** One address space: what it touches, and the flushes that its calls need. */
export class Space {
  readonly #mm = newMm(10);
  readonly #causes: FlushCauses;
  constructor(kernel = '6.1') {
    this.#causes = new FlushCauses(kernelOf(kernel)!);
  }
  wrote(...pages: readonly number[]): this {
    for (const page of pages) this.#causes.fault(this.#mm, at(page), 6);
    return this;
  }
  read(...pages: readonly number[]): this {
    for (const page of pages) this.#causes.fault(this.#mm, at(page), 4);
    return this;
  }
  /** Writes that fault on pages that are there. */
  wroteAgain(...pages: readonly number[]): this {
    for (const page of pages) this.#causes.fault(this.#mm, at(page), 7);
    return this;
  }
  /** Has a child that copies its page tables. */
  forks(): this {
    this.#causes.fork(this.#mm, { mm: newMm(11) } as Process);
    return this;
  }
  /** What it flushes by a call before is left out. */
  did(name: 'mprotect' | 'munmap', first: number, pages: number, last = 0n): this {
    this.ranged(name, first, pages, last);
    return this;
  }
  call(name: keyof typeof CALL, args: readonly bigint[], result = 0n): readonly FlushRequest[] {
    return this.#causes.call(this.#mm, CALL[name], args, result, false);
  }
  /** Of these pages. */
  ranged(name: 'mprotect' | 'munmap' | 'madvise', first: number, pages: number, last = 0n): readonly FlushRequest[] {
    return this.call(name, [at(first), at(pages), last]);
  }
}
export const space = (kernel?: string): Space => new Space(kernel);
export const flushOf = (pages: number, freedTables = false): readonly FlushRequest[] => [{ pages, freedTables }];
