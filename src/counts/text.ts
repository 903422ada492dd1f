/** A source as lines of text: whole, since counts are few. Bytes that are no UTF-8 stay in their place as U+FFFD. */
import { inputError, printable } from '../errors.ts';
import type { Bytes } from '../io/bytes.ts';

/** Output of counters is a few lines; an interval a second for a day is 50 MB. */
const MOST_BYTES = 64 * 1024 * 1024;
/** A longer line is none of a counter's; its place is kept, so that lines keep their numbers. */
const MOST_LINE = 8192;

export async function linesOf(bytes: Bytes): Promise<readonly string[]> {
  const where = printable(bytes.name);
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of bytes.chunks()) {
    length += piece.length;
    if (length > MOST_BYTES)
      throw inputError(
        `more than ${MOST_BYTES >> 20} MiB of text`,
        where,
        'give it the output of perf stat or bpftrace; recordings are read by ptilab replay',
      );
    if (piece.includes(0))
      throw inputError('not a text', where, 'counts are text; a recording is read by ptilab replay');
    pieces.push(piece.slice());
  }
  if (length === 0)
    throw inputError(
      bytes.tear ? `${bytes.tear.reason}, before any count` : 'the input is empty',
      where,
      'count something: ptilab stat --print-command says how',
    );
  const decoder = new TextDecoder('utf-8', { ignoreBOM: false });
  const text = pieces.map((piece) => decoder.decode(piece, { stream: true })).join('') + decoder.decode();
  return text
    .split('\n')
    .map((line) => (line.length > MOST_LINE ? '' : line.endsWith('\r') ? line.slice(0, -1) : line));
}
