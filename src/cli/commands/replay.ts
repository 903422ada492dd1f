import { availableParallelism } from 'node:os';
import type { Command } from '../command.ts';
import { declareLaneOptions, normalised, outputPath, type InputOptions, type LaneOptions } from '../lane-options.ts';

interface ReplayOptions extends LaneOptions, InputOptions {
  readonly output?: string;
  readonly json?: boolean;
}

/** The main job: from a recording to counted operations per lane. */
export const replay: Command = {
  name: 'replay',
  summary: 'replay a recording through every lane; summary on stdout, tables into a directory if one is given',
  example: 'ptilab replay build.perf.data --opt-out root -o out/build',
  declare: (parser) =>
    declareLaneOptions(
      parser
        .argument('<trace...>', 'recording, or - for standard input; several files are parts of one')
        .option('-o, --output <dir>', 'write the tables (Arrow) and manifest.json into this directory', outputPath)
        .option('--json', 'the machine answer (ptilab.replay) on stdout'),
    ),
  async run(args, given, terminal) {
    const options = given as ReplayOptions;
    const [{ replayed }, { summaryText }, { whatIfText }, { checkResultDirectory, writeResult }] = await Promise.all([
      import('../replayed.ts'),
      import('../../report/summary.ts'),
      import('../../report/what-if.ts'),
      import('../result-directory.ts'),
    ]);
    if (options.output !== undefined) checkResultDirectory(options.output);
    const done = await replayed(args, { ...options, jobs: options.jobs ?? availableParallelism() }, terminal);
    if (options.output !== undefined)
      await writeResult(options.output, done, ['replay', ...args, ...normalised(options)]);
    terminal.out(options.json ? `${JSON.stringify(done.result)}\n` : `${summaryText(done)}${whatIfText(done.result)}`);
  },
};
