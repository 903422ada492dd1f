/** What a command is: one file in `commands/` and one line in `commands/index.ts`. */
import type { Command as Parser } from 'commander';

/** Where a command talks to. */
export interface Terminal {
  /** The answer. */
  out(text: string): void;
  /** One line on stderr. */
  note(line: string): void;
  /** Progress on stderr, where that is a terminal; undefined elsewhere. */
  readonly progress: ((line: string) => void) | undefined;
  /** The exit code of a command that did what it was asked to, where that is not 0: that of a program it ran. */
  exitWith(code: number): void;
}

export interface Command {
  readonly name: string;
  readonly summary: string;
  /** A command line that works. */
  readonly example: string;
  /** Declares arguments and options. What `run` needs is imported there: `--help` must not load it. */
  declare(parser: Parser): Parser;
  run(args: readonly string[], options: Readonly<Record<string, unknown>>, terminal: Terminal): Promise<void>;
}
