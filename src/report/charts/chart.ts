/** What a chart is: one file in this folder and one line in `index.ts`. */
import type { TopLevelSpec } from 'vega-lite';
import type { ReportData } from '../report-data.ts';

export interface Chart {
  /** Names its files, and its panel on the page. */
  readonly id: string;
  /** How to read it, in one or two sentences. */
  readonly description: string;
  /** Why it cannot be drawn from these figures; undefined where it can. Asked before the other two. */
  missing(data: ReportData): string | undefined;
  /** The finding, in one line. Names in it are printable and cut. */
  title(data: ReportData): string;
  /** A Vega-Lite specification with its data in it. */
  spec(data: ReportData): TopLevelSpec;
}

/** A chart drawn from figures, or why it was not. */
export type Drawing =
  | { readonly chart: Chart; readonly title: string; readonly spec: TopLevelSpec }
  | { readonly chart: Chart; readonly missing: string };

export function draw(chart: Chart, data: ReportData): Drawing {
  const missing = chart.missing(data);
  if (missing !== undefined) return { chart, missing };
  return { chart, title: chart.title(data), spec: chart.spec(data) };
}
