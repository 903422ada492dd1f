import { CODEC_IDS } from '../../io/codecs.ts';
import type { Command } from '../command.ts';

/** The trace formats that are read. */
export const formats: Command = {
  name: 'formats',
  summary: 'the recordings that can be read, and how to make one',
  example: 'ptilab formats',
  declare: (parser) => parser.option('--json', 'the same as JSON on stdout'),
  async run(_args, options, terminal) {
    const { READERS } = await import('../../trace/readers/index.ts');
    const list = READERS.map(({ id, label, recordWith }) => ({ id, label, recordWith }));
    if (options['json']) {
      terminal.out(
        `${JSON.stringify({ schema: 'ptilab.formats', version: 1, formats: list, compression: CODEC_IDS })}\n`,
      );
      return;
    }
    for (const { id, label, recordWith } of list) terminal.out(`${id}\n  ${label}\n  made by: ${recordWith}\n`);
    terminal.out(
      `Each may be compressed (${CODEC_IDS.join(', ')}), and several files of one recording may lie in one tar archive; names do not matter.\n`,
    );
  },
};
