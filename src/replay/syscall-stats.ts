/** Numbers below are looked up in an array, which is faster; there are fewer than 500. */
const USUAL = 1024;

interface Stats {
  calls: number;
  kernelNs: number;
}

/** Calls and on-CPU time in the kernel, by syscall number. */
export class SyscallStats {
  readonly #usual: (Stats | undefined)[] = new Array<undefined>(USUAL).fill(undefined);
  readonly #all = new Map<number, Stats>();

  enter(nr: number): void {
    this.#of(nr).calls++;
  }

  /** A call whose entry and return were both recorded. */
  exit(nr: number, kernelNs: number): void {
    this.#of(nr).kernelNs += kernelNs;
  }

  /** Recorded entries by number, ascending. */
  calls(): readonly (readonly [nr: number, calls: number])[] {
    return [...this.#all]
      .map(([nr, { calls }]) => [nr, calls] as const)
      .filter(([, calls]) => calls > 0)
      .sort((a, b) => a[0] - b[0]);
  }

  kernelNs(nr: number): number {
    return this.#all.get(nr)?.kernelNs ?? 0;
  }

  #of(nr: number): Stats {
    if (nr >= 0 && nr < USUAL) return (this.#usual[nr] ??= this.#known(nr));
    return this.#known(nr);
  }

  #known(nr: number): Stats {
    const known = this.#all.get(nr);
    if (known) return known;
    const made = { calls: 0, kernelNs: 0 };
    this.#all.set(nr, made);
    return made;
  }
}
