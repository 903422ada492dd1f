/** Charts as tests look at them. */
import type { TopLevelSpec } from 'vega-lite';
import { loadFonts, type LoadedFonts } from '../../src/cli/fonts.ts';
import { CHARTS, draw, type Chart } from '../../src/report/charts/index.ts';
import type { ReportData } from '../../src/report/report-data.ts';
import { SAMPLES } from './report-data.ts';

export const FONTS: LoadedFonts = loadFonts();

export interface Drawn {
  readonly sample: string;
  readonly chart: Chart;
  readonly title: string;
  readonly spec: TopLevelSpec;
}

/** Every chart that a sample can show. */
export function drawnOf(sample: string, data: ReportData = SAMPLES[sample]()): readonly Drawn[] {
  return CHARTS.flatMap((chart) => {
    const drawing = draw(chart, data);
    return 'missing' in drawing ? [] : [{ sample, chart, title: drawing.title, spec: drawing.spec }];
  });
}

/** Every chart of every sample. */
export const ALL: readonly Drawn[] = Object.keys(SAMPLES).flatMap((sample) => drawnOf(sample));

/** Texts of an SVG picture as they are read, with their places; entities undone. */
export function textsOf(svg: string): readonly string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => unescaped(text));
}

export const unescaped = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');

/** Rows that are shown of a long list; the rest is counted. */
const SHOWN_ROWS = 24;

/** Six digits: what a person compares, and no more than any machine agrees on. */
const rounded = (_key: string, value: unknown): unknown =>
  typeof value === 'number' ? Number(value.toPrecision(6)) : value;

/** A specification that one can read: what is the same in all left out, one row of data a line. */
export function readable(spec: TopLevelSpec): string {
  const rows: string[] = [];
  const mark = (values: readonly unknown[]): readonly string[] => {
    const lines = values.slice(0, SHOWN_ROWS).map((row) => JSON.stringify(row, rounded));
    const more = values.length - lines.length;
    return [...lines, ...(more > 0 ? [`… ${more} more`] : [])].map((line) => `@${rows.push(line) - 1}@`);
  };
  const text = JSON.stringify(
    { ...spec, config: '(the theme)' },
    (key, value: unknown) => (key === 'values' && Array.isArray(value) ? mark(value) : rounded(key, value)),
    2,
  );
  return `${text.replace(/"@(\d+)@"/g, (_, i: string) => rows[Number(i)])}\n`;
}
