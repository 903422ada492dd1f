/**
 * How long an idle CPU expects to stay idle: it enters a deep state only for long enough. The guess comes from its last eight
 * idle periods, as in linux drivers/cpuidle/governors/menu.c, get_typical_interval. The timers that the kernel looks at too are
 * not in a trace: where the periods are too different to tell, a long one is expected. Periods before the trace are not known
 * and not counted.
 */

const PERIODS = 8;
/** Variances up to this many square microseconds are regular whatever the mean. */
const REGULAR_VARIANCE = 400;

export class IdleGovernor {
  /** Microseconds, oldest first. */
  readonly #periods: number[] = [];

  /** The period expected now, in nanoseconds. */
  expected(): number {
    const enough = (this.#periods.length * 3) / 4;
    // Outliers are left out, longest first, while enough periods remain to judge by.
    for (let kept = this.#periods; kept.length > 0;) {
      const mean = kept.reduce((sum, period) => sum + period, 0) / kept.length;
      const variance = kept.reduce((sum, period) => sum + (period - mean) ** 2, 0) / kept.length;
      const regular = mean * mean > variance * 36 && kept.length >= enough;
      if (regular || variance <= REGULAR_VARIANCE) return mean * 1000;
      if (kept.length <= enough) break;
      const longest = Math.max(...kept);
      kept = kept.filter((period) => period < longest);
    }
    return Number.POSITIVE_INFINITY;
  }

  ended(ns: number): void {
    this.#periods.push(ns / 1000);
    if (this.#periods.length > PERIODS) this.#periods.shift();
  }
}
