/** What the gate says: one line a difference on a terminal, or `ptilab.check` as JSON. */
import { printable } from '../errors.ts';
import { byName } from './baseline.ts';
import type { Unexercised } from './coverage.ts';
import type { GateResult } from './gate.ts';

/** The machine answer: `ptilab.check`, version 1. */
export interface CheckResult {
  readonly schema: 'ptilab.check';
  readonly version: 1;
  readonly recordings: number;
  /** How many values. */
  readonly compared: number;
  /** How many differences. */
  readonly different: number;
  readonly differences: readonly {
    readonly recording: string;
    readonly lane: string | null;
    readonly value: string | null;
    readonly old: string | null;
    readonly new: string | null;
  }[];
  /** Names of recordings whose baselines were written or removed. */
  readonly updated: readonly string[];
  readonly unexercised: Unexercised | null;
}

/** @param written - the new baselines are in place */
export function checkResult(
  recordings: number,
  { compared, differences, renewed, extra }: GateResult,
  written: boolean,
  unexercised: Unexercised | undefined,
): CheckResult {
  return {
    schema: 'ptilab.check',
    version: 1,
    recordings,
    compared,
    different: differences.length,
    differences: differences.map((each) => ({
      recording: each.recording,
      lane: each.lane ?? null,
      value: each.value ?? null,
      old: each.old ?? null,
      new: each.new ?? null,
    })),
    updated: written ? [...extra, ...renewed.keys()].sort(byName) : [],
    unexercised: unexercised ?? null,
  };
}

/** Differences on a terminal; more are counted. */
const LISTED = 40;

export function checkText({ recordings, compared, different, differences, updated }: CheckResult): string {
  const held = `${counted(recordings, 'recording')}, ${counted(compared, 'value')} compared`;
  if (different === 0) return `${held}: no difference.\n`;
  const rest = different - LISTED;
  return [
    ...differences.slice(0, LISTED).map((each) => printable(differenceLine(each), 600)),
    ...(rest > 0 ? [`and ${rest} more`] : []),
    `${held}: ${counted(different, 'difference')}: ${tally(differences)}.`,
    ...(updated.length > 0 ? [`Written anew: ${updated.join(', ')}.`] : []),
    '',
  ].join('\n');
}

type Told = CheckResult['differences'][number];

function differenceLine({ recording, lane, value, old, new: now }: Told): string {
  const where = `${recording}: ${lane ?? 'baseline'}`;
  if (value === null) return `${where}: ${old === null ? 'not in the baselines' : 'only in the baselines'}`;
  return `${where}: ${value}: ${old ?? '(none)'} -> ${now ?? '(none)'}${relative(old, now)}`;
}

function relative(old: string | null, now: string | null): string {
  const percent = old === null || now === null ? NaN : 100 * (Number(now) / Number(old) - 1);
  return Number.isFinite(percent) ? ` (${percent < 0 ? '' : '+'}${percent.toPrecision(3)} %)` : '';
}

/** Which values differ, the most frequent first. */
function tally(differences: readonly Told[]): string {
  const counts = new Map<string, number>();
  for (const { value, lane } of differences) {
    const what = value ?? (lane === null ? 'whole baselines' : 'whole lanes');
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return [...counts]
    .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

export function unexercisedText(unexercised: Unexercised): string {
  const lines = Object.entries(unexercised).map(
    ([subject, names]: [string, readonly string[]]) => `  ${subject.padEnd(12)}${names.join(', ') || '-'}`,
  );
  return ['No baseline exercises:', ...lines, ''].join('\n');
}

const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
