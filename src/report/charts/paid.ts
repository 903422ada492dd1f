/** Who pays for isolation, and gets how much of it back: bars in pairs, shared by programs and causes. */
import type { Estimate } from '../../units.ts';
import type { ChartSpec } from './chart.ts';
import { distinct, label } from './labels.ts';
import { share } from './numbers.ts';
import { estimate, whole, type Table } from '../table.ts';
import { domainOf, headAndRest, sumOf, sumOfKnown } from './rows.ts';
import { CHART_WIDTH, COUNT_AXIS, frame, INTERVAL, INTERVAL_RIM, ISOLATED, OPTED_OUT } from './theme.ts';

export interface Payer {
  /** Untrusted; undefined: what was left out of the list. */
  readonly name: string | undefined;
  readonly added: Estimate;
  readonly saved: Estimate | undefined;
}

const PAID = 'paid under isolation';
const GIVEN_BACK = 'given back by the opt-out';

/** How many rows are left out, in words. */
export type OthersText = (rows: readonly Payer[]) => string;

/** Why there is nothing to draw. */
export function missingOf(payers: readonly Payer[], what: string): string | undefined {
  if (payers.some(({ added, saved }) => added.mid !== 0 || (saved?.mid ?? 0) !== 0)) return undefined;
  return `no ${what} pays anything that is known under isolation`;
}

/** `cc1 pays 61 % of what isolation costs; the opt-out gives 83 % of it back`. */
export function findingOf(payers: readonly Payer[], verb: 'pays' | 'makes up'): string {
  const named = payers.filter(({ name }) => name !== undefined);
  const largest = named.reduce<Payer | undefined>((a, b) => (a && a.added.mid >= b.added.mid ? a : b), undefined);
  const total = sumOf(payers.map(({ added }) => added)).mid;
  if (!largest || largest.added.mid <= 0 || total <= 0) return 'No single one pays more than it gains';
  const back = largest.saved && largest.saved.mid > 0 ? largest.saved.mid : 0;
  const gains = largest.saved
    ? `; the opt-out gives ${back === 0 ? 'none' : share(back, largest.added.mid)} of it back`
    : '';
  return `${label(largest.name ?? '')} ${verb} ${share(largest.added.mid, total)} of what isolation costs${gains}`;
}

/** Of the longer of the two bars, with its line. */
const sizeOf = ({ added, saved }: Payer): number =>
  Math.max(...[added, saved ?? added].flatMap(({ low, mid, high }) => [low, mid, high].map(Math.abs)));

export function paidSpec(payers: readonly Payer[], title: string, others: OthersText): ChartSpec {
  const { head, rest } = headAndRest(payers, ({ name }) => name === undefined, sizeOf);
  const names = distinct([...head.map(({ name }) => label(name ?? '')), ...(rest.length > 0 ? [others(rest)] : [])]);
  const rows = [
    ...head,
    ...(rest.length > 0
      ? [{ added: sumOf(rest.map(({ added }) => added)), saved: sumOfKnown(rest.map(({ saved }) => saved)) }]
      : []),
  ];
  const hasSaved = rows.some(({ saved }) => saved);
  const values = rows.flatMap(({ added, saved }, i) => [
    { name: names[i], series: PAID, ...plain(added) },
    ...(saved ? [{ name: names[i], series: GIVEN_BACK, ...plain(saved) }] : []),
  ]);
  const interval = { x: { field: 'low', type: 'quantitative' }, x2: { field: 'high' } } as const;
  return {
    ...frame(
      title,
      hasSaved
        ? 'Best estimates with their 90 % intervals.'
        : 'Best estimates with their 90 % intervals. No lane with an opt-out was asked for.',
    ),
    autosize: { type: 'fit-x', contains: 'padding' },
    width: CHART_WIDTH,
    height: rows.length * (hasSaved ? 29 : 24),
    data: { values },
    encoding: {
      y: {
        field: 'name',
        type: 'nominal',
        sort: null,
        title: null,
        ...(hasSaved ? { scale: { paddingInner: 0.3, paddingOuter: 0.15 } } : {}),
      },
      ...(hasSaved ? { yOffset: { field: 'series', type: 'nominal', sort: [PAID, GIVEN_BACK] } } : {}),
    },
    layer: [
      {
        mark: { type: 'bar', height: { band: hasSaved ? 0.92 : 0.66 } },
        encoding: {
          x: {
            field: 'mid',
            type: 'quantitative',
            title: 'cycles',
            scale: { domain: domainOf(values), nice: false },
            axis: COUNT_AXIS,
          },
          color: {
            field: 'series',
            type: 'nominal',
            scale: {
              domain: hasSaved ? [PAID, GIVEN_BACK] : [PAID],
              range: hasSaved ? [ISOLATED, OPTED_OUT] : [ISOLATED],
            },
            ...(hasSaved ? {} : { legend: null }),
          },
        },
      },
      { mark: INTERVAL_RIM, encoding: interval },
      { mark: INTERVAL, encoding: interval },
    ],
  };
}

const plain = ({ low, mid, high }: Estimate): Estimate => ({ low, mid, high });

/** All of the list, in its order. */
export function paidTable(
  payers: readonly Payer[],
  [what, how]: readonly [what: string, how: string],
  countOf: (payer: Payer, index: number) => number,
): Table {
  const total = sumOf(payers.map(({ added }) => added)).mid;
  return {
    columns: [what, how, 'paid under isolation (cycles)', 'of all', 'given back by the opt-out (cycles)'],
    rows: payers.map((payer, i) => [
      payer.name ?? 'all others',
      whole(countOf(payer, i)),
      estimate(payer.added),
      { text: total > 0 ? share(payer.added.mid, total) : '', value: payer.added.mid },
      estimate(payer.saved),
    ]),
  };
}
