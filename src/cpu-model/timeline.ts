/**
 * Counts by CPU and time, in bounded memory: each CPU has {@link BINS} bins of equal length, and when time runs beyond the last
 * one, bins are joined in pairs and cover twice as long. All lanes share one clock, so their bins are the same.
 */
import { OPERATION_COUNT } from './operations.ts';

/** Bins a CPU; at the end more than half are in use. */
export const BINS = 512;
/** The shortest bin: about a microsecond, the resolution of most recordings. A power of two, and so are all lengths. */
const FIRST_LENGTH_NS = 1024;
/** CPUs that are told apart; what further ones do is counted with the last. No machine that records at all has as many. */
const MOST_CPUS = 1024;

/** Planes a bin: operations of crossings, of switches, of flushes. */
export const Plane = { crossing: 0, switch: 1, flush: 2 } as const;
export const PLANES = 3;
const BIN_WIDTH = PLANES * OPERATION_COUNT;
const CPU_WIDTH = BINS * BIN_WIDTH;

export class TimelineClock {
  lengthNs = FIRST_LENGTH_NS;
  /** Where the counts of now begin. */
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
    const index = (this.#indices[cpu + 1] ??= this.cpus.length < MOST_CPUS ? this.cpus.push(cpu) - 1 : MOST_CPUS - 1);
    while (timeNs >= BINS * this.lengthNs) this.#join();
    const bin = timeNs > 0 ? Math.floor(timeNs / this.lengthNs) : 0;
    this.offset = index * CPU_WIDTH + bin * BIN_WIDTH;
  }

  onJoin(join: () => void): void {
    this.#joined.push(join);
  }

  #join(): void {
    this.lengthNs *= 2;
    for (const join of this.#joined) join();
  }
}

/** One lane's counts. */
export class TimelineCounts {
  #counts = new Float64Array(CPU_WIDTH);

  constructor(readonly clock: TimelineClock) {
    clock.onJoin(() => this.#join());
  }

  add(row: number, operation: number, by: number): void {
    const at = this.clock.offset + this.clock.planeOf(row) * OPERATION_COUNT + operation;
    if (at >= this.#counts.length) this.#grow(at);
    this.#counts[at] += by;
  }

  /** @param cpu - index in {@link TimelineClock.cpus} */
  get(cpu: number, bin: number, plane: number, operation: number): number {
    return this.#counts[cpu * CPU_WIDTH + bin * BIN_WIDTH + plane * OPERATION_COUNT + operation] ?? 0;
  }

  #grow(at: number): void {
    const counts = new Float64Array((Math.floor(at / CPU_WIDTH) + 1) * CPU_WIDTH);
    counts.set(this.#counts);
    this.#counts = counts;
  }

  /** The second half of the bins is free again. */
  #join(): void {
    const counts = this.#counts;
    for (let first = 0; first < counts.length; first += CPU_WIDTH) {
      for (let bin = 0; bin < BINS / 2; bin++)
        for (let i = 0; i < BIN_WIDTH; i++) {
          const from = first + 2 * bin * BIN_WIDTH + i;
          counts[first + bin * BIN_WIDTH + i] = counts[from] + counts[from + BIN_WIDTH];
        }
      counts.fill(0, first + (BINS / 2) * BIN_WIDTH, first + CPU_WIDTH);
    }
  }
}
