/** What one lane saves over another, in the units of an answer. */
import type { Estimate } from '../units.ts';
import { combine, estimateOf, type Moved } from '../cpu-model/intervals.ts';

export interface Savings {
  readonly savedPercent: Estimate | null;
  readonly speedup: Estimate | null;
  readonly savedSeconds: { readonly cpu: Estimate | null; readonly wall: Estimate | null };
  readonly cores: Estimate | null;
}

/** What the opt-out would have saved with one rule another, over isolation for all. */
export interface RuleSaving {
  readonly rule: string;
  readonly choice: string;
  /** It is the choice of the lane that was asked for. */
  readonly asked: boolean;
  /** Processes of the measured set that were without isolation at some time. */
  readonly exposed: number;
  /** CR3 writes on crossings that are left out, of those under isolation; whole machine. */
  readonly savedCrossingWrites: number;
  /** Of the time under isolation; null where it is not known. */
  readonly savedPercent: Estimate | null;
  readonly savedCpuSeconds: Estimate | null;
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
