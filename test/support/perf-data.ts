/** Taking a perf.data file apart, and damaging it with intent. Layout: perf.data-file-format.txt of the kernel. */

export interface Section {
  readonly offset: number;
  readonly size: number;
}

export interface PerfFile {
  readonly attrs: readonly Section[];
  readonly data: Section;
  /** By feature bit, in the order of the file. */
  readonly features: ReadonlyMap<number, Section>;
  readonly records: readonly PerfRecord[];
}

export interface PerfRecord extends Section {
  readonly type: number;
}

/** The header's fields by their place. */
const Header = { attrEntry: 16, attrsOffset: 24, attrsSize: 32, dataOffset: 40, dataSize: 48, bits: 72 } as const;

export const viewOf = (file: Uint8Array): DataView => new DataView(file.buffer, file.byteOffset, file.byteLength);
const u64 = (view: DataView, at: number): number => Number(view.getBigUint64(at, true));
const setU64 = (view: DataView, at: number, value: number): void => view.setBigUint64(at, BigInt(value), true);

export function takeApart(file: Uint8Array): PerfFile {
  const view = viewOf(file);
  const entry = u64(view, Header.attrEntry);
  const data = { offset: u64(view, Header.dataOffset), size: u64(view, Header.dataSize) };
  const attrs = Array.from({ length: u64(view, Header.attrsSize) / entry }, (_, i) => ({
    offset: u64(view, Header.attrsOffset) + i * entry,
    size: entry,
  }));
  const features = new Map<number, Section>();
  for (let bit = 0, at = data.offset + data.size; bit < 256; bit++) {
    if ((file[Header.bits + (bit >> 3)] & (1 << (bit & 7))) === 0) continue;
    features.set(bit, { offset: u64(view, at), size: u64(view, at + 8) });
    at += 16;
  }
  const records: PerfRecord[] = [];
  for (let at = data.offset; at < data.offset + data.size;) {
    const size = view.getUint16(at + 6, true);
    records.push({ offset: at, size, type: view.getUint32(at, true) });
    at += size;
  }
  return { attrs, data, features, records };
}

/** The same recording with bytes added: `padding` before the data section, `records` at its end. */
export function grown(file: Uint8Array, added: { padding?: number; records?: Uint8Array }): Uint8Array {
  const { data, features } = takeApart(file);
  const { padding = 0, records = new Uint8Array(0) } = added;
  const end = data.offset + data.size;
  const all = Buffer.concat([
    file.subarray(0, data.offset),
    new Uint8Array(padding),
    file.subarray(data.offset, end),
    records,
    file.subarray(end),
  ]);
  const bigger = new Uint8Array(all.buffer, all.byteOffset, all.length).slice();
  const view = viewOf(bigger);
  setU64(view, Header.dataOffset, data.offset + padding);
  setU64(view, Header.dataSize, data.size + records.length);
  let at = end + padding + records.length;
  for (const { offset } of features.values()) {
    setU64(view, at, offset + padding + records.length);
    at += 16;
  }
  return bigger;
}

/** The file with something done to a copy of it. */
export function changed(file: Uint8Array, change: (view: DataView, bytes: Uint8Array) => void): Uint8Array {
  const copy = file.slice();
  change(viewOf(copy), copy);
  return copy;
}

/** PERF_RECORD_SAMPLE. */
export const SAMPLE = 9;

/** Where a record of the fixtures (IDENTIFIER, IP, TID, TIME, CPU, PERIOD, RAW) holds what. */
export const InSample = { id: 8, time: 32, cpu: 40, rawSize: 56, raw: 60 } as const;

/** A PERF_RECORD_LOST with the trailer that records of the fixtures have: TID, TIME, CPU, IDENTIFIER. */
export function lostRecord(lost: number, time: bigint, cpu: number): Uint8Array {
  const record = new Uint8Array(56);
  const view = viewOf(record);
  view.setUint32(0, 2, true);
  view.setUint16(6, record.length, true);
  setU64(view, 16, lost);
  view.setBigUint64(32, time, true);
  view.setUint32(40, cpu, true);
  return record;
}

/** The same recording with the records of its data section in the opposite order. */
export function reversed(file: Uint8Array): Uint8Array {
  const { data, records } = takeApart(file);
  return changed(file, (_view, bytes) => {
    let at = data.offset;
    for (const { offset, size } of [...records].reverse()) {
      bytes.set(file.subarray(offset, offset + size), at);
      at += size;
    }
  });
}
