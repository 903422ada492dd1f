/** The options that say where charts go, shared by every command that draws some. */
import type { Command as Parser } from 'commander';
import type { ChartFolders } from './chart-folder.ts';
import { outputPath } from './lane-options.ts';

/** As commander gives them. */
export interface ChartOptions {
  readonly svg?: string;
  readonly png?: string;
  readonly spec?: string;
}

/** @param what - what is drawn, as in "write each chart" */
export const declareChartOptions = (parser: Parser, what: string): Parser =>
  parser
    .option('--svg <dir>', `write ${what} as SVG into this directory`, outputPath)
    .option('--png <dir>', 'the same as PNG', outputPath)
    .option('--spec <dir>', 'the same as Vega-Lite specification, with its data', outputPath);

export const chartFolders = ({ svg, png, spec }: ChartOptions): ChartFolders => ({
  ...(svg !== undefined && { svg }),
  ...(png !== undefined && { png }),
  ...(spec !== undefined && { spec }),
});
