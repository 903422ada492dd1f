import type { Bytes } from './bytes.ts';

/**
 * {@link Bytes} over an array that is already in memory. `chunks` hands out views of `data`, `chunkSize` bytes each (default:
 * all of it at once); a small size is how tests prove that a reader does not care where pieces end.
 */
export function bytesOf(data: Uint8Array, name = 'memory', chunkSize = data.length): Bytes {
  const step = Math.max(1, chunkSize);
  return {
    name,
    length: data.length,
    readAt(offset, into) {
      const found = data.subarray(offset, offset + into.length);
      into.set(found);
      return found.length;
    },
    // eslint-disable-next-line @typescript-eslint/require-await -- the seam is asynchronous, this source is not
    async *chunks() {
      for (let at = 0; at < data.length; at += step) yield data.subarray(at, at + step);
    },
    tear: undefined,
    close: () => Promise.resolve(),
  };
}

/** All that a source holds, in memory. */
export async function held(bytes: Bytes): Promise<Bytes> {
  const pieces: Uint8Array[] = [];
  for await (const piece of bytes.chunks()) pieces.push(piece.slice());
  const data = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    data.set(piece, at);
    at += piece.length;
  }
  return bytesOf(data, bytes.name);
}
