/** What the cycles went to, by lane. */
import { COMPONENTS, type Component } from '../../cpu-model/prices.ts';
import type { Estimate } from '../../units.ts';
import type { ReportData } from '../report-data.ts';
import { estimate } from '../table.ts';
import type { Chart } from './chart.ts';
import { label } from './labels.ts';
import { plural, share } from './numbers.ts';
import { domainOf, MOST_ROWS } from './rows.ts';
import { CHART_WIDTH, COMPONENT_COLOURS, COUNT_AXIS, frame } from './theme.ts';

/** In the words of a legend, and in a sentence. */
const NAMES: Readonly<Record<Component, string>> = {
  cr3: 'CR3 writes',
  refill: 'TLB refills',
  flush: 'flushes',
  shootdown: 'shootdowns',
  test: 'opt-out tests',
  other: 'other',
};

function totalsOf(data: ReportData): ReadonlyMap<string, number> {
  const totals = new Map<string, number>();
  for (const { lane, cycles } of data.components) totals.set(lane, (totals.get(lane) ?? 0) + cycles.mid);
  return totals;
}

/** From where to where a lane's bar reaches: parts that are saved stand left of 0. */
function barOf(data: ReportData, lane: string): Estimate {
  const cycles = data.components.filter((part) => part.lane === lane).map((part) => part.cycles.mid);
  const sum = (of: (value: number) => number): number => cycles.reduce((total, value) => total + of(value), 0);
  return { low: sum((value) => Math.min(0, value)), mid: 0, high: sum((value) => Math.max(0, value)) };
}

/** The lane that the title speaks of: the isolated one, else the one with most. */
function mainLane(data: ReportData): string {
  const totals = totalsOf(data);
  const { isolated } = data.views;
  if (isolated !== undefined && (totals.get(isolated) ?? 0) > 0) return isolated;
  return [...totals].reduce((most, each) => (each[1] > most[1] ? each : most))[0];
}

export const components: Chart = {
  id: 'components',
  name: 'What the cycles go to',
  description:
    'Each bar is all the modelled cost of a lane, split by what the cycles went to. The lane without isolation has a cost too: it flushes and switches.',

  missing(data) {
    if ([...totalsOf(data).values()].some((total) => total > 0)) return undefined;
    return 'no operation that costs cycles was counted, or none has a price';
  },

  title(data) {
    const lane = mainLane(data);
    const parts = data.components.filter((part) => part.lane === lane);
    const largest = parts.reduce((most, each) => (each.cycles.mid > most.cycles.mid ? each : most));
    const name = NAMES[largest.component];
    return `${name.charAt(0).toUpperCase()}${name.slice(1)} take ${share(largest.cycles.mid, barOf(data, lane).high)} of the cycles under ${label(lane, 40)}`;
  },

  spec(data) {
    const totals = totalsOf(data);
    const lanes = data.lanes.map(({ lane }) => lane).filter((lane) => totals.has(lane));
    const drawn = lanes.slice(0, MOST_ROWS);
    const present = COMPONENTS.filter((component) =>
      data.components.some((part) => part.component === component && part.cycles.mid !== 0),
    );
    const hidden = lanes.length - drawn.length;
    const values = drawn.flatMap((lane) =>
      data.components
        .filter((part) => part.lane === lane && present.includes(part.component))
        .map(({ component, cycles }) => ({
          lane: label(lane, 40),
          component: NAMES[component],
          order: COMPONENTS.indexOf(component),
          cycles: cycles.mid,
        })),
    );
    const bars = drawn.map((lane) => barOf(data, lane));
    const subtitle = [
      'Cycles of the measured processes in all, best estimates.',
      ...(bars.some(({ low }) => low < 0) ? ['What is left of 0 is saved.'] : []),
      ...(hidden > 0 ? [`${plural(hidden, 'lane is', 'lanes are')} not drawn.`] : []),
    ];
    return {
      ...frame(this.title(data), subtitle.join(' ')),
      autosize: { type: 'fit-x', contains: 'padding' },
      width: CHART_WIDTH,
      height: drawn.length * (drawn.length > 6 ? 22 : 38),
      data: { values },
      mark: { type: 'bar', height: { band: 0.62 } },
      encoding: {
        y: { field: 'lane', type: 'nominal', sort: null, title: null },
        x: {
          field: 'cycles',
          type: 'quantitative',
          stack: 'zero',
          title: 'cycles',
          scale: { domain: domainOf(bars), nice: false },
          axis: COUNT_AXIS,
        },
        color: {
          field: 'component',
          type: 'nominal',
          scale: {
            domain: present.map((component) => NAMES[component]),
            range: present.map((component) => COMPONENT_COLOURS[component]),
          },
        },
        order: { field: 'order', type: 'quantitative' },
      },
    };
  },

  table(data) {
    const lanes = data.lanes.map(({ lane }) => lane);
    return {
      columns: ['lane', ...COMPONENTS.map((component) => NAMES[component])],
      rows: lanes.map((lane) => [
        lane,
        ...COMPONENTS.map((component) =>
          estimate(data.components.find((part) => part.lane === lane && part.component === component)?.cycles),
        ),
      ]),
    };
  },
};
