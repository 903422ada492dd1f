import type { Command } from '../command.ts';
import { declareLaneOptions, laneRequest, type InputOptions, type LaneOptions } from '../lane-options.ts';

interface Cr3Options extends LaneOptions, InputOptions {
  readonly pid?: string;
  readonly onCpu?: string;
  readonly from?: string;
  readonly to?: string;
  readonly illegal?: boolean;
  readonly json?: boolean;
}

/** What CR3 held at each entry into the kernel. */
export const cr3: Command = {
  name: 'cr3',
  summary: 'CR3 at each entry into the kernel, raw and decoded, and whether it is legal',
  example: 'ptilab cr3 build.perf.data --pid 417 --from 1.2s --to 1.3s',
  declare: (parser) =>
    declareLaneOptions(
      parser
        .argument('<trace...>', 'recording, or - for standard input; several files are parts of one')
        .option('--pid <n>', 'only entries of this process')
        .option('--on-cpu <n>', 'only entries on this CPU')
        .option('--from <time>', 'only entries from here on: 1.25, 1.25s, 1250ms, 1250000000ns since the start')
        .option('--to <time>', 'only entries up to here')
        .option('--illegal', 'show only values that cannot be; the counts are of all')
        .option('--json', 'the machine answer (ptilab.cr3) on stdout, an entry a line'),
    ),
  async run(args, given, terminal) {
    const options = given as Cr3Options;
    const [{ cr3Entries }, { openSource }, { Cr3Writer }, { momentOf, numberOf }] = await Promise.all([
      import('../../pipeline.ts'),
      import('../source.ts'),
      import('../../report/cr3.ts'),
      import('../time-option.ts'),
    ]);
    const optional = <T>(text: string | undefined, parse: (text: string) => T): T | undefined =>
      text === undefined ? undefined : parse(text);
    const filter = {
      pid: optional(options.pid, (text) => numberOf(text, '--pid')),
      cpu: optional(options.onCpu, (text) => numberOf(text, '--on-cpu')),
      fromNs: optional(options.from, (text) => momentOf(text, '--from')),
      toNs: optional(options.to, (text) => momentOf(text, '--to')),
      illegal: options.illegal,
    };
    const opened = await openSource(args, options);
    try {
      const writer = new Cr3Writer((text) => terminal.out(text), filter, options.json ?? false);
      const request = { host: opened.host, tgids: opened.tgids, onProgress: terminal.progress };
      writer.ends(await cr3Entries(opened.source, { ...(await laneRequest(options)), ...request }, writer));
    } finally {
      await opened.close();
    }
  },
};
