/** A source that is longer than memory: the same piece again and again. */
import type { Bytes } from '../../src/io/bytes.ts';

export interface Endless {
  readonly bytes: Bytes;
  /** Bytes that were read so far. */
  handedOut(): number;
}

/** `first`, then `times` pieces of `size` bytes of the letter x, then `last`; it cannot seek. */
export function endless(first: Uint8Array, size: number, times: number, last: Uint8Array): Endless {
  let out = 0;
  const piece = new Uint8Array(size).fill(120);
  const give = (data: Uint8Array): Uint8Array => {
    out += data.length;
    return data;
  };
  return {
    bytes: {
      name: 'endless',
      length: undefined,
      readAt: undefined,
      // eslint-disable-next-line @typescript-eslint/require-await -- the seam is asynchronous, this source is not
      async *chunks() {
        yield give(first);
        for (let i = 0; i < times; i++) yield give(piece);
        yield give(last);
      },
      tear: undefined,
      close: () => Promise.resolve(),
    },
    handedOut: () => out,
  };
}
