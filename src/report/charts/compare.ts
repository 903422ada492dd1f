/** Where two lanes differ: by program, what isolation adds on one side more or less than on the other. */
import type { CompareResult } from '../compare.ts';
import type { Estimate } from '../../units.ts';
import type { ChartSpec } from './chart.ts';
import { distinct, label } from './labels.ts';
import { count, scaled } from './numbers.ts';
import { headAndRest, sumOf } from './rows.ts';
import { CHART_WIDTH, frame, INTERVAL, INTERVAL_RIM, ISOLATED, OPTED_OUT } from './theme.ts';

export const COMPARE_CHART = 'compare';

interface Row {
  readonly name: string;
  readonly difference: Estimate;
}

const MORE = 'B costs more';
const LESS = 'B costs less';

/** The chart of a comparison, or why there is none. */
export type CompareDrawing = { readonly title: string; readonly spec: ChartSpec } | { readonly missing: string };

export function compareChart(result: CompareResult): CompareDrawing {
  const rows = result.programs.flatMap(({ program, addedSeconds }): readonly Row[] => {
    const { difference } = addedSeconds;
    return difference && (difference.low !== 0 || difference.high !== 0) ? [{ name: program, difference }] : [];
  });
  if (rows.length === 0) return { missing: 'no program differs in what isolation adds to it, or prices are missing' };
  const { head, rest } = headAndRest(rows, () => false, sizeOf);
  const drawn = [
    ...head,
    ...(rest.length > 0
      ? [
          {
            name: `others (${count(rest.length)} programs)`,
            difference: sumOf(rest.map(({ difference }) => difference)),
          },
        ]
      : []),
  ];
  const names = distinct(drawn.map(({ name }) => label(name)));
  const title = finding(result, rows);
  const values = drawn.map(({ difference: { low, mid, high } }, i) => ({
    name: names[i],
    side: mid < 0 ? LESS : MORE,
    low: 1e3 * low,
    mid: 1e3 * mid,
    high: 1e3 * high,
  }));
  const interval = { x: { field: 'low', type: 'quantitative' }, x2: { field: 'high' } } as const;
  const spec: ChartSpec = {
    ...frame(title, `A: ${side(result.a)}. B: ${side(result.b)}. Best estimates with their 90 % intervals.`),
    autosize: { type: 'fit-x', contains: 'padding' },
    width: CHART_WIDTH,
    height: drawn.length * 24 + 12,
    data: { values },
    encoding: { y: { field: 'name', type: 'nominal', sort: null, title: null } },
    layer: [
      {
        mark: { type: 'bar', height: { band: 0.66 } },
        encoding: {
          x: {
            field: 'mid',
            type: 'quantitative',
            title: 'difference of added CPU time, B − A (ms)',
            axis: { tickCount: 6, format: '~r' },
          },
          color: {
            field: 'side',
            type: 'nominal',
            scale: { domain: [MORE, LESS], range: [ISOLATED, OPTED_OUT] },
          },
        },
      },
      { mark: INTERVAL_RIM, encoding: interval },
      { mark: INTERVAL, encoding: interval },
    ],
  };
  return { title, spec };
}

const sizeOf = ({ difference: { low, mid, high } }: Row): number => Math.max(...[low, mid, high].map(Math.abs));

const side = ({ source, lane, cpu }: CompareResult['a']): string =>
  `${label(source.split('/').at(-1) ?? source, 30)}, ${label(lane, 30)} on ${label(cpu, 20)}`;

/** `Isolation adds 40.2 ms less in B, most of it to cc1`. */
function finding({ totals }: CompareResult, rows: readonly Row[]): string {
  const all = totals.addedSeconds.difference?.mid ?? 0;
  const most = rows.reduce((a, b) => (Math.abs(b.difference.mid) > Math.abs(a.difference.mid) ? b : a));
  const much = `${scaled(Math.abs(1e3 * all))} ms ${all < 0 ? 'less' : 'more'}`;
  return all === 0
    ? 'Isolation adds as much in B as in A'
    : `Isolation adds ${much} CPU time in B than in A, ${label(most.name)} differs most`;
}
