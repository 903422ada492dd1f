import { chartFolders, declareChartOptions, type ChartOptions } from '../chart-options.ts';
import type { Command } from '../command.ts';
import { declareLaneOptions, type InputOptions, type LaneOptions } from '../lane-options.ts';

interface CompareOptions extends LaneOptions, InputOptions, ChartOptions {
  readonly json?: boolean;
}

/** Two recordings, two results, or two lanes of one. */
export const compare: Command = {
  name: 'compare',
  summary: 'two recordings, two result directories or two lanes of one, side by side: totals, then programs and causes',
  example: 'ptilab compare out/build:pti out/build:optout',
  declare: (parser) =>
    declareLaneOptions(
      declareChartOptions(
        parser
          .argument(
            '<a>',
            'a recording (- for standard input) or a directory made by replay -o; :LANE behind it chooses a lane, else it is pti, so that two recordings are compared by what isolation costs',
          )
          .argument(
            '<b>',
            'what it is compared with; options of lanes and recordings are for sides that are recordings',
          ),
        'the chart of the difference by program',
      ).option('--json', 'the machine answer (ptilab.compare) on stdout'),
    ),
  async run(args, given, terminal) {
    const options = given as CompareOptions;
    const folders = chartFolders(options);
    const draws = Object.keys(folders).length > 0;
    const [{ compareSides }, { compareResult }, { compareText }] = await Promise.all([
      import('../compare-source.ts'),
      import('../../report/compare.ts'),
      import('../../report/compare-text.ts'),
    ]);
    const charts = draws ? await import('../chart-folder.ts') : undefined;
    charts?.checkChartFolders(folders);
    const result = compareResult(...(await compareSides([args[0], args[1]], options, terminal)));
    if (charts) {
      const [{ COMPARE_CHART, compareChart }, { loadFonts }, { renderSvg }] = await Promise.all([
        import('../../report/charts/compare.ts'),
        import('../fonts.ts'),
        import('../../report/render.ts'),
      ]);
      const fonts = loadFonts();
      const drawing = compareChart(result);
      const files =
        'missing' in drawing
          ? { drawn: [], missing: [{ id: COMPARE_CHART, reason: drawing.missing }] }
          : {
              drawn: [{ id: COMPARE_CHART, ...drawing, svg: (await renderSvg(drawing.spec, fonts.metrics)).svg }],
              missing: [],
            };
      await charts.writeCharts(folders, files, fonts, result.model);
    }
    terminal.out(options.json ? `${JSON.stringify(result)}\n` : compareText(result));
  },
};
