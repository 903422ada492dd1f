/** Tables as another program reads them. */
import { readFileSync } from 'node:fs';
import pl from 'nodejs-polars';

export type Row = Readonly<Record<string, string | number | boolean | null>>;

export interface ReadTable {
  /** Column names with polars' name for their types, in order. */
  readonly columns: readonly (readonly [name: string, type: string])[];
  readonly rows: readonly Row[];
}

export function readTable(path: string): ReadTable {
  const frame = pl.readIPC(readFileSync(path));
  return {
    columns: Object.entries(frame.schema as Record<string, { readonly variant: string }>).map(([name, type]) => [
      name,
      type.variant,
    ]),
    rows: frame.toRecords() as Row[],
  };
}
