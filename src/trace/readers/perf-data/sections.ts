/** Records one after another, from front to back: what both the look at the beginning and the first pass go by. */
import type { Bytes } from '../../../io/bytes.ts';
import { Record, RECORD_HEADER } from './layout.ts';

/** A part of a source. */
export interface Section {
  readonly offset: number;
  readonly size: number;
}

/** Why the records of a section end before it does. */
export type Torn = 'cut' | 'damaged';

/** What is read at once where little is read. */
const SMALL_WINDOW = 256 * 1024;
/** A record's size is a u16; some stand for one more byte. */
export const MOST_RECORD = 65_536;

/** One record, valid during the call. @returns false to pause behind it */
export type Visit = (view: DataView, at: number, type: number, size: number, byte: number) => boolean;

/** Where a walk is. */
export interface Walked {
  /** The byte behind the last record seen. */
  readonly end: number;
  readonly paused: boolean;
  /** Why there are no more records before the section ends. */
  readonly torn: Torn | undefined;
}

/**
 * Bytes that belong to a record and lie behind it: perf passes large content on outside of the size, which is a u16. Asked of records that
 * are not the kernel's, and lie whole in the view.
 */
export function bytesBehind(view: DataView, at: number, type: number, size: number, little: boolean): number {
  if (type === Record.tracingData && size >= 12) return 8 * Math.ceil(view.getUint32(at + 8, little) / 8);
  if (type === Record.auxtrace && size >= 16) return Number(view.getBigUint64(at + 8, little));
  return 0;
}

/** The size of the record whose header lies at `at`. */
export type SizeOf = (view: DataView, at: number, known: number) => number;

/**
 * Shows the records of a section to what {@link walk} is given, from where the last walk paused.
 *
 * @param windowBytes - what is read at once
 */
export function walkerOf(
  bytes: Bytes,
  section: Section,
  little: boolean,
  sizeOf: SizeOf = (view, at) => view.getUint16(at + 6, little),
  windowBytes = SMALL_WINDOW,
): { walk(visit: Visit): Promise<Walked> } {
  const sectionEnd = section.offset + section.size;
  const window = new Uint8Array(Math.min(windowBytes, section.size) + MOST_RECORD);
  const view = new DataView(window.buffer);
  let offset = section.offset; // of the first byte in the window
  let kept = 0; // bytes in the window
  let at = 0; // of the next record in the window; may lie behind it

  const refill = async (): Promise<boolean> => {
    if (at < kept) window.copyWithin(0, at, kept);
    offset += at;
    kept = Math.max(0, kept - at);
    at = 0;
    const want = Math.min(window.length - kept, sectionEnd - offset - kept);
    const got = want > 0 ? await bytes.readAt!(offset + kept, window.subarray(kept, kept + want)) : 0;
    kept += got;
    return got > 0;
  };

  return {
    async walk(visit) {
      for (;;) {
        while (at + RECORD_HEADER <= kept) {
          const size = sizeOf(view, at, kept - at);
          if (size < RECORD_HEADER) return { end: offset + at, paused: false, torn: 'damaged' };
          if (at + size > kept) break;
          const type = view.getUint32(at, little);
          const record = at;
          at += size;
          if (type >= Record.firstOfUser) at += bytesBehind(view, record, type, size, little);
          if (!visit(view, record, type, size, offset + record))
            return { end: offset + at, paused: true, torn: undefined };
        }
        if (await refill()) continue;
        return { end: offset, paused: false, torn: offset === sectionEnd ? undefined : 'cut' };
      }
    },
  };
}

/** Reads exactly `length` bytes at `offset`, or fewer where the file ends. */
export async function readBytes(bytes: Bytes, offset: number, length: number): Promise<Uint8Array> {
  const most = bytes.length === undefined ? length : Math.max(0, Math.min(length, bytes.length - offset));
  const into = new Uint8Array(most);
  let got = 0;
  while (got < most) {
    const n = await bytes.readAt!(offset + got, into.subarray(got));
    if (n === 0) break;
    got += n;
  }
  return into.subarray(0, got);
}
