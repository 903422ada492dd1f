/** What a chart is: one file in this folder and one line in `index.ts`. */
import type { TopLevelSpec } from 'vega-lite';
import type { ReportData } from '../report-data.ts';
import type { Table } from '../table.ts';

/** A Vega-Lite specification with its data in it. */
export type ChartSpec = TopLevelSpec & { readonly title: Heading };

/** Lines of text. */
export interface Heading {
  readonly text: string[];
  readonly subtitle: string[];
}

export interface Chart {
  /** Names its files, and its panel on the page. */
  readonly id: string;
  /** What it is about, in a list of contents. */
  readonly name: string;
  /** How to read it, in one or two sentences. */
  readonly description: string;
  /** Why it cannot be drawn from these figures; undefined where it can. Asked before the others. */
  missing(data: ReportData): string | undefined;
  /** The finding, in one line. Names in it are printable and cut. */
  title(data: ReportData): string;
  spec(data: ReportData): ChartSpec;
  /** The figures as a table, for those who cannot see the chart or want to know exactly; undefined where they are too many. */
  table(data: ReportData): Table | undefined;
}

/** A chart of figures, or why there is none. */
export type Drawing =
  | { readonly chart: Chart; readonly title: string; readonly spec: ChartSpec; readonly table: Table | undefined }
  | { readonly chart: Chart; readonly missing: string };

export function draw(chart: Chart, data: ReportData): Drawing {
  const missing = chart.missing(data);
  if (missing !== undefined) return { chart, missing };
  return { chart, title: chart.title(data), spec: chart.spec(data), table: chart.table(data) };
}
