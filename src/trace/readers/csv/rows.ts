/**
 * From a record to a row. Cells without quotes inside, between quotes or not, are read where they lie: the library takes tens of microseconds a
 * record, a hundred times as long. A record that needs more, with doubled quotes or misplaced ones, goes through the library.
 */
import { parse } from 'csv-parse/browser/esm/sync';
import type { EventBatch } from '../../event.ts';
import { storeNumber, type Column, type RowState } from './columns.ts';
import type { RecordSplitter } from './splitter.ts';

const [QUOTE, COMMA, DASH] = [34, 44, 45];

/** What came of a record. */
export const Filled = {
  row: 0,
  /** A cell does not hold what its column says, or a required one is empty. */
  damaged: 1,
  /** More or fewer cells than the header has. */
  otherLength: 2,
} as const;
export type Filled = (typeof Filled)[keyof typeof Filled];

/** The record is not as simple as most. */
const HARD = -1;

/** The cells of one record; undefined where its quotes break the rules of RFC 4180. */
export function cellsOf(record: Uint8Array): readonly string[] | undefined {
  try {
    return parse(record, { relax_column_count: true, record_delimiter: ['\r\n', '\n'] })[0];
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}

export class RowFiller {
  readonly #encoder = new TextEncoder();

  /**
   * @param columns - in the order of the header; undefined: one that is not known
   * @param state - that the columns were made with
   */
  constructor(
    private readonly columns: readonly (Column | undefined)[],
    private readonly state: RowState,
  ) {}

  /** Fills a row, empty so far, from the current record. */
  fill(record: RecordSplitter, batch: EventBatch, row: number): Filled {
    const { data, from, to, quoted } = record;
    const filled = this.#simple(data, from, to, quoted, batch, row);
    return filled === HARD ? this.#hard(data.subarray(from, to), batch, row) : filled;
  }

  #hard(record: Uint8Array, batch: EventBatch, row: number): Filled {
    const cells = cellsOf(record);
    if (!cells) return Filled.damaged;
    if (cells.length !== this.columns.length) return Filled.otherLength;
    for (const [i, text] of cells.entries()) {
      const bytes = this.#encoder.encode(text);
      if (!put(this.columns[i], bytes, 0, bytes.length, batch, row)) return Filled.damaged;
    }
    return Filled.row;
  }

  /** @param quoted - whether there are quotes in the record at all */
  #simple(
    data: Uint8Array,
    from: number,
    to: number,
    quoted: boolean,
    batch: EventBatch,
    row: number,
  ): Filled | typeof HARD {
    let at = from;
    for (const column of this.columns) {
      if (at > to) return Filled.otherLength;
      let end = at;
      if (quoted && data[at] === QUOTE) {
        end = data.indexOf(QUOTE, at + 1);
        if (end < 0 || end >= to || (end + 1 < to && data[end + 1] !== COMMA)) return HARD;
        if (!put(column, data, at + 1, end, batch, row)) return Filled.damaged;
        at = end + 2;
        continue;
      }
      if (column?.number !== undefined) {
        // Numbers are read while the comma is looked for.
        if (data[at] === DASH) end++;
        const first = end;
        let value = 0;
        for (; end < to; end++) {
          const digit = data[end] - 48;
          if (digit < 0 || digit > 9) break;
          value = value * 10 + digit;
        }
        if (end > first && (end === to || data[end] === COMMA) && value <= Number.MAX_SAFE_INTEGER) {
          if (!storeNumber(column.number, first > at ? -value : value, batch, row, this.state)) return Filled.damaged;
          at = end + 1;
          continue;
        }
      }
      while (end < to && data[end] !== COMMA) if (data[end++] === QUOTE) return HARD;
      if (!put(column, data, at, end, batch, row)) return Filled.damaged;
      at = end + 1;
    }
    return at === to + 1 ? Filled.row : Filled.otherLength;
  }
}

const put = (
  column: Column | undefined,
  data: Uint8Array,
  from: number,
  to: number,
  batch: EventBatch,
  row: number,
): boolean => column === undefined || (to === from ? !column.required : column.put(data, from, to, batch, row));
