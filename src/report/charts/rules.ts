/** What stricter and looser rules would have given back. */
import type { Estimate } from '../../units.ts';
import type { ReportData, ReportRule } from '../report-data.ts';
import { figure, whole } from '../table.ts';
import type { Chart } from './chart.ts';
import { count, percent, percentRange } from './numbers.ts';
import { domainOf } from './rows.ts';
import { CHART_WIDTH, COUNT_AXIS, frame, INTERVAL, INTERVAL_RIM, OPTED_OUT, QUIET } from './theme.ts';

const OTHER = '#9cc7e0';
const ASKED = 'as asked for';
const INSTEAD = 'with this choice instead';

const nameOf = ({ rule, choice }: ReportRule): string => `${rule}=${choice}`;

/** Rules of which at least two choices differ in what they leave out. */
function tellingOf({ rules = [] }: ReportData): readonly ReportRule[] {
  const written = new Map<string, Set<number>>();
  for (const each of rules) written.set(each.rule, (written.get(each.rule) ?? new Set()).add(each.savedCrossingWrites));
  return rules.filter(({ rule }) => written.get(rule)!.size > 1);
}

/** Percent of CPU time where every choice has it, else CR3 writes. */
interface Measure {
  readonly axis: string;
  readonly ticks: object;
  readonly text: (value: number) => string;
  readonly range: (value: Estimate) => string;
  readonly of: (row: ReportRule) => Estimate;
}

const exactly = (value: number): Estimate => ({ low: value, mid: value, high: value });

function measureOf(rows: readonly ReportRule[]): Measure {
  if (rows.every(({ savedPercent }) => savedPercent))
    return {
      axis: 'CPU time given back (% of that under isolation)',
      ticks: { tickCount: 6, format: '~f' },
      text: percent,
      range: percentRange,
      of: ({ savedPercent }) => savedPercent!,
    };
  return {
    axis: 'CR3 writes on crossings left out',
    ticks: COUNT_AXIS,
    text: (value) => `${count(value)} CR3 writes`,
    range: ({ mid }) => count(mid),
    of: ({ savedCrossingWrites }) => exactly(savedCrossingWrites),
  };
}

export const rules: Chart = {
  id: 'rules',
  name: 'Rules',
  description:
    'The opt-out with one rule changed at a time, all others as asked for; a rule of which no other choice would change anything is left out.',

  missing(data) {
    if (!data.rules || data.rules.length === 0)
      return 'other rules were not tried: ptilab replay --what-if does, with a lane under isolation and one in which processes can opt out';
    return tellingOf(data).length > 0
      ? undefined
      : 'no other choice of a rule would change what the opt-out gives back';
  },

  title(data) {
    const rows = tellingOf(data);
    const measure = measureOf(rows);
    const mid = (row: ReportRule): number => measure.of(row).mid;
    const askedOf = (row: ReportRule): ReportRule => rows.find(({ rule, asked }) => asked && rule === row.rule)!;
    const gain = (row: ReportRule): number => mid(row) - mid(askedOf(row));
    const [most, least] = [
      rows.reduce((a, b) => (gain(b) > gain(a) ? b : a)),
      rows.reduce((a, b) => (gain(b) < gain(a) ? b : a)),
    ];
    // A hundredth more or less is no finding.
    const other = gain(most) > 0.01 * Math.abs(mid(askedOf(most))) ? most : least;
    const back = mid(other) > 0 ? `would give back ${measure.text(mid(other))}` : 'would give nothing back';
    return `${nameOf(other)} ${back}, where ${nameOf(askedOf(other))} gives back ${measure.text(mid(askedOf(other)))}`;
  },

  spec(data) {
    const rows = tellingOf(data);
    const measure = measureOf(rows);
    const values = rows.map((row) => ({
      name: nameOf(row),
      series: row.asked ? ASKED : INSTEAD,
      ...measure.of(row),
      text: measure.range(measure.of(row)),
    }));
    const interval = { x: { field: 'low', type: 'quantitative' }, x2: { field: 'high' } } as const;
    return {
      ...frame(this.title(data), 'One rule changed at a time; best estimates with 90 % intervals.'),
      autosize: { type: 'fit-x', contains: 'padding' },
      width: CHART_WIDTH,
      height: 24 * rows.length,
      data: { values },
      encoding: { y: { field: 'name', type: 'nominal', sort: null, title: null } },
      layer: [
        {
          mark: { type: 'bar', height: { band: 0.66 } },
          encoding: {
            x: {
              field: 'mid',
              type: 'quantitative',
              title: measure.axis,
              scale: { domain: domainOf(values), nice: false },
              axis: measure.ticks,
            },
            color: {
              field: 'series',
              type: 'nominal',
              scale: { domain: [ASKED, INSTEAD], range: [OPTED_OUT, OTHER] },
            },
          },
        },
        { mark: INTERVAL_RIM, encoding: interval },
        { mark: INTERVAL, encoding: interval },
        {
          mark: { type: 'text', align: 'left', dx: 12, color: QUIET },
          encoding: { x: { value: 'width' }, text: { field: 'text', type: 'nominal' } },
        },
      ],
    };
  },

  table: ({ rules: all = [] }) => ({
    columns: ['rule', 'choice', 'given back', 'CR3 writes on crossings left out', 'processes without isolation'],
    rows: all.map((row) => [
      row.rule,
      `${row.choice}${row.asked ? ' (as asked for)' : ''}`,
      figure(row.savedPercent, percentRange),
      whole(row.savedCrossingWrites),
      whole(row.exposed),
    ]),
  }),
};
