/**
 * Undoes `perf record -z`: all compressed records of a file are one zstd stream, cut where perf wrote, not where a record inside ends. The
 * records come out as if they had never been compressed.
 */
import type { Bytes } from '../../../io/bytes.ts';
import { refuseBomb } from '../../../io/decode.ts';
import { openZstd } from '../../../io/zstd.ts';
import type { Health } from '../../health.ts';
import { u64, viewOf } from './attrs.ts';
import { isCompressed, isData, Record, RECORD_HEADER } from './layout.ts';
import { MOST_RECORD, walkerOf, type Section, type SizeOf, type Visit } from './sections.ts';

/** Before the compressed bytes of COMPRESSED2: the header, and how many there are without padding. */
const HEADER_2 = 16;
/** What is handed on at once, at most. */
const PIECE_BYTES = 256 * 1024;

/** Whether the first data of a recording are compressed: then all are. */
export async function areCompressed(bytes: Bytes, sections: readonly Section[], little: boolean): Promise<boolean> {
  let found: number | undefined;
  for (const section of sections) {
    await walkerOf(bytes, section, little, sizeOf(little)).walk((_view, _at, type) => !isData((found = type)));
    if (found !== undefined && isData(found)) return isCompressed(found);
  }
  return false;
}

/**
 * perf of Linux 6.16 leaves a record's size at 0 where the padded size is one more than a u16 holds; the number of bytes inside is right, and
 * no padding follows.
 */
const sizeOf =
  (little: boolean): SizeOf =>
  (view, at, known) => {
    const size = view.getUint16(at + 6, little);
    if (size >= RECORD_HEADER || known < HEADER_2 || view.getUint32(at, little) !== Record.compressed2) return size;
    const inside = Number(view.getBigUint64(at + 8, little));
    return inside + HEADER_2 < 65_536 ? inside + HEADER_2 : 0;
  };

/** The records of a recording, decompressed; `sections` is complete once all was read. */
export interface Inflated {
  readonly bytes: Bytes;
  readonly sections: readonly Section[];
}

/** @param health - told of what could not be decompressed */
export function inflated(bytes: Bytes, sections: readonly Section[], little: boolean, health: Health): Inflated {
  const made: Section[] = [];
  return {
    sections: made,
    bytes: {
      name: bytes.name,
      length: undefined,
      readAt: undefined,
      async *chunks() {
        let offset = 0;
        for (const section of sections) {
          let size = 0;
          for await (const piece of inflateSection(bytes, section, little, health)) {
            size += piece.length;
            yield piece;
          }
          made.push({ offset, size });
          offset += size;
        }
      },
      tear: undefined,
      close: () => Promise.resolve(),
    },
  };
}

async function* inflateSection(
  bytes: Bytes,
  section: Section,
  little: boolean,
  health: Health,
): AsyncGenerator<Uint8Array> {
  const zstd = await openZstd(bytes.name);
  const walker = walkerOf(bytes, section, little, sizeOf(little));
  const plain = createGatherer();
  let begun = new Uint8Array(0); // a record whose rest is in the next compressed one
  let payload: Uint8Array = begun;
  let place = section.offset; // of the record that holds it
  let consumed = 0;
  let produced = 0;
  const broken = (byte: number): void => health.count('truncated', { byte });

  const visit: Visit = (view, at, type, size, byte) => {
    const record = new Uint8Array(view.buffer, view.byteOffset + at, size);
    if (isCompressed(type)) {
      payload = payloadOf(record, type, little);
      place = byte;
      return false;
    }
    return type >= Record.firstOfUser || plain.add(record);
  };

  for (;;) {
    const { end, paused, torn } = await walker.walk(visit);
    if (plain.length() > 0) yield plain.take();
    if (!paused) {
      if (torn !== undefined) broken(end);
      else if (begun.length > 0) broken(place);
      return;
    }
    consumed += payload.length;
    const pieces = zstd.decode(payload);
    payload = new Uint8Array(0);
    for (let step = pieces.next(); ; step = pieces.next()) {
      if (step.done === true) {
        if (step.value !== undefined) {
          broken(place);
          return;
        }
        break;
      }
      produced += step.value.length;
      refuseBomb(bytes.name, consumed, produced);
      const data = begun.length === 0 ? step.value : joined(begun, step.value);
      const whole = wholeRecords(data, little);
      yield data.subarray(0, whole.end);
      if (whole.damaged) {
        broken(place);
        return;
      }
      begun = data.slice(whole.end);
    }
  }
}

function payloadOf(record: Uint8Array, type: number, little: boolean): Uint8Array {
  if (type === Record.compressed) return record.subarray(RECORD_HEADER);
  if (record.length < HEADER_2) return new Uint8Array(0);
  return record.subarray(HEADER_2, HEADER_2 + u64(viewOf(record), RECORD_HEADER, little));
}

/** The end of the records at the beginning of `data` that are whole. */
function wholeRecords(data: Uint8Array, little: boolean): { readonly end: number; readonly damaged: boolean } {
  const view = viewOf(data);
  let at = 0;
  while (at + RECORD_HEADER <= data.length) {
    const size = view.getUint16(at + 6, little);
    if (size < RECORD_HEADER) return { end: at, damaged: true };
    if (at + size > data.length) break;
    at += size;
  }
  return { end: at, damaged: false };
}

/** Records that were never compressed, put together to larger pieces. */
function createGatherer(): { add(record: Uint8Array): boolean; length(): number; take(): Uint8Array } {
  let data = new Uint8Array(PIECE_BYTES);
  let length = 0;
  return {
    /** Whether there is room for one more. */
    add(record) {
      data.set(record, length);
      length += record.length;
      return length + MOST_RECORD <= data.length;
    },
    length: () => length,
    take() {
      const taken = data.subarray(0, length);
      data = new Uint8Array(PIECE_BYTES);
      length = 0;
      return taken;
    },
  };
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
