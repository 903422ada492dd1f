/**
 * What perf recorded: struct perf_event_attr, as far as it matters, and the ids that samples of the event carry. The struct grows with
 * the kernel: what an older one lacks is 0, what a newer one has behind is not looked at.
 */

/** One recorded event. */
export interface Attr {
  readonly type: number;
  /** For a tracepoint: the id in its format text. */
  readonly config: number;
  readonly sampleType: number;
  readonly readFormat: number;
  readonly sampleIdAll: boolean;
  readonly ids: readonly number[];
}

/** Bytes of the first version of the struct. */
export const LEAST_ATTR = 64;
/** Caps on counts in the file, so that a damaged one cannot ask for unbounded memory. */
export const MOST_ATTRS = 16_384;
export const MOST_IDS = 1_048_576;
/** Bit of `sample_id_all` among the flags. */
const SAMPLE_ID_ALL = 18;
const FLAGS = 40;

export const viewOf = (data: Uint8Array): DataView => new DataView(data.buffer, data.byteOffset, data.byteLength);

/** A u64 that fits a number, or the nearest that does. */
export const u64 = (view: DataView, at: number, little: boolean): number => Number(view.getBigUint64(at, little));

/** Reads the attr at the beginning of `data`, which is at least {@link LEAST_ATTR} bytes long. */
export function parseAttr(data: Uint8Array, little: boolean, ids: readonly number[]): Attr {
  const view = viewOf(data);
  return {
    type: view.getUint32(0, little),
    config: u64(view, 8, little),
    sampleType: u64(view, 24, little),
    readFormat: u64(view, 32, little),
    sampleIdAll: flag(data, SAMPLE_ID_ALL, little),
    ids,
  };
}

/** Bit-fields begin at the lowest bit of their byte on a little-endian machine, at the highest on a big-endian one. */
const flag = (data: Uint8Array, bit: number, little: boolean): boolean =>
  ((data[FLAGS + (bit >> 3)] >> (little ? bit & 7 : 7 - (bit & 7))) & 1) === 1;

/** The ids that fill `data`. */
export function parseIds(data: Uint8Array, little: boolean): readonly number[] {
  const view = viewOf(data);
  return Array.from({ length: Math.min(MOST_IDS, data.length >> 3) }, (_, i) => u64(view, 8 * i, little));
}
