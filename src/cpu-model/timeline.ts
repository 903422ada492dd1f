/**
 * Counts by CPU and time, in bounded memory: each CPU has a few hundred bins of equal length, and when time runs beyond the last
 * one, bins are joined in pairs and cover twice as long. All lanes share one clock, so their bins are the same.
 */
import { OPERATION_COUNT } from './operations.ts';

/** Bins a CPU; at the end more than half are in use. */
export const BINS = 512;
/** Bins of all CPUs together: of more CPUs each has half as many, and so on. */
const MOST_BINS = 32 * BINS;
/** The shortest bin: about a microsecond, the resolution of most recordings. A power of two, and so are all lengths. */
const FIRST_LENGTH_NS = 1024;
/** CPUs that are told apart; what further ones do is counted with the last. No machine that records at all has as many. */
const MOST_CPUS = 1024;

/** Planes a bin: operations of crossings, of switches, of flushes. */
export const Plane = { crossing: 0, switch: 1, flush: 2 } as const;
export const PLANES = 3;
const BIN_WIDTH = PLANES * OPERATION_COUNT;

export class TimelineClock {
  lengthNs = FIRST_LENGTH_NS;
  /** Bins that each CPU has. */
  bins = BINS;
  /** Whose counts are those of now: index in {@link cpus}. */
  index = 0;
  /** Where in them the counts of now begin. */
  offset = 0;
  /** CPUs in order of their first event. */
  readonly cpus: number[] = [];
  /** Index in {@link cpus} by CPU + 1: some events have no CPU, -1. */
  readonly #indices: number[] = [];
  readonly #joined: (() => void)[] = [];

  /** @param planeOf - the {@link Plane} of a ledger row */
  constructor(readonly planeOf: (row: number) => number) {}

  /** From here on operations count for this CPU and time. Times before the recording count as its start. */
  set(cpu: number, timeNs: number): void {
    this.index = this.#indices[cpu + 1] ??= this.#indexOf(cpu);
    while (timeNs >= this.bins * this.lengthNs) this.#join();
    const bin = timeNs > 0 ? Math.floor(timeNs / this.lengthNs) : 0;
    this.offset = bin * BIN_WIDTH;
  }

  onJoin(join: () => void): void {
    this.#joined.push(join);
  }

  #indexOf(cpu: number): number {
    if (this.cpus.length === MOST_CPUS) return MOST_CPUS - 1;
    const index = this.cpus.push(cpu) - 1;
    if (this.cpus.length * this.bins > MOST_BINS) {
      this.bins /= 2;
      this.#join();
    }
    return index;
  }

  #join(): void {
    this.lengthNs *= 2;
    for (const join of this.#joined) join();
  }
}

/** One lane's counts. */
export class TimelineCounts {
  /** By index of the CPU. */
  readonly #counts: Float64Array[] = [];

  constructor(readonly clock: TimelineClock) {
    clock.onJoin(() => this.#join());
  }

  add(row: number, operation: number, by: number): void {
    const { index, offset } = this.clock;
    while (this.#counts.length <= index) this.#counts.push(new Float64Array(this.clock.bins * BIN_WIDTH));
    this.#counts[index][offset + this.clock.planeOf(row) * OPERATION_COUNT + operation] += by;
  }

  /** @param cpu - index in {@link TimelineClock.cpus} */
  get(cpu: number, bin: number, plane: number, operation: number): number {
    return this.#counts[cpu]?.[bin * BIN_WIDTH + plane * OPERATION_COUNT + operation] ?? 0;
  }

  /** The second half of the bins is free again, or there are only half as many. */
  #join(): void {
    for (const [index, counts] of this.#counts.entries()) {
      const half = counts.length / 2;
      for (let to = 0; to < half; to += BIN_WIDTH)
        for (let i = 0; i < BIN_WIDTH; i++) counts[to + i] = counts[2 * to + i] + counts[2 * to + BIN_WIDTH + i];
      if (this.clock.bins * BIN_WIDTH < counts.length) this.#counts[index] = counts.slice(0, half);
      else counts.fill(0, half);
    }
  }
}
