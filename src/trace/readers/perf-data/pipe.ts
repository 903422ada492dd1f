/** The header of a recording that perf wrote into a pipe: records at its beginning tell what the header of a file does. */
import type { Bytes } from '../../../io/bytes.ts';
import { inputError, printable } from '../../../errors.ts';
import { LEAST_ATTR, MOST_ATTRS, parseAttr, parseIds, u64, type Attr } from './attrs.ts';
import { Feature, WANTED_FEATURES } from './features.ts';
import type { PerfHeader } from './description.ts';
import { isData, Record, RECORD_HEADER } from './layout.ts';
import { readBytes, walkerOf } from './sections.ts';

/**
 * Reads up to the first sample: perf tells all before it.
 *
 * @param offset - of the first record
 */
export async function readPipe(bytes: Bytes, offset: number, little: boolean): Promise<PerfHeader> {
  const section = { offset, size: (bytes.length ?? Number.MAX_SAFE_INTEGER) - offset };
  const attrs: Attr[] = [];
  const features = new Map<number, Uint8Array>();
  let formats: { offset: number; size: number } | undefined;
  await walkerOf(bytes, section, little).walk((view, at, type, size, byte) => {
    if (isData(type)) return false;
    const record = new Uint8Array(view.buffer, view.byteOffset + at, size);
    if (type === Record.headerAttr && attrs.length < MOST_ATTRS) {
      const attr = attrOf(record, little);
      if (attr) attrs.push(attr);
    } else if (type === Record.headerFeature && size >= 16) {
      const bit = u64(view, at + 8, little);
      if (WANTED_FEATURES.has(bit)) features.set(bit, record.slice(16));
    } else if (type === Record.tracingData && size >= 12)
      formats ??= { offset: byte + size, size: view.getUint32(at + 8, little) };
    return true;
  });
  const name = printable(bytes.name);
  if (attrs.length === 0) throw inputError('perf.data is cut inside its header', name, 'copy or record it again');
  let tornAt: number | undefined;
  if (formats) {
    const content = await readBytes(bytes, formats.offset, formats.size);
    if (content.length === formats.size) features.set(Feature.tracingData, content);
    else tornAt = formats.offset + content.length;
  }
  return { little, attrs, sections: [section], features, tornAt, finished: true };
}

/** HEADER_ATTR: the struct, as long as it says, then ids up to the record's end. */
function attrOf(record: Uint8Array, little: boolean): Attr | undefined {
  if (record.length < RECORD_HEADER + LEAST_ATTR) return undefined;
  const body = record.subarray(RECORD_HEADER);
  const told = new DataView(body.buffer, body.byteOffset).getUint32(4, little);
  // The first kernels left the size at 0.
  const size = told === 0 ? LEAST_ATTR : told;
  if (size < LEAST_ATTR || size > body.length) return undefined;
  return parseAttr(body.subarray(0, size), little, parseIds(body.subarray(size), little));
}
