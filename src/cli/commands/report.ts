import { availableParallelism } from 'node:os';
import { usageError } from '../../errors.ts';
import { chartFolders, declareChartOptions, type ChartOptions } from '../chart-options.ts';
import type { Command } from '../command.ts';
import { declareLaneOptions, outputPath, type InputOptions, type LaneOptions } from '../lane-options.ts';

interface ReportOptions extends LaneOptions, InputOptions, ChartOptions {
  readonly output?: string;
  readonly json?: boolean;
}

/** The answer to read and to show: a page with charts. */
export const report: Command = {
  name: 'report',
  summary: 'one HTML file with charts, from a recording or a result directory; it loads nothing from the network',
  example: 'ptilab report out/build -o build.html --svg figures',
  declare: (parser) =>
    declareLaneOptions(
      declareChartOptions(
        parser
          .argument(
            '<trace|dir...>',
            'recording, - for standard input, or what replay -o wrote; several files are parts of one recording',
          )
          .option('-o, --output <file>', 'write the page into this file', outputPath),
        'each chart',
      ).option('--json', 'the figures (ptilab.report) on stdout'),
    ),
  async run(args, given, terminal) {
    const options = given as ReportOptions;
    const { output } = options;
    const folders = chartFolders(options);
    const draws = output !== undefined || Object.keys(folders).length > 0;
    if (!draws && !options.json)
      throw usageError('nothing to write', 'report', 'name a file with -o, or a directory with --svg, --png or --spec');
    const [
      { figuresOf },
      { checkChartFolders, filesOfPictures, writeCharts },
      { refuseForeignPage },
      { writeFileAtomically },
    ] = await Promise.all([
      import('../figures.ts'),
      import('../chart-folder.ts'),
      import('../overwrite.ts'),
      import('../../io/node/output.ts'),
    ]);
    if (output !== undefined) refuseForeignPage(output);
    checkChartFolders(folders);
    const data = await figuresOf(args, { ...options, jobs: options.jobs ?? availableParallelism() }, terminal);
    if (draws) {
      const [{ loadFonts }, { drawPictures }, { pageHtml }] = await Promise.all([
        import('../fonts.ts'),
        import('../../report/pictures.ts'),
        import('../../report/page.ts'),
      ]);
      const fonts = loadFonts();
      const pictures = await drawPictures(data, fonts.metrics);
      if (output !== undefined) {
        const page = await pageHtml(data, pictures, fonts.page);
        await writeFileAtomically(output, (write) => write(new TextEncoder().encode(page)));
      }
      await writeCharts(folders, filesOfPictures(pictures), fonts, data.model);
    }
    if (options.json) {
      const { reportText } = await import('../../report/report-file.ts');
      terminal.out(reportText(data));
    } else
      for (const path of new Set([...(output === undefined ? [] : [output]), ...Object.values(folders)]))
        terminal.out(`${path}\n`);
  },
};
