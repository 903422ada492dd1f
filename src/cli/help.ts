/** What `ptilab --help` says, without the option parser: loading that would be half of the answer's time. */
import type { Command } from './command.ts';

export const DESCRIPTION =
  'What does page-table isolation cost a recorded workload, and what would an opt-out give back?';
export const MORE_HELP = 'ptilab COMMAND --help tells more, with an example.';

const WIDTH = 80;

/** One line a command, wrapped for a terminal of 80 columns. */
export function topHelp(commands: readonly Command[]): string {
  const rows = commands.map(({ name, summary }): readonly [string, string] => [name, summary]);
  return [
    'Usage: ptilab COMMAND [options]',
    '',
    ...wrapped(DESCRIPTION, WIDTH),
    '',
    'Options:',
    ...table([
      ['-V, --version', 'the version number'],
      ['-h, --help', 'this text'],
    ]),
    '',
    'Commands:',
    ...table(rows),
    '',
    MORE_HELP,
    '',
  ].join('\n');
}

function table(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(...rows.map(([name]) => name.length)) + 4;
  return rows.flatMap(([name, text]) =>
    wrapped(text, WIDTH - width).map((line, i) => `${(i === 0 ? `  ${name}` : '').padEnd(width)}${line}`),
  );
}

function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
