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
  Schema,
  Struct,
  Table,
  tableToIPC,
  Utf8,
  vectorFromArray,
  type Data,
  type DataType,
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

/** The bytes of an Arrow file of these columns. Uncompressed: apache-arrow's compressed files are not valid for other readers. */
export function tableBytes(schema: string, version: number, columns: readonly Column[]): Uint8Array {
  const fields = columns.map(({ name, type }) => new Field(name, type, true));
  const arrowSchema = new Schema(
    fields,
    new Map([
      ['schema', schema],
      ['version', String(version)],
    ]),
  );
  const length = columns[0]?.data.length ?? 0;
  const data = makeData({ type: new Struct(fields), length, nullCount: 0, children: columns.map((each) => each.data) });
  return tableToIPC(new Table([new RecordBatch(arrowSchema, data)]), 'file');
}

function column(name: string, type: DataType, data: ArrayBufferView, values: Values<unknown>): Column {
  const { nullCount, nullBitmap } = nullsOf(values);
  return {
    name,
    type,
    data: makeData({ type, length: values.length, nullCount, nullBitmap, data } as Parameters<typeof makeData>[0]),
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
