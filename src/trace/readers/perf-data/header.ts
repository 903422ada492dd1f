/**
 * The header of a perf.data file: where the records lie, how each event's samples are laid out, and what the machine said of
 * itself. A pipe has it in records ({@link readPipe}). Layout: linux tools/perf/Documentation/perf.data-file-format.txt.
 */
import type { Bytes } from '../../../io/bytes.ts';
import { inputError, printable } from '../../../errors.ts';
import { LEAST_ATTR, MOST_ATTRS, MOST_IDS, parseAttr, parseIds, u64, viewOf, type Attr } from './attrs.ts';
import type { PerfHeader } from './description.ts';
import { WANTED_FEATURES, type Features } from './features.ts';
import { readPipe } from './pipe.ts';
import { readBytes, type Section } from './sections.ts';

const MAGIC = 'PERFILE2';
const MAGIC_SWAPPED = '2ELIFREP';
const MAGIC_V1 = 'PERFFILE';
const HEADER_BYTES = 104;
const PIPE_HEADER_BYTES = 16;
const MOST_FEATURE_BYTES = 256 * 1024 * 1024;

const RERECORD = 'record it again and let perf finish writing';

const latin1 = (data: Uint8Array): string => String.fromCharCode(...data);

/** Whether the first bytes are those of a perf.data of any kind. */
export function isPerfData(head: Uint8Array): boolean {
  return [MAGIC, MAGIC_SWAPPED, MAGIC_V1].includes(latin1(head.subarray(0, 8)));
}

/** Opens the header. Throws an input error where the file is not one this reader can read, or is cut inside the header. */
export async function readHeader(bytes: Bytes): Promise<PerfHeader> {
  const head = await readBytes(bytes, 0, HEADER_BYTES);
  const name = printable(bytes.name);
  const magic = latin1(head.subarray(0, 8));
  const little = magic !== MAGIC_SWAPPED;
  if (magic === MAGIC_V1)
    throw inputError('perf.data of version 1 is not supported', name, 'record it with perf of Linux 2.6.36 or newer');
  if (head.length >= PIPE_HEADER_BYTES && u64(viewOf(head), 8, little) === PIPE_HEADER_BYTES)
    return readPipe(bytes, PIPE_HEADER_BYTES, little);
  if (head.length < HEADER_BYTES) throw inputError('perf.data is cut inside its header', name, RERECORD);

  const view = viewOf(head);
  const attrEntry = u64(view, 16, little);
  const attrs = { offset: u64(view, 24, little), size: u64(view, 32, little) };
  const data = { offset: u64(view, 40, little), size: u64(view, 48, little) };
  const [first, ...others] = bytes.parts ?? [{ offset: 0, size: bytes.length ?? Number.MAX_SAFE_INTEGER }];
  const end = first.size;
  if (attrEntry < LEAST_ATTR + 16 || attrEntry > 4096 || attrs.size / attrEntry > MOST_ATTRS || data.offset > end)
    throw inputError('perf.data has a damaged header', name, RERECORD);
  // perf fills in the size, and adds the features, when it ends.
  const finished = data.size > 0;
  const size = finished ? data.size : end - data.offset;
  const { features, tornAt } = finished
    ? await readFeatures(bytes, data.offset + data.size, end, head, little)
    : { features: new Map<number, Uint8Array>(), tornAt: undefined };
  return {
    little,
    attrs: await readAttrs(bytes, attrs, attrEntry, little, name),
    sections: [{ offset: data.offset, size }, ...others],
    features,
    tornAt,
    finished,
  };
}

async function readAttrs(
  bytes: Bytes,
  section: Section,
  entryBytes: number,
  little: boolean,
  name: string,
): Promise<readonly Attr[]> {
  const raw = await readBytes(bytes, section.offset, section.size);
  if (raw.length < section.size || raw.length < entryBytes)
    throw inputError('perf.data is cut inside its list of events', name, RERECORD);
  const attrs: Attr[] = [];
  for (let at = 0; at + entryBytes <= raw.length; at += entryBytes) {
    // The entry grows with the kernel's struct; the section of ids is always its last 16 bytes.
    const entry = raw.subarray(at, at + entryBytes);
    const view = viewOf(entry);
    const ids = { offset: u64(view, entryBytes - 16, little), size: u64(view, entryBytes - 8, little) };
    if (ids.size > MOST_IDS * 8) throw inputError('perf.data has a damaged list of events', name, RERECORD);
    attrs.push(parseAttr(entry, little, parseIds(await readBytes(bytes, ids.offset, ids.size), little)));
  }
  return attrs;
}

/** The table of feature sections follows the data: one `{offset, size}` per set bit, ascending. */
async function readFeatures(
  bytes: Bytes,
  tableOffset: number,
  end: number,
  head: Uint8Array,
  little: boolean,
): Promise<{ features: Features; tornAt: number | undefined }> {
  // The bits are a bitmap of longs: on a big-endian machine the lowest byte of each stands last.
  const has = (bit: number): boolean => ((head[72 + ((bit >> 3) ^ (little ? 0 : 7))] >> (bit & 7)) & 1) === 1;
  const bits = Array.from({ length: 256 }, (_, bit) => bit).filter(has);
  const table = await readBytes(bytes, tableOffset, bits.length * 16);
  const features = new Map<number, Uint8Array>();
  let tornAt = table.length < bits.length * 16 ? Math.min(tableOffset, end) + table.length : undefined;
  const view = viewOf(table);
  for (let i = 0; (i + 1) * 16 <= table.length; i++) {
    const offset = u64(view, i * 16, little);
    const size = u64(view, i * 16 + 8, little);
    const missing = offset + size > end;
    if (missing) tornAt = Math.min(tornAt ?? Infinity, end);
    if (missing || size > MOST_FEATURE_BYTES || !WANTED_FEATURES.has(bits[i])) continue;
    const content = await readBytes(bytes, offset, size);
    if (content.length === size) features.set(bits[i], content);
    else tornAt = Math.min(tornAt ?? Infinity, offset + content.length);
  }
  return { features, tornAt };
}
