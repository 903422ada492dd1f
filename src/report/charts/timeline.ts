/** Crossings and what they add, over time. */
import type { ReportBin, ReportData } from '../report-data.ts';
import type { Chart } from './chart.ts';
import { label } from './labels.ts';
import { isolatedLane, optedOutLane } from './lanes.ts';
import { percent, scaled, time, timeUnitOf, type TimeUnit } from './numbers.ts';
import { CHART_WIDTH, COUNT_AXIS, frame, ISOLATED, OPTED_OUT } from './theme.ts';

const ALL_LANES = '#4d4d4d';
/** Steps that can still be told apart in a chart of this width. */
const MOST_BINS = 300;

const binsOf = (data: ReportData, lane: string): readonly ReportBin[] =>
  merged(data.timeline.filter((bin) => bin.lane === lane));

/** Neighbours made one until few enough are left. */
function merged(bins: readonly ReportBin[]): readonly ReportBin[] {
  const group = Math.ceil(bins.length / MOST_BINS);
  if (group <= 1) return bins;
  return bins.flatMap((first, i) => {
    if (i % group !== 0) return [];
    const members = bins.slice(i, i + group);
    const sum = (of: (bin: ReportBin) => number): number => members.reduce((total, bin) => total + of(bin), 0);
    return [
      {
        ...first,
        lengthNs: sum((bin) => bin.lengthNs),
        crossings: sum((bin) => bin.crossings),
        addedCycles: sum((bin) => bin.addedCycles),
      },
    ];
  });
}

interface Series {
  readonly lane: string;
  readonly name: string;
  readonly colour: string;
  readonly bins: readonly ReportBin[];
}

function seriesOf(data: ReportData): readonly Series[] {
  const lanes = [
    { lane: isolatedLane(data)?.lane, name: 'isolated', colour: ISOLATED },
    { lane: optedOutLane(data)?.lane, name: 'opted out', colour: OPTED_OUT },
  ];
  return lanes.flatMap(({ lane, name, colour }) => {
    const bins = lane === undefined ? [] : binsOf(data, lane);
    return lane === undefined || bins.length === 0
      ? []
      : [{ lane, name: `${name} (${label(lane, 40)})`, colour, bins }];
  });
}

const totalOf = (bins: readonly ReportBin[], of: (bin: ReportBin) => number): number =>
  bins.reduce((sum, bin) => sum + of(bin), 0);
const perSecond = (value: number, { lengthNs }: ReportBin): number => (value * 1e9) / lengthNs;

/** A line of steps: a point where each bin begins, and one where the last ends. */
function steps(series: Series, unit: TimeUnit, of: (bin: ReportBin) => number): readonly object[] {
  const points = series.bins.map((bin) => ({
    lane: series.name,
    time: bin.startNs / unit.ns,
    value: perSecond(of(bin), bin),
  }));
  const last = series.bins.at(-1);
  if (!last) return points;
  return [...points, { ...points[points.length - 1], time: (last.startNs + last.lengthNs) / unit.ns }];
}

export const timeline: Chart = {
  id: 'timeline',
  name: 'Over time',
  description:
    'Above, what isolation adds: the gap between the lines is what the opt-out gives back. Below, ways between user mode and the kernel.',

  missing(data) {
    const series = seriesOf(data);
    if (data.durationNs <= 0 || !series.some(({ bins }) => bins.length > 1))
      return 'the recording is too short, or has no times';
    if (series.every(({ bins }) => totalOf(bins, (bin) => bin.crossings) === 0)) return 'nothing entered the kernel';
    return undefined;
  },

  title(data) {
    const [{ bins, lane }] = seriesOf(data);
    const added = totalOf(bins, (bin) => bin.addedCycles);
    const [value, what]: readonly [(bin: ReportBin) => number, string] =
      added > 0 ? [(bin) => bin.addedCycles, 'cost'] : [(bin) => bin.crossings, 'kernel entries'];
    const average = perSecond(totalOf(bins, value), { ...bins[0], lengthNs: totalOf(bins, (bin) => bin.lengthNs) });
    const peak = bins.reduce((most, bin) => (perSecond(value(bin), bin) > perSecond(value(most), most) ? bin : most));
    const times = perSecond(value(peak), peak) / average;
    const who = lane === data.views.isolated && added > 0 ? 'Isolation’s cost' : `The ${what}`;
    if (times < 1.5) return `${who} is even over time`.replace('entries is', 'entries are');
    return `${who} peaks at ${time(peak.startNs)}, ${scaled(times)} times the average`.replace(
      'entries peaks',
      'entries peak',
    );
  },

  spec(data) {
    const series = seriesOf(data);
    const unit = timeUnitOf(data.durationNs);
    const end = data.durationNs / unit.ns;
    const hasCost = series.some(({ bins }) => bins.some((bin) => bin.addedCycles !== 0));
    // Opting out changes no crossing: a second line would hide the first.
    const [first, second] = series.map(({ bins }) => bins.map((bin) => bin.crossings).join());
    const crossing =
      second === undefined || first === second
        ? series.slice(0, 1).map((one) => ({ ...one, name: 'all lanes', colour: ALL_LANES }))
        : series;
    const panel = (
      shown: readonly Series[],
      of: (bin: ReportBin) => number,
      title: string,
      height: number,
      isLast: boolean,
    ): object => ({
      width: CHART_WIDTH - 100,
      height,
      data: { values: shown.flatMap((one) => steps(one, unit, of)) },
      mark: { type: 'line', interpolate: 'step-after', strokeWidth: 1.5, strokeJoin: 'round' },
      encoding: {
        x: {
          field: 'time',
          type: 'quantitative',
          scale: { domain: [0, end], nice: false },
          axis: { title: isLast ? `time (${unit.name})` : null, labels: isLast, grid: false, tickCount: 8 },
        },
        y: {
          field: 'value',
          type: 'quantitative',
          title,
          scale: { nice: 4 },
          axis: { ...COUNT_AXIS, tickCount: 4, minExtent: 52 },
        },
        color: {
          field: 'lane',
          type: 'nominal',
          scale: { domain: shown.map(({ name }) => name), range: shown.map(({ colour }) => colour) },
          legend: shown.length > 1 ? { symbolType: 'stroke', symbolStrokeWidth: 3 } : null,
        },
      },
    });
    const panels = [
      ...(hasCost ? [panel(series, (bin) => bin.addedCycles, 'added cycles/s', 170, false)] : []),
      panel(crossing, (bin) => bin.crossings, 'crossings/s', 110, true),
    ];
    return {
      ...frame(this.title(data), subtitleOf(series, hasCost)),
      spacing: 16,
      resolve: { scale: { color: 'independent', x: 'shared' } },
      vconcat: panels,
    } as ReturnType<Chart['spec']>;
  },

  table: () => undefined,
};

function subtitleOf(series: readonly Series[], hasCost: boolean): string {
  const [isolated, optedOut] = series;
  const bin = `Each step is ${time(isolated.bins[0].lengthNs)}, all CPUs together.`;
  if (!hasCost || !optedOut) return bin;
  const paid = totalOf(isolated.bins, (each) => each.addedCycles);
  const left = totalOf(optedOut.bins, (each) => each.addedCycles);
  return paid > 0
    ? `${bin} The opt-out gives back ${percent((100 * (paid - left)) / paid)} of what isolation adds.`
    : bin;
}
