/** Calls and on-CPU time in the kernel, by syscall number. */
export class SyscallStats {
  readonly #calls = new Map<number, number>();
  readonly #kernelNs = new Map<number, number>();

  enter(nr: number): void {
    this.#calls.set(nr, (this.#calls.get(nr) ?? 0) + 1);
  }

  /** A call whose entry and return were both recorded. */
  exit(nr: number, kernelNs: number): void {
    this.#kernelNs.set(nr, (this.#kernelNs.get(nr) ?? 0) + kernelNs);
  }

  /** Recorded entries by number, ascending. */
  calls(): readonly (readonly [nr: number, calls: number])[] {
    return [...this.#calls].sort((a, b) => a[0] - b[0]);
  }

  kernelNs(nr: number): number {
    return this.#kernelNs.get(nr) ?? 0;
  }
}
