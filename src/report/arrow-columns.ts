/** Columns of a table that was read back. What a damaged file may hold is refused with a RangeError. */
import type { RecordBatch } from 'apache-arrow';

type Values = Int32Array | BigInt64Array | Float64Array;

/** The numbers of a column; they are the batch's own. */
export function numbersOf<T extends Values>(rows: RecordBatch, name: string, type: new (length: number) => T): T {
  const values: unknown = rows.getChild(name)?.data[0]?.values;
  if (!(values instanceof type) || values.length < rows.numRows) throw new RangeError(`no good column ${name}`);
  return values;
}

/** The texts of a column, by row; each text of its dictionary is read once. */
export function textsOf(rows: RecordBatch, name: string): (row: number) => string {
  const keys = numbersOf(rows, name, Int32Array);
  const dictionary = rows.getChild(name)?.data[0]?.dictionary;
  const known: string[] = [];
  const read = (key: number): string => {
    const text: unknown = dictionary?.get(key);
    if (typeof text !== 'string') throw new RangeError(`no text ${key} in column ${name}`);
    return text;
  };
  return (row) => (known[keys[row]] ??= read(keys[row]));
}

/** Any value of a column, where there are few. */
export function valueOf(rows: RecordBatch, name: string, row: number): unknown {
  const value: unknown = rows.getChild(name)?.get(row);
  return typeof value === 'bigint' ? Number(value) : value;
}
