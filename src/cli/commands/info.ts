import type { Command } from '../command.ts';
import { declareInputOptions, type InputOptions } from '../lane-options.ts';

interface InfoOptions extends InputOptions {
  readonly json?: boolean;
}

/** What a recording is and what it can show. */
export const info: Command = {
  name: 'info',
  summary: 'format, host, duration, totals, coverage and health of a recording',
  example: 'ptilab info build.perf.data.zst',
  declare: (parser) =>
    declareInputOptions(
      parser
        .argument('<trace...>', 'recording, or - for standard input; several files are parts of one')
        .option('--json', 'the machine answer (ptilab.info) on stdout'),
    ),
  async run(args, given, terminal) {
    const options = given as InfoOptions;
    const [{ inspect }, { openSource }, { infoText }, { noteTear }] = await Promise.all([
      import('../../pipeline.ts'),
      import('../source.ts'),
      import('../../report/info.ts'),
      import('../messages.ts'),
    ]);
    const opened = await openSource(args, options);
    try {
      const result = await inspect(opened.source, {
        host: opened.host,
        tgids: opened.tgids,
        strict: options.strict,
        onProgress: terminal.progress,
      });
      noteTear(args[0], result.trace.health, terminal);
      terminal.out(options.json ? `${JSON.stringify(result)}\n` : infoText(result));
    } finally {
      await opened.close();
    }
  },
};
