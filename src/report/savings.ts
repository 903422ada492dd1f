/** What one lane saves over another, in the units of an answer. */
import type { Estimate } from '../units.ts';
import { combine, estimateOf, type Moved } from '../cpu-model/intervals.ts';

export interface Savings {
  readonly savedPercent: Estimate | null;
  readonly speedup: Estimate | null;
  readonly savedSeconds: { readonly cpu: Estimate | null; readonly wall: Estimate | null };
  readonly cores: Estimate | null;
}

/**
 * @param saved - the time of `from` less that of `to`, in any unit
 * @param seconds - the same, in CPU seconds
 * @param time - all time of `from`, in the unit of `saved`
 * @param durationNs - of the recording
 */
export function savingsOf(
  saved: Moved | undefined,
  seconds: Moved | undefined,
  time: Moved | undefined,
  durationNs: number,
): Savings {
  return {
    savedPercent: estimateOrNull(saved && time && combine((less, all) => (100 * less) / all, saved, time)),
    speedup: estimateOrNull(saved && time && combine((less, all) => all / (all - less), saved, time)),
    savedSeconds: { cpu: estimateOrNull(seconds), wall: null },
    cores: estimateOrNull(
      seconds && durationNs > 0 ? combine((time) => time / (durationNs / 1e9), seconds) : undefined,
    ),
  };
}

export const estimateOrNull = (moved: Moved | undefined): Estimate | null => (moved ? estimateOf(moved) : null);
