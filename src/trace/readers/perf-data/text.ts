/** Names inside raw tracepoint data, interned without making a string of each. */
import { assert } from '../../../errors.ts';
import type { StringTable } from '../../strings.ts';
import type { Field } from './formats.ts';

/** Id of the text that a field of the raw data at `raw` holds. */
export type ReadText = (view: DataView, raw: number) => number;

export interface TextReader {
  intern(text: string): number;
  /** A reader of one field; of a field that the format lacks: the empty text. */
  reader(field: Field | undefined): ReadText;
}

/** A task's name: TASK_COMM_LEN. */
const COMM_BYTES = 16;
const CACHE_SLOTS = 1024;
const MOST_TEXT = 4096;

/**
 * @param strings - where the texts go
 * @param needs - told the end of each fixed field, so that a short sample is found out before it is read
 */
export function createTextReader(strings: StringTable, needs: (end: number) => void, little: boolean): TextReader {
  const utf8 = new TextDecoder();
  const decode = (view: DataView, at: number, length: number): number => {
    const bytes = new Uint8Array(view.buffer, view.byteOffset + at, length);
    const nul = bytes.indexOf(0);
    return strings.intern(utf8.decode(nul < 0 ? bytes : bytes.subarray(0, nul)));
  };

  // The same few names come again and again: the 16 bytes themselves are the key.
  const cachedWords = new Int32Array(CACHE_SLOTS * 4);
  const cachedIds = new Int32Array(CACHE_SLOTS).fill(-1);
  const comm =
    (offset: number): ReadText =>
    (view, raw) => {
      const at = raw + offset;
      const a = view.getInt32(at, true);
      const b = view.getInt32(at + 4, true);
      const c = view.getInt32(at + 8, true);
      const d = view.getInt32(at + 12, true);
      const hash = Math.imul(Math.imul(Math.imul(a, 31) + b, 31) + c, 31) + d;
      const slot = (hash ^ (hash >>> 15)) & (CACHE_SLOTS - 1);
      const words = slot * 4;
      if (
        cachedIds[slot] >= 0 &&
        cachedWords[words] === a &&
        cachedWords[words + 1] === b &&
        cachedWords[words + 2] === c &&
        cachedWords[words + 3] === d
      )
        return cachedIds[slot];
      cachedWords[words] = a;
      cachedWords[words + 1] = b;
      cachedWords[words + 2] = c;
      cachedWords[words + 3] = d;
      return (cachedIds[slot] = decode(view, at, COMM_BYTES));
    };

  return {
    intern: (text) => strings.intern(text),
    reader(field) {
      if (!field) return () => 0;
      needs(field.offset + field.size);
      const { offset, size } = field;
      if (!field.dataLoc) return size === COMM_BYTES ? comm(offset) : (view, raw) => decode(view, raw + offset, size);
      assert(size === 4, 'a __data_loc field is a u32');
      return (view, raw) => {
        const place = view.getUint32(raw + offset, little);
        const at = place & 0xffff;
        const length = Math.min(place >>> 16, MOST_TEXT, view.getUint32(raw - 4, little) - at);
        return length > 0 ? decode(view, raw + at, length) : 0;
      };
    },
  };
}
