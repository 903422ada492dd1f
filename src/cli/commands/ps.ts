import type { Command } from '../command.ts';
import { declareLaneOptions, laneRequest, type InputOptions, type LaneOptions } from '../lane-options.ts';

interface PsOptions extends LaneOptions, InputOptions {
  readonly at?: string;
  readonly pid?: string;
  readonly json?: boolean;
}

/** Who is isolated at a moment, and why. */
export const ps: Command = {
  name: 'ps',
  summary: 'processes at a moment, each with its PTI line and the rule that set it',
  example: 'ptilab ps build.perf.data --at 1.25s --opt-out comm:make',
  declare: (parser) =>
    declareLaneOptions(
      parser
        .argument('<trace...>', 'recording, or - for standard input; several files are parts of one')
        .option('--at <time>', 'moment since the start: 1.25, 1.25s, 1250ms, 1250000000ns (default: the end)')
        .option('--pid <n>', 'only this process, as its status file would show it')
        .option('--json', 'the machine answer (ptilab.ps) on stdout'),
    ),
  async run(args, given, terminal) {
    const options = given as PsOptions;
    const [{ processesAt }, { openSource }, { onlyPid }, { psStatusText, psText }, { momentOf, numberOf }] =
      await Promise.all([
        import('../../pipeline.ts'),
        import('../source.ts'),
        import('../../report/ps.ts'),
        import('../../report/ps-text.ts'),
        import('../time-option.ts'),
      ]);
    const at = options.at === undefined ? undefined : momentOf(options.at, '--at');
    const pid = options.pid === undefined ? undefined : numberOf(options.pid, '--pid');
    const opened = await openSource(args, options);
    try {
      const request = { host: opened.host, tgids: opened.tgids, onProgress: terminal.progress };
      const all = await processesAt(opened.source, { ...(await laneRequest(options)), ...request }, at);
      const result = pid === undefined ? all : onlyPid(all, pid);
      if (at !== undefined && at > all.durationNs)
        terminal.note(`ptilab: --at is after the end of the recording: this is its end, ${all.durationNs / 1e9} s`);
      const text = pid === undefined ? psText : psStatusText;
      terminal.out(options.json ? `${JSON.stringify(result)}\n` : text(result));
    } finally {
      await opened.close();
    }
  },
};
