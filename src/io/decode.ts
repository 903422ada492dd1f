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
