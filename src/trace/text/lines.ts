/** Lines of a text, whatever the chunks it comes in: bytes are scanned, and nothing is made a string. */
import type { Bytes } from '../../io/bytes.ts';

/** Longer lines are not of any trace: they are passed over, and memory stays bounded. */
export const MOST_LINE_BYTES = 1024 * 1024;
const NEWLINE = 10;
const RETURN = 13;

/** One line: bytes `from` to `to` of `data`, without its end; valid during the call. `place` is its first byte in the source. */
export type OnLine = (data: Uint8Array, from: number, to: number, place: number) => void;

/**
 * Calls `onLine` for each line that ends.
 *
 * @param onLong - called with the place of each line that is longer than {@link MOST_LINE_BYTES}
 * @returns the place of a last line without an end: the text was cut there, and what is left of it may say something else
 */
export async function forEachLine(
  bytes: Bytes,
  onLine: OnLine,
  onLong: (place: number) => void,
): Promise<number | undefined> {
  let kept = new Uint8Array(4096);
  let length = 0; // bytes of an unfinished line in `kept`
  let dropping = false; // inside a line that is too long
  let lineStart = 0; // place of the current line
  let chunkStart = 0;

  const keep = (data: Uint8Array, from: number, to: number): void => {
    const more = to - from;
    if (dropping || more === 0) return;
    if (length + more > MOST_LINE_BYTES) {
      dropping = true;
      length = 0;
      onLong(lineStart);
      return;
    }
    if (length + more > kept.length) {
      const wider = new Uint8Array(Math.max(kept.length * 2, length + more));
      wider.set(kept.subarray(0, length));
      kept = wider;
    }
    kept.set(data.subarray(from, to), length);
    length += more;
  };
  const pass = (data: Uint8Array, from: number, to: number): void => {
    if (to - from > MOST_LINE_BYTES) onLong(lineStart);
    else onLine(data, from, to > from && data[to - 1] === RETURN ? to - 1 : to, lineStart);
  };

  for await (const data of bytes.chunks()) {
    let from = 0;
    for (let end = data.indexOf(NEWLINE); end >= 0; end = data.indexOf(NEWLINE, from)) {
      if (length > 0) {
        keep(data, from, end);
        if (!dropping) pass(kept, 0, length);
      } else if (!dropping) pass(data, from, end);
      dropping = false;
      length = 0;
      from = end + 1;
      lineStart = chunkStart + from;
    }
    keep(data, from, data.length);
    chunkStart += data.length;
  }
  return length > 0 || dropping ? lineStart : undefined;
}
