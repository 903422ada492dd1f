import { inputError, printable } from '../errors.ts';
import type { Tear } from './bytes.ts';

/**
 * Undoes one compression: from pieces of any size to pieces of any size, at any time holding no more than the window its format
 * asks for. Returns where the input broke off, after yielding all that came before; undefined when it was whole.
 *
 * @param name what to call the source in messages
 */
export type Decode = (
  input: AsyncIterable<Uint8Array>,
  name: string,
) => AsyncGenerator<Uint8Array, Tear | undefined, undefined>;

/** Cuts pieces down to at most `most` bytes, without copying. */
export async function* cutTo(most: number, input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of input) {
    for (let at = 0; at < piece.length; at += most) yield piece.subarray(at, at + most);
  }
}

/** Beyond both it is a bomb: recordings shrink by 10 to 50, endless zeros by 1 000 (gzip) to 30 000 (zstd). */
const BOMB_BYTES = 256 * 1024 * 1024;
const BOMB_RATIO = 2000;

/**
 * @param name what to call the source in messages
 * @throws PtilabError input: content that only a bomb has
 */
export function refuseBomb(name: string, consumed: number, produced: number): void {
  if (produced > BOMB_BYTES && produced > BOMB_RATIO * consumed)
    throw inputError(
      `more than ${BOMB_RATIO} times its compressed size`,
      printable(name),
      'no recording compresses so well; if it is one, decompress it first',
    );
}
