/** The first line of a CSV: which column is where. */
import { inputError, printable } from '../../../errors.ts';
import { REQUIRED, type Column } from './columns.ts';
import { cellsOf } from './rows.ts';

export interface Header {
  /** In the order of the file; undefined: one that is not known. */
  readonly columns: readonly (Column | undefined)[];
  readonly unknown: number;
}

const WHAT_TO_DO = 'name the columns in the first line as docs/formats.md says, such as timeNs,cpu,tid,pid,kind,nr';
const BOM = [0xef, 0xbb, 0xbf];

export const withoutBom = (data: Uint8Array): Uint8Array =>
  BOM.every((byte, i) => data[i] === byte) ? data.subarray(BOM.length) : data;

/** Names of the cells of a first line; undefined where it is none. */
export const namesOf = (line: Uint8Array): readonly string[] | undefined =>
  cellsOf(withoutBom(line))?.map((name) => name.trim());

/** @throws an input error where a column that is needed is missing, or one is there twice */
export function headerOf(line: Uint8Array, known: ReadonlyMap<string, Column>, where: string): Header {
  const names = namesOf(line) ?? [];
  const missing = REQUIRED.find((name) => !names.includes(name));
  if (missing !== undefined) throw inputError(`CSV without the column ${missing}`, where, WHAT_TO_DO);
  const twice = names.find((name, i) => known.has(name) && names.indexOf(name) !== i);
  if (twice !== undefined) throw inputError(`CSV with two columns ${printable(twice)}`, where, WHAT_TO_DO);
  const columns = names.map((name) => known.get(name));
  return { columns, unknown: columns.filter((column) => column === undefined).length };
}
