import type { Command } from '../command.ts';
import { declareInputOptions, outputPath, type InputOptions } from '../lane-options.ts';

interface ImportOptions extends InputOptions {
  readonly output: string;
  readonly redact?: boolean;
  readonly json?: boolean;
}

/** Any format to the canonical Arrow trace. */
export const importTrace: Command = {
  name: 'import',
  summary: 'write a recording as a canonical Arrow trace, which every command reads like any other format',
  example: 'ptilab import build.perf.data -o build.arrow',
  declare: (parser) =>
    declareInputOptions(
      parser
        .argument('<trace...>', 'recording, or - for standard input; several files are parts of one')
        .requiredOption('-o, --output <file>', 'where to write it', outputPath)
        .option('--redact', 'leave out all text: names of tasks and files, the command')
        .option('--json', 'what was written, as JSON on stdout'),
    ),
  async run(args, given, terminal) {
    const options = given as unknown as ImportOptions;
    const [
      { openTrace },
      { openSource },
      { writeCanonical },
      { writeFileAtomically },
      { refuseForeignFile },
      { noteTear },
    ] = await Promise.all([
      import('../../pipeline.ts'),
      import('../source.ts'),
      import('../../trace/canonical-writer.ts'),
      import('../../io/node/output.ts'),
      import('../overwrite.ts'),
      import('../messages.ts'),
    ]);
    await refuseForeignFile(options.output);
    const opened = await openSource(args, options);
    try {
      const trace = await openTrace(opened.source, {
        host: opened.host,
        tgids: opened.tgids,
        strict: options.strict,
        onProgress: terminal.progress,
      });
      let bytes = 0;
      await writeFileAtomically(options.output, async (write) => {
        await writeCanonical(trace, { redact: options.redact ?? false }, (chunk) => {
          bytes += chunk.length;
          write(chunk);
        });
      });
      noteTear(args[0], trace.health.entries(), terminal);
      const written = { schema: 'ptilab.import', version: 1, file: options.output, bytes, samples: trace.samples };
      terminal.out(
        options.json ? `${JSON.stringify(written)}\n` : `${options.output}: ${trace.samples} events, ${bytes} bytes\n`,
      );
    } finally {
      await opened.close();
    }
  },
};
