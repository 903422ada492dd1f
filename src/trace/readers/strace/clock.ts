/** Time on the lines of strace: dates, times of day that pass midnight, differences, or none. */
import type { Health } from '../../health.ts';
import { Stamp, type Prefix } from './prefix.ts';

const DAY_SECONDS = 86_400;

export class StraceClock {
  /** Some line had a time. */
  stamped = false;
  /** The time of the first line with one, as its clock tells it. */
  originNs: bigint | undefined;
  /** No event is earlier than the one before. */
  latest = 0;
  /** Of {@link originNs}: whole seconds and the rest. */
  #originSeconds = 0;
  #originRest = 0;
  #days = 0;
  #lastSeconds = 0;
  /** The last line's time as it was read, from the origin. */
  #read = 0;
  /** What lines are late by since their clock was set back. */
  #setBack = 0;

  constructor(private readonly health: Health) {}

  /** The time of a line, in ns since the first. */
  at(prefix: Prefix, place: number): number {
    if (prefix.stamp === Stamp.none) return this.latest;
    const read = prefix.stamp === Stamp.relative ? this.#sum(prefix) : this.#since(prefix);
    this.stamped = true;
    // One program writes the lines in the order in which it took the times: an earlier one means that the clock was set.
    if (read < this.#read) {
      this.#setBack += this.#read - read;
      this.health.count('clock-set-back', { ns: this.latest, byte: place });
    }
    this.#read = read;
    return Math.max(read + this.#setBack, this.latest);
  }

  /**
   * When a call ended: its duration after its begin, but not before what was told already, nor after the line that tells it, if
   * that is not the one of its begin.
   *
   * @param beganNs - below 0 where it is not known
   */
  end(beganNs: number, durationNs: number, lineNs: number): number {
    if (durationNs < 0 || beganNs < 0 || !this.stamped) return lineNs;
    const ended = beganNs + durationNs;
    return Math.max(this.latest, lineNs > beganNs ? Math.min(ended, lineNs) : ended);
  }

  #sum({ seconds, nanoseconds }: Prefix): number {
    this.originNs ??= 0n;
    return this.#read + seconds * 1e9 + nanoseconds;
  }

  #since({ stamp, seconds: told, nanoseconds }: Prefix): number {
    let seconds = told;
    if (stamp === Stamp.day) {
      // Without dates, half a day back is midnight.
      if (seconds + DAY_SECONDS / 2 < this.#lastSeconds) this.#days++;
      this.#lastSeconds = seconds;
      seconds += this.#days * DAY_SECONDS;
    }
    if (this.originNs === undefined) {
      this.originNs = BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
      this.#originSeconds = seconds;
      this.#originRest = nanoseconds;
    }
    // Both parts relative first: exact for any clock.
    return (seconds - this.#originSeconds) * 1e9 + (nanoseconds - this.#originRest);
  }
}
