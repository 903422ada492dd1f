/** Names in text, interned without making a string of each: the same few come again and again. */
import type { StringTable } from '../strings.ts';

const SLOTS = 1024;
/** PATH_MAX: what is longer is cut, so that what is kept here stays small. */
const MOST_NAME_BYTES = 4096;

export type InternBytes = (data: Uint8Array, from: number, to: number) => number;

export function createByteInterner(strings: StringTable): InternBytes {
  const utf8 = new TextDecoder();
  const cached: (Uint8Array | undefined)[] = new Array<undefined>(SLOTS).fill(undefined);
  const ids = new Int32Array(SLOTS);
  return (data, from, end) => {
    if (end <= from) return 0;
    const to = Math.min(end, from + MOST_NAME_BYTES);
    let hash = 0;
    for (let at = from; at < to; at++) hash = (Math.imul(hash, 31) + data[at]) | 0;
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    const known = cached[slot];
    if (known && same(known, data, from, to)) return ids[slot];
    const bytes = data.slice(from, to);
    cached[slot] = bytes;
    return (ids[slot] = strings.intern(utf8.decode(bytes)));
  };
}

function same(known: Uint8Array, data: Uint8Array, from: number, to: number): boolean {
  if (known.length !== to - from) return false;
  for (let i = 0; i < known.length; i++) if (known[i] !== data[from + i]) return false;
  return true;
}
