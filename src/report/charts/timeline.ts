/** Crossings and what they add, over time. */
import type { ReportData } from '../report-data.ts';
import type { Chart } from './chart.ts';
import { label } from './labels.ts';
import { isolatedLane, optedOutLane } from './lanes.ts';
import { percent, time, times, timeUnitOf, type TimeUnit } from './numbers.ts';
import { CHART_WIDTH, COUNT_AXIS, frame, ISOLATED, OPTED_OUT, TIME_AXIS } from './theme.ts';

const ALL_LANES = '#4d4d4d';
/** Steps that can still be told apart in a chart of this width. */
const MOST_STEPS = 300;

/** A stretch of time, the next beginning where it ends. */
interface Step {
  readonly startNs: number;
  readonly lengthNs: number;
  crossings: number;
  addedCycles: number;
}

/** The whole recording in equal steps, as many bins in each as it takes; nothing happened where there is no bin. */
function stepsOf(data: ReportData, lane: string): readonly Step[] {
  const bins = data.timeline.filter((bin) => bin.lane === lane);
  const { durationNs } = data;
  if (bins.length === 0 || durationNs <= 0) return [];
  const binNs = Math.max(bins[0].lengthNs, durationNs / 2 ** 40);
  const stepNs = binNs * Math.ceil(durationNs / binNs / MOST_STEPS);
  const steps = Array.from({ length: Math.max(1, Math.ceil(durationNs / stepNs - 1e-9)) }, (_, i): Step => {
    const startNs = i * stepNs;
    return { startNs, lengthNs: Math.min(stepNs, durationNs - startNs), crossings: 0, addedCycles: 0 };
  });
  for (const { startNs, crossings, addedCycles } of bins) {
    // The middle of a bin is in its step, whatever the rounding of its ends.
    const at = Math.floor((startNs + binNs / 2) / stepNs);
    const step = steps[Math.min(Math.max(at, 0), steps.length - 1)];
    step.crossings += crossings;
    step.addedCycles += addedCycles;
  }
  return steps;
}

interface Series {
  readonly lane: string;
  readonly name: string;
  readonly colour: string;
  readonly steps: readonly Step[];
}

function seriesOf(data: ReportData): readonly Series[] {
  const lanes = [
    { lane: isolatedLane(data)?.lane, name: 'isolated', colour: ISOLATED },
    { lane: optedOutLane(data)?.lane, name: 'opted out', colour: OPTED_OUT },
  ];
  return lanes.flatMap(({ lane, name, colour }) => {
    const steps = lane === undefined ? [] : stepsOf(data, lane);
    return lane === undefined || steps.length === 0
      ? []
      : [{ lane, name: `${name} (${label(lane, 40)})`, colour, steps }];
  });
}

const totalOf = (steps: readonly Step[], of: (step: Step) => number): number =>
  steps.reduce((sum, step) => sum + of(step), 0);
const perSecond = (value: number, lengthNs: number): number => (value * 1e9) / lengthNs;

/** The line of a series: a point where each step begins, and one where the last ends. */
function lineOf({ name, steps }: Series, unit: TimeUnit, of: (step: Step) => number): readonly object[] {
  const points = steps.map((step) => ({
    lane: name,
    time: step.startNs / unit.ns,
    value: perSecond(of(step), step.lengthNs),
  }));
  const last = steps[steps.length - 1];
  return [...points, { ...points[points.length - 1], time: (last.startNs + last.lengthNs) / unit.ns }];
}

export const timeline: Chart = {
  id: 'timeline',
  name: 'Over time',
  description:
    'Of the whole machine, bystanders and kernel included. Above, what isolation adds: the gap between the lines is what the opt-out gives back. Below, ways between user mode and the kernel.',

  missing(data) {
    const series = seriesOf(data);
    if (!series.some(({ steps }) => steps.length > 1)) return 'the recording is too short, or has no times';
    if (series.every(({ steps }) => totalOf(steps, (step) => step.crossings) === 0))
      return 'nothing entered the kernel';
    return undefined;
  },

  title(data) {
    const [{ steps, lane }] = seriesOf(data);
    const hasCost = totalOf(steps, (step) => step.addedCycles) > 0;
    const rate = (step: Step): number => perSecond(hasCost ? step.addedCycles : step.crossings, step.lengthNs);
    const who = hasCost ? (lane === data.views.isolated ? 'Isolation’s cost' : 'The cost') : 'Crossing';
    const total = totalOf(steps, (step) => rate(step) * step.lengthNs);
    const peak = steps.reduce((most, step) => (rate(step) > rate(most) ? step : most));
    const factor = (rate(peak) * data.durationNs) / total;
    if (factor < 1.5) return `${who} is even over time`;
    return `${who} peaks at ${time(peak.startNs, timeUnitOf(data.durationNs))}, ${times(factor)} the average`;
  },

  spec(data) {
    const series = seriesOf(data);
    const unit = timeUnitOf(data.durationNs);
    const end = data.durationNs / unit.ns;
    const hasCost = series.some(({ steps }) => steps.some((step) => step.addedCycles !== 0));
    // Opting out changes no crossing: a second line would hide the first.
    const [first, second] = series.map(({ steps }) => steps.map((step) => step.crossings).join());
    const crossing =
      second === undefined || first === second
        ? series.slice(0, 1).map((one) => ({ ...one, name: 'all lanes', colour: ALL_LANES }))
        : series;
    const panel = (
      shown: readonly Series[],
      of: (step: Step) => number,
      title: string,
      height: number,
      isLast: boolean,
    ): object => ({
      width: CHART_WIDTH - 100,
      height,
      data: { values: shown.flatMap((one) => lineOf(one, unit, of)) },
      mark: { type: 'line', interpolate: 'step-after', strokeWidth: 1.5, strokeJoin: 'round' },
      encoding: {
        x: {
          field: 'time',
          type: 'quantitative',
          scale: { domain: [0, end], nice: false },
          axis: { ...TIME_AXIS, title: isLast ? `time (${unit.name})` : null, labels: isLast, grid: false },
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
      ...(hasCost ? [panel(series, (step) => step.addedCycles, 'added cycles/s', 170, false)] : []),
      panel(crossing, (step) => step.crossings, 'crossings/s', 110, true),
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
  const step = `Each step is ${time(isolated.steps[0].lengthNs)}, all CPUs together.`;
  if (!hasCost || !optedOut) return step;
  const paid = totalOf(isolated.steps, (each) => each.addedCycles);
  const left = totalOf(optedOut.steps, (each) => each.addedCycles);
  return paid > 0
    ? `${step} The opt-out gives back ${percent((100 * (paid - left)) / paid)} of what isolation adds.`
    : step;
}
