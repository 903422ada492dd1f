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

/** The same recording with structs of events that are `size` bytes long: cut off, or with bytes behind that mean nothing here. */
export function withAttrsOf(file: Uint8Array, size: number): Uint8Array {
  const { attrs } = takeApart(file);
  const entries = attrs.map(({ offset, size: entry }) => {
    const attr = new Uint8Array(size + 16).fill(0xee);
    attr.set(file.subarray(offset, offset + Math.min(entry - 16, size)));
    attr.set(file.subarray(offset + entry - 16, offset + entry), size);
    viewOf(attr).setUint32(4, size, true);
    return attr;
  });
  const all = new Uint8Array(Buffer.concat([file, ...entries]));
  const changedView = viewOf(all);
  setU64(changedView, Header.attrEntry, size + 16);
  setU64(changedView, Header.attrsOffset, file.length);
  setU64(changedView, Header.attrsSize, (size + 16) * attrs.length);
  return all;
}

/** PERF_RECORD_COMPRESSED and PERF_RECORD_COMPRESSED2. */
const [COMPRESSED, COMPRESSED_2] = [81, 83];

/** The same recording as perf of Linux 6.16 and newer compresses it: the length stands before the bytes, which are padded. */
export function withAlignedCompression(file: Uint8Array): Uint8Array {
  const { data, records } = takeApart(file);
  const pieces = records.map(({ offset, size, type }) => {
    const record = file.subarray(offset, offset + size);
    if (type !== COMPRESSED) return record;
    const inside = record.subarray(8);
    const padded = new Uint8Array(8 * Math.ceil((16 + inside.length) / 8)).fill(0xee);
    const view = viewOf(padded);
    view.setUint32(0, COMPRESSED_2, true);
    view.setUint16(4, 0, true);
    view.setUint16(6, padded.length, true);
    setU64(view, 8, inside.length);
    padded.set(inside, 16);
    return padded;
  });
  return withData(file, data, Buffer.concat(pieces));
}

/** The file with other content of its data section, and its features behind it. */
export function withData(file: Uint8Array, data: Section, content: Uint8Array): Uint8Array {
  const { features } = takeApart(file);
  const end = data.offset + data.size;
  const moved = content.length - data.size;
  const all = new Uint8Array(Buffer.concat([file.subarray(0, data.offset), content, file.subarray(end)]));
  const view = viewOf(all);
  setU64(view, Header.dataSize, content.length);
  let at = end + moved;
  for (const { offset } of features.values()) {
    setU64(view, at, offset + moved);
    at += 16;
  }
  return all;
}

/** The same recording without ids in its samples, as the first kernels with tracepoints wrote it: of events that are all alike. */
export function withoutIds(file: Uint8Array): Uint8Array {
  const { attrs, data, records } = takeApart(file);
  const [ID, IDENTIFIER] = [1n << 6n, 1n << 16n];
  const type = viewOf(file).getBigUint64(attrs[0].offset + 24, true);
  /** IP, TID, TIME, ADDR stand before the id. */
  const place = (type & IDENTIFIER) !== 0n ? 8 : 8 + 8 * [0n, 1n, 2n, 3n].filter((bit) => (type >> bit) & 1n).length;
  /** In other records the id is the last, or has CPU and STREAM_ID behind it. */
  const back = (type & IDENTIFIER) !== 0n ? 8 : 8 + 8 * [7n, 9n].filter((bit) => (type >> bit) & 1n).length;
  const pieces = records.map(({ offset, size, type: kind }) => {
    const record = Buffer.from(file.subarray(offset, offset + size));
    if (kind >= 64) return record;
    const at = kind === SAMPLE ? place : size - back;
    const less = Buffer.concat([record.subarray(0, at), record.subarray(at + 8)]);
    less.writeUInt16LE(less.length, 6);
    return less;
  });
  return changed(withData(file, data, Buffer.concat(pieces)), (view) => {
    for (const { offset } of attrs)
      view.setBigUint64(offset + 24, view.getBigUint64(offset + 24, true) & ~ID & ~IDENTIFIER, true);
  });
}
