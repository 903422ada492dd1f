import type { Command } from '../command.ts';
import { declareLaneOptions, outputPath, type InputOptions, type LaneOptions } from '../lane-options.ts';

interface CompareOptions extends LaneOptions, InputOptions {
  readonly svg?: string;
  readonly png?: string;
  readonly spec?: string;
  readonly json?: boolean;
}

/** Two recordings, two results, or two lanes of one. */
export const compare: Command = {
  name: 'compare',
  summary: 'two recordings, two result directories or two lanes of one, side by side: totals, then programs and causes',
  example: 'ptilab compare out/build:pti out/build:optout',
  declare: (parser) =>
    declareLaneOptions(
      parser
        .argument(
          '<a>',
          'a recording (- for standard input) or a directory made by replay -o; :LANE behind it chooses a lane, else it is pti, so that two recordings are compared by what isolation costs',
        )
        .argument('<b>', 'what it is compared with; options of lanes and recordings are for sides that are recordings')
        .option('--svg <dir>', 'write the chart of the difference by program as SVG into this directory', outputPath)
        .option('--png <dir>', 'the same as PNG', outputPath)
        .option('--spec <dir>', 'the same as Vega-Lite specification, with its data', outputPath)
        .option('--json', 'the machine answer (ptilab.compare) on stdout'),
    ),
  async run(args, given, terminal) {
    const options = given as CompareOptions;
    const { svg, png, spec } = options;
    const folders = {
      ...(svg !== undefined && { svg }),
      ...(png !== undefined && { png }),
      ...(spec !== undefined && { spec }),
    };
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
