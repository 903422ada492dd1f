/** What each stricter or looser rule would have saved: the opt-out that was asked for, with one rule changed at a time. */
import type { Replayed } from '../replay/engine.ts';
import type { LanePlan, Variant } from '../replay/lane-plan.ts';
import type { ProcessOutcomes } from '../replay/outcome.ts';
import { isExposed } from '../replay/optout/states.ts';
import { count, interval } from './numbers.ts';
import type { Priced } from './priced.ts';
import type { RuleSaving } from './savings.ts';
import { comparison, viewsOf, type ReplayResult } from './result.ts';

/** One row a choice, rules in the order of their table; none where nobody asked for them. */
export function ruleSavings({
  plan,
  replayed,
  priced,
  processes,
}: {
  plan: LanePlan;
  replayed: Replayed;
  priced: Priced;
  processes: ProcessOutcomes;
}): readonly RuleSaving[] {
  const { pays } = viewsOf(priced, plan);
  if (!pays) return [];
  const written = (at: number): number => plan.lanes[at].sums.crossing;
  return plan.variants.map((variant, i): RuleSaving => {
    const { rule, choice, asked, spec } = variant;
    const saved = comparison(pays, priced.variants[i], priced.rowsOf.measured, replayed.durationNs);
    return {
      rule,
      choice,
      asked,
      exposed: exposedIn(variant, replayed, processes),
      savedCrossingWrites: written(pays.spec.replayed) - written(spec.replayed),
      savedPercent: saved.savedPercent,
      savedCpuSeconds: saved.savedSeconds.cpu,
    };
  });
}

function exposedIn({ spec }: Variant, { optOuts }: Replayed, processes: ProcessOutcomes): number {
  const out = new Set<number>();
  for (const { process, to } of optOuts[spec.replayed]?.transitions ?? [])
    if (isExposed(to)) out.add(processes.indexOf(process));
  return [...out].filter((index) => processes.list[index].scope === 'measured').length;
}

const HEAD = ['rule', 'saves', '', 'crossing writes', 'exposed'];

/** For the terminal: one line a choice, the one that was asked for marked. */
export function whatIfText({ rules }: Pick<ReplayResult, 'rules'>): string {
  if (!rules || rules.length === 0) return '';
  const rows = rules.map((each) => [
    `${each.asked ? '*' : ' '} ${each.rule}=${each.choice}`,
    each.savedPercent ? interval(each.savedPercent, '%') : 'unknown',
    each.savedCpuSeconds ? interval(each.savedCpuSeconds, 'CPU s') : '',
    count(each.savedCrossingWrites),
    count(each.exposed),
  ]);
  const table = [[`  ${HEAD[0]}`, ...HEAD.slice(1)], ...rows];
  const widths = HEAD.map((_, column) => Math.max(...table.map((row) => row[column].length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => cell.padEnd(widths[i]))
      .join('  ')
      .trimEnd();
  return `\nWhat each rule would have saved of the time under isolation (* as asked for)\n${table.map(line).join('\n')}\n`;
}
