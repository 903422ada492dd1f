#!/usr/bin/env node
/** The command line: parses, runs one command, and turns failures into one line and an exit code. */
import type { Command as Parser, CommanderError } from 'commander';
import { PtilabError, printable, usageError } from '../errors.ts';
import { MODEL_VERSION } from '../version.ts';
import type { Command, Terminal } from './command.ts';
import { COMMANDS } from './commands/index.ts';
import { DESCRIPTION, MORE_HELP, topHelp } from './help.ts';
import { bugLine, EXIT_BUG, EXIT_CODES, failureLine } from './messages.ts';

/** commander's own code for help and version that were asked for. */
const ASKED_FOR = new Set(['commander.helpDisplayed', 'commander.help', 'commander.version']);

function createParser(program: Parser, terminal: Terminal): Parser {
  program
    .description(DESCRIPTION)
    .version(MODEL_VERSION)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .helpCommand(false)
    .addHelpText('after', `\n${MORE_HELP}`);
  for (const command of COMMANDS) addCommand(program, command, terminal);
  return program;
}

function addCommand(program: Parser, command: Command, terminal: Terminal): void {
  command
    .declare(program.command(command.name).description(command.summary))
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .addHelpText('after', `\nExample:\n  ${command.example}`)
    .action(async (...parsed: unknown[]) => {
      const parser = parsed.at(-1) as Parser;
      await command.run(parser.args, parser.opts(), terminal);
    });
}

/** Runs one command line; resolves to its exit code. */
async function main(argv: readonly string[]): Promise<number> {
  const terminal = createTerminal();
  const [first = '--help', second] = argv;
  if (second === undefined && (first === '--help' || first === '-h')) {
    terminal.out(topHelp(COMMANDS));
    return 0;
  }
  const commander = await import('commander');
  try {
    const program = createParser(new commander.Command('ptilab'), terminal);
    await program.parseAsync(argv, { from: 'user' });
    return terminal.exitCode();
  } catch (error) {
    if (process.env['PTILAB_DEBUG'] === '1' && error instanceof Error) terminal.note(error.stack ?? error.message);
    if (error instanceof commander.CommanderError) {
      if (ASKED_FOR.has(error.code)) return 0;
      terminal.note(failureLine(asUsageError(error, argv)));
      return EXIT_CODES.usage;
    }
    if (error instanceof PtilabError) {
      terminal.note(failureLine(error));
      return EXIT_CODES[error.kind];
    }
    terminal.note(bugLine(error));
    return EXIT_BUG;
  }
}

/** commander's message in our form: what, where, what to do. */
function asUsageError(error: CommanderError, argv: readonly string[]): PtilabError {
  const [first = '', hint] = error.message.replace(/^error: /, '').split('\n');
  const command = COMMANDS.find((each) => each.name === argv[0]);
  const help = command ? `ptilab ${command.name} --help` : 'ptilab --help';
  const suggestion = /Did you mean (.*)\?/.exec(hint ?? '')?.[1];
  return usageError(
    printable(first),
    command?.name ?? 'ptilab',
    suggestion ? `did you mean ${suggestion}? (${help})` : `see ${help}`,
  );
}

function createTerminal(): Terminal & { readonly exitCode: () => number } {
  const { stdout, stderr } = process;
  // A reader that has seen enough (head, less) is no failure.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    stderr.write(`ptilab: cannot write to standard output: ${error.code ?? error.message}: choose another place\n`);
    process.exit(EXIT_CODES.output);
  });
  let exitCode = 0;
  const clearLine = stderr.isTTY ? '\r\u001b[K' : '';
  return {
    out(text) {
      stderr.write(clearLine);
      stdout.write(text);
    },
    note: (line) => void stderr.write(`${clearLine}${line}\n`),
    exitWith: (code) => void (exitCode = code),
    exitCode: () => exitCode,
    progress: stderr.isTTY ? (line) => void stderr.write(`${clearLine}${line}`) : undefined,
  };
}

process.exitCode = await main(process.argv.slice(2));
