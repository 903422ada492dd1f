/** What the command line says besides answers. */
import type { PtilabError } from '../errors.ts';
import { printable, type FailureKind } from '../errors.ts';
import type { Terminal } from './command.ts';

export const EXIT_CODES: Readonly<Record<FailureKind, number>> = {
  difference: 1,
  usage: 2,
  input: 3,
  'cannot-tell': 4,
  output: 5,
  interrupted: 130,
};
/** A bug of ours: sysexits' EX_SOFTWARE. */
export const EXIT_BUG = 70;

/** `ptilab: what: where: what to do`. */
export const failureLine = (error: PtilabError): string => `ptilab: ${printable(error.message, 600)}`;
export const bugLine = (error: unknown): string =>
  `ptilab: internal error: ${printable(error instanceof Error ? error.message : String(error))}: please report it (PTILAB_DEBUG=1 shows where)`;

/** A recording that breaks off is read up to there, and that is said. */
export function noteTear(
  path: string,
  health: readonly { readonly key: string; readonly first: { readonly byte?: number | undefined } }[],
  terminal: Terminal,
): void {
  const tear = health.find(({ key }) => key === 'truncated');
  if (!tear) return;
  const byte = tear.first.byte === undefined ? '' : ` at byte ${tear.first.byte}`;
  terminal.note(
    `ptilab: the recording breaks off${byte}: ${printable(path)}: everything before was read; --strict refuses it`,
  );
}
