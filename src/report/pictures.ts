/** All charts of a report, drawn. */
import type { TopLevelSpec } from 'vega-lite';
import { CHARTS, draw, type Drawing } from './charts/index.ts';
import type { ChartFont } from './font.ts';
import { renderSvg } from './render.ts';
import type { ReportData } from './report-data.ts';

export interface Picture {
  readonly drawing: Extract<Drawing, { title: string }>;
  /** With its title, to stand alone. */
  readonly svg: string;
  /** Without, to stand below it. */
  readonly inline: string;
}

export interface Pictures {
  readonly drawn: readonly Picture[];
  readonly missing: readonly Extract<Drawing, { missing: string }>[];
}

const withoutTitle = (spec: TopLevelSpec): TopLevelSpec =>
  Object.fromEntries(Object.entries(spec).filter(([key]) => key !== 'title')) as unknown as TopLevelSpec;

export async function drawPictures(data: ReportData, font: ChartFont): Promise<Pictures> {
  const drawn: Picture[] = [];
  const missing: Extract<Drawing, { missing: string }>[] = [];
  for (const chart of CHARTS) {
    const drawing = draw(chart, data);
    if ('missing' in drawing) {
      missing.push(drawing);
      continue;
    }
    const { svg } = await renderSvg(drawing.spec, font);
    const { svg: inline } = await renderSvg(withoutTitle(drawing.spec), font);
    drawn.push({ drawing, svg, inline });
  }
  return { drawn, missing };
}
