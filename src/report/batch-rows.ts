/** Rows of a table that is written in batches: one set of columns, used again for each batch. */
const ROWS_PER_BATCH = 65_536;

export class BatchRows {
  #length = 0;
  /** The columns were handed out and start anew with the next row. */
  #taken = false;
  readonly #ints: ReadonlyMap<string, Int32Array>;
  readonly #floats: ReadonlyMap<string, Float64Array>;

  constructor(ints: readonly string[], floats: readonly string[]) {
    this.#ints = new Map(ints.map((name) => [name, new Int32Array(ROWS_PER_BATCH)]));
    this.#floats = new Map(floats.map((name) => [name, new Float64Array(ROWS_PER_BATCH)]));
  }

  /** No row can be added before the columns were taken. */
  get full(): boolean {
    return !this.#taken && this.#length === ROWS_PER_BATCH;
  }

  /** Values in the order of the names. */
  add(ints: readonly number[], floats: readonly number[]): void {
    if (this.#taken) this.#length = 0;
    this.#taken = false;
    let i = 0;
    for (const column of this.#ints.values()) column[this.#length] = ints[i++];
    i = 0;
    for (const column of this.#floats.values()) column[this.#length] = floats[i++];
    this.#length++;
  }

  ints(name: string): Int32Array {
    this.#taken = true;
    return this.#ints.get(name)!.subarray(0, this.#length);
  }

  floats(name: string): Float64Array {
    this.#taken = true;
    return this.#floats.get(name)!.subarray(0, this.#length);
  }
}
