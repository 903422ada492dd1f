import type { Command } from '../command.ts';
import { declareLaneOptions, type InputOptions, type LaneOptions } from '../lane-options.ts';

interface CompareOptions extends LaneOptions, InputOptions {
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
        .option('--json', 'the machine answer (ptilab.compare) on stdout'),
    ),
  async run(args, given, terminal) {
    const options = given as CompareOptions;
    const [{ compareSides }, { compareResult }, { compareText }] = await Promise.all([
      import('../compare-source.ts'),
      import('../../report/compare.ts'),
      import('../../report/compare-text.ts'),
    ]);
    const result = compareResult(...(await compareSides([args[0], args[1]], options, terminal)));
    terminal.out(options.json ? `${JSON.stringify(result)}\n` : compareText(result));
  },
};
