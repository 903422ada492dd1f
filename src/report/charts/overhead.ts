/** What isolation costs, by lane and machine. */
import type { Estimate } from '../../units.ts';
import type { ReportData, ReportLane } from '../report-data.ts';
import { estimate, figure, whole } from '../table.ts';
import type { Chart } from './chart.ts';
import { label } from './labels.ts';
import { cpuLabels, isBaseline, isolatedLane, machineOf, optedOutLane, policyColours } from './lanes.ts';
import { cyclesText, percent, percentRange, plural, scaledRange } from './numbers.ts';
import { domainOf, MOST_ROWS } from './rows.ts';
import { CHART_WIDTH, COUNT_AXIS, frame, INTERVAL, INTERVAL_RIM, QUIET } from './theme.ts';

/** Percent of CPU time where every lane has it, else cycles. */
interface Measure {
  readonly axis: string;
  readonly ticks: object;
  readonly text: (value: number) => string;
  readonly range: (value: Estimate) => string;
  readonly of: (lane: ReportLane) => Estimate | undefined;
}
const PERCENT: Measure = {
  axis: 'added CPU time (% of that without isolation)',
  ticks: { tickCount: 6, format: '~f' },
  text: percent,
  range: percentRange,
  of: (lane) => lane.overheadPercent,
};
const CYCLES: Measure = {
  axis: 'added cycles',
  ticks: COUNT_AXIS,
  text: cyclesText,
  range: scaledRange,
  of: (lane) => lane.addedCycles,
};

interface Row {
  readonly lane: ReportLane;
  readonly value: Estimate;
}

/** Lanes that can add something: the one they are compared with is the axis. */
function rowsOf(data: ReportData): { readonly measure: Measure; readonly rows: readonly Row[] } {
  const compared = new Set([isolatedLane(data)?.policy, optedOutLane(data)?.policy]);
  const lanes = data.lanes.filter((lane) => compared.has(lane.policy) || !isBaseline(lane));
  // A CPU without prices has neither.
  const priced = lanes.filter((lane) => lane.addedCycles);
  const measure = priced.every((lane) => lane.overheadPercent) ? PERCENT : CYCLES;
  const rows = lanes.flatMap((lane) => {
    const value = measure.of(lane);
    return value ? [{ lane, value }] : [];
  });
  return { measure, rows };
}

const nameOf = (lane: ReportLane): string => label(machineOf(lane).replace(/^@/, '') || lane.lane, 40);

export const overhead: Chart = {
  id: 'overhead',
  name: 'Cost',
  description: 'Each bar is what a lane adds to the time without isolation; the thin line over it is the interval.',

  missing(data) {
    if (rowsOf(data).rows.length > 0) return undefined;
    return 'no lane adds anything that is known: it takes one with isolation, one without, and prices for the CPU';
  },

  title(data) {
    const { measure, rows } = rowsOf(data);
    const isolated = isolatedLane(data);
    const of = (lane: ReportLane | undefined): Row | undefined => rows.find((row) => row.lane === lane);
    const alike = rows.filter(({ lane }) => lane.policy === (isolated ?? rows[0].lane).policy);
    const verb = measure === PERCENT ? 'costs' : 'adds';
    const what = measure === PERCENT ? ' of CPU time' : '';
    const who = isolated ? 'Isolation' : label(rows[0].lane.policy);
    if (alike.length > 1) {
      const sorted = [...alike].sort((a, b) => a.value.mid - b.value.mid);
      const [least, most] = [sorted[0], sorted[sorted.length - 1]];
      return (
        `${who} ${verb} from ${measure.text(least.value.mid)} (${nameOf(least.lane)}) ` +
        `to ${measure.text(most.value.mid)} (${nameOf(most.lane)})${what}`
      );
    }
    const main = of(isolated) ?? rows[0];
    const rest = of(optedOutLane(data));
    const left = rest && rest !== main ? `; with the opt-out, ${measure.text(rest.value.mid)} remain` : '';
    return `${who} ${verb} ${measure.text(main.value.mid)}${what}${rest?.value.mid === 0 ? '; with the opt-out, nothing remains' : left}`;
  },

  spec(data) {
    const { measure, rows } = rowsOf(data);
    const policies = [...new Set(rows.map(({ lane }) => lane.policy))];
    const machines = [...new Set(rows.map(({ lane }) => machineOf(lane)))];
    const isOneMachine = machines.length === 1;
    const shown = new Set(machines.slice(0, Math.max(1, Math.floor(MOST_ROWS / Math.min(policies.length, MOST_ROWS)))));
    const drawn = rows.filter(({ lane }) => shown.has(machineOf(lane)));
    const colours = policyColours(data);
    const names = new Map(policies.map((policy) => [policy, label(policy)]));
    const values = drawn.map(({ lane, value }) => ({
      machine: nameOf(lane),
      policy: names.get(lane.policy),
      low: value.low,
      mid: value.mid,
      high: value.high,
      text: measure.range(value),
    }));
    const unaffected = data.lanes.some((lane) => !lane.affected);
    const hidden = machines.length - shown.size;
    const subtitle = [
      `On ${cpuLabels(data)}`,
      ...(unaffected ? ['where a stock kernel leaves isolation off, figures are for isolation forced on'] : []),
      ...(hidden > 0 ? [`${plural(hidden, 'machine', 'machines')} not drawn`] : []),
      'best estimates with 90 % intervals',
    ].join('; ');
    const row = isOneMachine
      ? { y: { field: 'policy', type: 'nominal', sort: null, title: null } as const }
      : {
          y: { field: 'machine', type: 'nominal', sort: null, title: null } as const,
          yOffset: { field: 'policy', type: 'nominal', sort: null } as const,
        };
    const interval = { x: { field: 'low', type: 'quantitative' }, x2: { field: 'high' } } as const;
    const step = isOneMachine || policies.length === 1 ? 38 : 22;
    return {
      ...frame(this.title(data), `${subtitle}.`),
      autosize: { type: 'fit-x', contains: 'padding' },
      width: CHART_WIDTH,
      height: step * drawn.length,
      data: { values },
      encoding: row,
      layer: [
        {
          mark: { type: 'bar', height: { band: isOneMachine ? 0.6 : 0.84 } },
          encoding: {
            x: {
              field: 'mid',
              type: 'quantitative',
              title: measure.axis,
              scale: { domain: domainOf(values), nice: false },
              axis: measure.ticks,
            },
            color: {
              field: 'policy',
              type: 'nominal',
              scale: {
                domain: policies.map((policy) => names.get(policy)!),
                range: policies.map((policy) => colours.get(policy)!),
              },
              ...(isOneMachine || policies.length === 1 ? { legend: null } : {}),
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

  table: (data) => ({
    columns: ['lane', 'CPU', 'CR3 writes on crossings', 'added cycles', 'added CPU time'],
    rows: data.lanes.map((lane) => [
      lane.lane,
      lane.cpuLabel,
      whole(lane.crossingCr3Writes),
      estimate(lane.addedCycles),
      figure(lane.overheadPercent, percentRange),
    ]),
  }),
};
