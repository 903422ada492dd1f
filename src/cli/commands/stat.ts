import type { Command } from '../command.ts';
import { declareLaneOptions, laneRequest, type InputOptions, type LaneOptions } from '../lane-options.ts';

interface StatOptions extends LaneOptions, InputOptions {
  readonly json?: boolean;
  readonly scope?: 'system' | 'tasks';
  readonly printCommand?: 'perf' | 'bpftrace' | true;
}

const OPTION_NAMES = { scenario: '--scenario', rule: '--rule', whatIf: '--what-if' } as const;

/** Counts instead of a recording. */
export const stat: Command = {
  name: 'stat',
  summary: 'the same answer from counts alone (perf stat, or a bpftrace script), where recording costs too much',
  example: 'ptilab stat counts.txt --cpu skylake-sp',
  declare: (parser) =>
    declareLaneOptions(
      parser
        .argument('[file]', 'output of perf stat (text, -x or -j) or of the bpftrace script; - for standard input')
        .addOption(
          parser
            .createOption(
              '--print-command [tool]',
              'say what to run to get such output: a script for perf stat or bpftrace',
            )
            .choices(['perf', 'bpftrace'])
            .preset('perf'),
        )
        .addOption(
          parser
            .createOption(
              '--scope <whose>',
              'whose counts they are, where the output does not say: of whole CPUs, or of tasks',
            )
            .choices(['system', 'tasks']),
        )
        .option('--json', 'the machine answer (ptilab.stat) on stdout'),
    ),
  async run(args, given, terminal) {
    const options = given as StatOptions;
    if (options.printCommand !== undefined) {
      const { bpftraceScript, perfStatCommand } = await import('../../counts/commands.ts');
      const script = options.printCommand === 'bpftrace' ? bpftraceScript() : perfStatCommand();
      terminal.out(options.json ? `${JSON.stringify({ schema: 'ptilab.statCommand', version: 1, script })}\n` : script);
      return;
    }
    const [{ runStat }, { openSource }, { cannotTellError, usageError }, { statText }] = await Promise.all([
      import('../../pipeline-stat.ts'),
      import('../source.ts'),
      import('../../errors.ts'),
      import('../../report/stat/summary.ts'),
    ]);
    if (args[0] === undefined)
      throw usageError('no file was named', 'FILE', 'name the output of perf stat, or see ptilab stat --print-command');
    // What these say is of single processes.
    for (const name of ['scenario', 'rule', 'whatIf'] as const)
      if (options[name] !== undefined)
        throw cannotTellError(
          'counts know no processes that could opt out',
          OPTION_NAMES[name],
          'leave it out, or record and use ptilab replay',
        );
    if (options.tgids !== undefined) throw usageError('counts have no tasks', '--tgids', 'leave it out');
    const opened = await openSource(args.slice(0, 1), options);
    try {
      const done = await runStat(opened.source, {
        ...(await laneRequest(options)),
        host: opened.host,
        untracedCpu: opened.untracedCpu,
        scope: options.scope,
      });
      terminal.out(options.json ? `${JSON.stringify(done.result)}\n` : statText(done));
    } finally {
      await opened.close();
    }
  },
};
