/**
 * The header of a perf.data file: where the records lie, how each event's samples are laid out, and what the machine said of
 * itself. Layout: linux tools/perf/Documentation/perf.data-file-format.txt, struct perf_event_attr.
 */
import type { Bytes } from '../../../io/bytes.ts';
import { inputError, printable } from '../../../errors.ts';

export const MAGIC = 'PERFILE2';
const MAGIC_SWAPPED = '2ELIFREP';
const MAGIC_V1 = 'PERFFILE';
const HEADER_BYTES = 104;
const PIPE_HEADER_BYTES = 16;
/** Caps on counts in the file, so that a damaged one cannot ask for unbounded memory. */
const MOST_ATTRS = 16_384;
const MOST_IDS = 1_048_576;
const MOST_FEATURE_BYTES = 256 * 1024 * 1024;

/** Feature bits used here. */
export const Feature = {
  tracingData: 1,
  hostname: 3,
  osRelease: 4,
  arch: 6,
  cpuCount: 7,
  cpuDescription: 8,
  cpuId: 9,
  commandLine: 11,
  compressed: 27,
} as const;

/** One recorded event: struct perf_event_attr, as far as it matters, and the ids its samples carry. */
export interface Attr {
  readonly type: number;
  /** For a tracepoint: the id in its format text. */
  readonly config: number;
  readonly sampleType: number;
  readonly readFormat: bigint;
  readonly branchSampleType: bigint;
  readonly sampleIdAll: boolean;
  readonly ids: readonly number[];
}

export interface PerfHeader {
  readonly attrs: readonly Attr[];
  readonly dataOffset: number;
  readonly dataSize: number;
  /** Content of each feature section that could be read, by bit. */
  readonly features: ReadonlyMap<number, Uint8Array>;
  /** First byte that the header points to but the file does not have. */
  readonly tornAt: number | undefined;
}

const RERECORD = 'record it again and let perf finish writing';

/** Reads exactly `length` bytes at `offset`, or fewer where the file ends. */
export async function readBytes(bytes: Bytes, offset: number, length: number): Promise<Uint8Array> {
  const into = new Uint8Array(length);
  let got = 0;
  while (got < length) {
    const n = await bytes.readAt!(offset + got, into.subarray(got));
    if (n === 0) break;
    got += n;
  }
  return into.subarray(0, got);
}

const viewOf = (data: Uint8Array): DataView => new DataView(data.buffer, data.byteOffset, data.byteLength);
const u64 = (view: DataView, at: number): number => Number(view.getBigUint64(at, true));
const latin1 = (data: Uint8Array): string => String.fromCharCode(...data);

/** Opens the header. Throws an input error where the file is not one this reader can read, or is cut inside the header. */
export async function readHeader(bytes: Bytes): Promise<PerfHeader> {
  const head = await readBytes(bytes, 0, HEADER_BYTES);
  const name = printable(bytes.name);
  const magic = latin1(head.subarray(0, 8));
  if (magic === MAGIC_SWAPPED)
    throw inputError(
      'big-endian perf.data is not supported',
      name,
      'convert it to text with perf script on a big-endian host',
    );
  if (magic === MAGIC_V1)
    throw inputError('perf.data of version 1 is not supported', name, 'record it with perf of Linux 2.6.36 or newer');
  if (head.length >= 16 && u64(viewOf(head), 8) === PIPE_HEADER_BYTES)
    throw inputError('perf.data in pipe mode is not supported', name, 'record into a file with perf record -o FILE');
  if (head.length < HEADER_BYTES) throw inputError('perf.data is cut inside its header', name, RERECORD);

  const view = viewOf(head);
  const attrEntry = u64(view, 16);
  const attrs = { offset: u64(view, 24), size: u64(view, 32) };
  const data = { offset: u64(view, 40), size: u64(view, 48) };
  const end = bytes.length ?? Number.MAX_SAFE_INTEGER;
  if (attrEntry < 80 || attrEntry > 4096 || attrs.size / attrEntry > MOST_ATTRS || data.offset > end)
    throw inputError('perf.data has a damaged header', name, RERECORD);
  if (data.size === 0) throw inputError('perf.data was not finished, so it has no event formats', name, RERECORD);

  const features = await readFeatures(bytes, data.offset + data.size, view);
  return {
    attrs: await readAttrs(bytes, attrs, attrEntry, name),
    dataOffset: data.offset,
    dataSize: data.size,
    features: features.sections,
    tornAt: features.tornAt,
  };
}

async function readAttrs(
  bytes: Bytes,
  section: { readonly offset: number; readonly size: number },
  entryBytes: number,
  name: string,
): Promise<readonly Attr[]> {
  const raw = await readBytes(bytes, section.offset, section.size);
  if (raw.length < section.size || raw.length < entryBytes)
    throw inputError('perf.data is cut inside its list of events', name, RERECORD);
  const attrs: Attr[] = [];
  for (let at = 0; at + entryBytes <= raw.length; at += entryBytes) {
    // The entry grows with the kernel's struct; the section of ids is always its last 16 bytes.
    const view = viewOf(raw.subarray(at, at + entryBytes));
    const attrBytes = entryBytes - 16;
    const ids = { offset: u64(view, attrBytes), size: u64(view, attrBytes + 8) };
    if (ids.size > MOST_IDS * 8) throw inputError('perf.data has a damaged list of events', name, RERECORD);
    const idBytes = viewOf(await readBytes(bytes, ids.offset, ids.size));
    const flags = view.getBigUint64(40, true);
    attrs.push({
      type: view.getUint32(0, true),
      config: u64(view, 8),
      sampleType: u64(view, 24),
      readFormat: view.getBigUint64(32, true),
      branchSampleType: attrBytes >= 80 ? view.getBigUint64(72, true) : 0n,
      sampleIdAll: (flags & (1n << 18n)) !== 0n,
      ids: Array.from({ length: Math.floor(idBytes.byteLength / 8) }, (_, i) => u64(idBytes, i * 8)),
    });
  }
  return attrs;
}

/** The table of feature sections follows the data: one `{offset, size}` per set bit, ascending. */
async function readFeatures(
  bytes: Bytes,
  tableOffset: number,
  header: DataView,
): Promise<{ sections: ReadonlyMap<number, Uint8Array>; tornAt: number | undefined }> {
  const bits: number[] = [];
  for (let bit = 0; bit < 256; bit++) if (header.getUint8(72 + (bit >> 3)) & (1 << (bit & 7))) bits.push(bit);
  const table = await readBytes(bytes, tableOffset, bits.length * 16);
  const sections = new Map<number, Uint8Array>();
  let tornAt =
    table.length < bits.length * 16 ? Math.min(tableOffset, bytes.length ?? tableOffset) + table.length : undefined;
  const view = viewOf(table);
  const wanted = new Set<number>(Object.values(Feature));
  for (let i = 0; (i + 1) * 16 <= table.length; i++) {
    const offset = u64(view, i * 16);
    const size = u64(view, i * 16 + 8);
    const missing = bytes.length !== undefined && offset + size > bytes.length;
    if (missing) tornAt = Math.min(tornAt ?? Infinity, bytes.length);
    if (missing || size > MOST_FEATURE_BYTES || !wanted.has(bits[i])) continue;
    const content = await readBytes(bytes, offset, size);
    if (content.length === size) sections.set(bits[i], content);
    else tornAt = Math.min(tornAt ?? Infinity, offset + content.length);
  }
  return { sections, tornAt };
}

/** A feature that holds one string: `u32 length`, then text padded with NULs. */
export function featureText(section: Uint8Array | undefined): string | undefined {
  if (!section || section.length < 4) return undefined;
  return cString(section.subarray(4, 4 + viewOf(section).getUint32(0, true)));
}

/** A feature that holds a list of strings: `u32 count`, then strings as in {@link featureText}. */
export function featureTexts(section: Uint8Array | undefined): readonly string[] {
  if (!section || section.length < 4) return [];
  const view = viewOf(section);
  const texts: string[] = [];
  let at = 4;
  for (let n = view.getUint32(0, true); n > 0 && at + 4 <= section.length; n--) {
    const length = view.getUint32(at, true);
    texts.push(cString(section.subarray(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  return texts;
}

const utf8 = new TextDecoder();
/** Text up to the first NUL. */
export function cString(data: Uint8Array): string {
  const nul = data.indexOf(0);
  return utf8.decode(nul < 0 ? data : data.subarray(0, nul));
}
