/** Columns and tables of a result, as Arrow: one short function a type, so that a table reads as its list of columns. */
import {
  Bool,
  Dictionary,
  Field,
  Float64,
  Int32,
  Int64,
  makeData,
  RecordBatch,
  RecordBatchFileWriter,
  Schema,
  Struct,
  Utf8,
  vectorFromArray,
  type Data,
  type DataType,
  type Vector,
} from 'apache-arrow';

/** One column: undefined is null. */
export interface Column {
  readonly name: string;
  readonly type: DataType;
  readonly data: Data;
}

export type Values<T> = readonly (T | undefined)[];

/** Counts and nanoseconds. */
export function int64(name: string, values: Values<number>): Column {
  const data = new BigInt64Array(values.length);
  values.forEach((value, i) => (data[i] = BigInt(value ?? 0)));
  return column(name, new Int64(), data, values);
}

/** Ids. */
export function int32(name: string, values: Values<number>): Column {
  return column(
    name,
    new Int32(),
    Int32Array.from(values, (value) => value ?? 0),
    values,
  );
}

/** Cycles, shares, clocks. */
export function float64(name: string, values: Values<number>): Column {
  return column(
    name,
    new Float64(),
    Float64Array.from(values, (value) => value ?? 0),
    values,
  );
}

export function bool(name: string, values: Values<boolean>): Column {
  return column(
    name,
    new Bool(),
    bitsOf(values, (value) => value === true),
    values,
  );
}

/** Text through a dictionary of its own, in the order of first use; `id` is unique in the table. */
export function text(name: string, values: Values<string>, id: number): Column {
  const ids = new Map<string, number>();
  const keys = Int32Array.from(values, (value = '') => {
    let key = ids.get(value);
    if (key === undefined) ids.set(value, (key = ids.size));
    return key;
  });
  const type = new Dictionary(new Utf8(), new Int32(), id);
  // An empty dictionary has no data for a reader to find.
  const dictionary = vectorFromArray(ids.size > 0 ? [...ids.keys()] : [''], new Utf8());
  const { nullCount, nullBitmap } = nullsOf(values);
  return { name, type, data: makeData({ type, length: values.length, nullCount, nullBitmap, data: keys, dictionary }) };
}

/** Text of a table that is written in batches: keys into a dictionary that all batches share. */
export function keyed(name: string, keys: Int32Array, words: Dictionary32): Column {
  const data = makeData({ type: words.type, length: keys.length, nullCount: 0, data: keys, dictionary: words.vector });
  return { name, type: words.type, data };
}

export interface Dictionary32 {
  readonly type: Dictionary<Utf8, Int32>;
  readonly vector: Vector<Utf8>;
}

/** @param id - unique in the table */
export const dictionaryOf = (words: readonly string[], id: number): Dictionary32 => ({
  type: new Dictionary(new Utf8(), new Int32(), id),
  // An empty dictionary has no data for a reader to find.
  vector: vectorFromArray(words.length > 0 ? words : [''], new Utf8()),
});

/** Counts and ids of a table that is written in batches. */
export const int32s = (name: string, data: Int32Array): Column => column(name, new Int32(), data, NONE_MISSING);
/** Cycles; what is not a number is missing. */
export const float64s = (name: string, data: Float64Array): Column =>
  data.some(Number.isNaN)
    ? float64(
        name,
        Array.from(data, (value) => (Number.isNaN(value) ? undefined : value)),
      )
    : column(name, new Float64(), data, NONE_MISSING);
export const int64s = (name: string, data: Float64Array): Column =>
  column(name, new Int64(), BigInt64Array.from(data, BigInt), NONE_MISSING);

const NONE_MISSING: Values<unknown> = [];

/**
 * Writes an Arrow file. Uncompressed: apache-arrow's compressed files are not valid for other readers.
 *
 * @param batches - at least one; all with the same columns and dictionaries
 * @param write - takes the bytes in order; they are its own
 */
export function writeTable(
  schema: string,
  version: number,
  batches: Iterable<readonly Column[]>,
  write: (chunk: Uint8Array) => void,
): void {
  const writer = new StreamedFileWriter(write);
  let arrowSchema: Schema | undefined;
  for (const columns of batches) {
    if (!arrowSchema) {
      const fields = columns.map(({ name, type }) => new Field(name, type, true));
      const metadata = new Map([
        ['schema', schema],
        ['version', String(version)],
      ]);
      arrowSchema = new Schema(fields, metadata);
      writer.reset(undefined, arrowSchema);
    }
    const length = columns[0]?.data.length ?? 0;
    const type = new Struct(arrowSchema.fields);
    const data = makeData({ type, length, nullCount: 0, children: columns.map((each) => each.data) });
    writer.write(new RecordBatch(arrowSchema, data));
  }
  writer.finish();
}

/** apache-arrow's writer keeps a whole file in memory; this one passes its bytes on. */
class StreamedFileWriter extends RecordBatchFileWriter {
  readonly #out: (chunk: Uint8Array) => void;

  constructor(out: (chunk: Uint8Array) => void) {
    super();
    this.#out = out;
  }

  protected override _write(chunk: ArrayBufferView | Uint8Array): this {
    const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (this._started && bytes.length > 0) {
      this.#out(bytes);
      this._position += bytes.length;
    }
    return this;
  }
}

function column(name: string, type: DataType, data: ArrayBufferView, values: Values<unknown>): Column {
  const { nullCount, nullBitmap } = nullsOf(values);
  // A column of bits has more of them than rows.
  const length = values === NONE_MISSING ? (data as Int32Array).length : values.length;
  return {
    name,
    type,
    data: makeData({ type, length, nullCount, nullBitmap, data } as Parameters<typeof makeData>[0]),
  };
}

function nullsOf(values: Values<unknown>): { nullCount: number; nullBitmap: Uint8Array | undefined } {
  let nullCount = 0;
  for (const value of values) if (value === undefined) nullCount++;
  return { nullCount, nullBitmap: nullCount > 0 ? bitsOf(values, (value) => value !== undefined) : undefined };
}

function bitsOf<T>(values: Values<T>, isSet: (value: T | undefined) => boolean): Uint8Array {
  const bits = new Uint8Array(Math.ceil(values.length / 64) * 8);
  values.forEach((value, i) => {
    if (isSet(value)) bits[i >> 3] |= 1 << (i & 7);
  });
  return bits;
}
