/**
 * The frames of an Arrow file, checked before apache-arrow believes them: it makes as many objects as a length in the file
 * says, so a damaged length would cost all memory. Layout: the FlatBuffers of Footer, Schema and Message in Arrow's format.
 */
import type { Bytes } from '../io/bytes.ts';

const TRAILER = 10; // the footer's length, then the magic
const MOST_FRAME = 16 * 1024 * 1024;

/** Sizes of the elements of vectors, in bytes: structs as they are, tables by their offset. */
const BLOCK = 24;
const PAIR = 16;
const OFFSET = 4;
const INT64 = 8;

/** @throws RangeError where a length or place in a frame lies outside of it */
export async function checkFrames(bytes: Bytes): Promise<void> {
  const size = bytes.length!;
  const trailer = await frame(bytes, size - TRAILER, 4);
  const length = trailer.getInt32(0, true);
  const footer = tableAt(await frame(bytes, size - TRAILER - length, length), 0);
  checkSchema(footer.table(1));
  footer.vector(4, OFFSET);
  for (const field of [2, 3])
    for (const at of footer.vector(field, BLOCK)) await checkMessage(bytes, Number(footer.view.getBigInt64(at, true)));
}

function checkSchema(schema: Table | undefined): void {
  if (!schema) return;
  schema.vector(2, OFFSET);
  schema.vector(3, INT64);
  for (const at of schema.vector(1, OFFSET)) {
    const field = tableAt(schema.view, at);
    field.vector(6, OFFSET);
    if (field.vector(5, OFFSET).length > 0) throw new RangeError('a column with columns');
  }
}

async function checkMessage(bytes: Bytes, offset: number): Promise<void> {
  const prefix = await frame(bytes, offset, 8);
  const message = tableAt(await frame(bytes, offset + 8, prefix.getInt32(4, true)), 0);
  const header = message.table(2);
  message.vector(4, OFFSET);
  const DICTIONARY = 2;
  const batch = message.byte(1) === DICTIONARY ? header?.table(1) : header;
  for (const field of [1, 2]) batch?.vector(field, PAIR);
  batch?.vector(4, INT64);
}

async function frame(bytes: Bytes, offset: number, length: number): Promise<DataView> {
  if (length < 0 || length > MOST_FRAME || offset < 0 || offset + length > bytes.length!)
    throw new RangeError('a frame outside the file');
  const data = new Uint8Array(length);
  for (let got = 0; got < length;) {
    const n = await bytes.readAt!(offset + got, data.subarray(got));
    if (n === 0) throw new RangeError('a frame that breaks off');
    got += n;
  }
  return new DataView(data.buffer);
}

interface Table {
  readonly view: DataView;
  byte(field: number): number;
  table(field: number): Table | undefined;
  /** Where each element lies. */
  vector(field: number, elementBytes: number): readonly number[];
}

/** The table whose offset stands at `at`; a DataView throws a RangeError for what lies outside. */
function tableAt(view: DataView, at: number): Table {
  const start = at + view.getUint32(at, true);
  const fields = start - view.getInt32(start, true);
  const count = (view.getUint16(fields, true) - 4) / 2;
  const place = (field: number): number => {
    const offset = field < count ? view.getUint16(fields + 4 + 2 * field, true) : 0;
    return offset === 0 ? 0 : start + offset;
  };
  return {
    view,
    byte: (field) => (place(field) === 0 ? 0 : view.getUint8(place(field))),
    table: (field) => (place(field) === 0 ? undefined : tableAt(view, place(field))),
    vector(field, elementBytes) {
      if (place(field) === 0) return [];
      const begin = place(field) + view.getUint32(place(field), true);
      const length = view.getUint32(begin, true);
      if (begin + 4 + length * elementBytes > view.byteLength) throw new RangeError('a vector longer than its frame');
      return Array.from({ length }, (_, i) => begin + 4 + i * elementBytes);
    },
  };
}
