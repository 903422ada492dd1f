/** Reads a stream of pieces by byte counts, for framing that ends in the middle of a piece. */
export interface Cursor {
  /** Bytes taken so far. */
  readonly consumed: number;
  /** The bytes at hand, not yet taken; fetches a piece if there are none. Empty at the end of the input. */
  peek(): Promise<Uint8Array>;
  /** Takes `n` of the bytes that `peek` showed. */
  take(n: number): void;
  /** Takes exactly `n` bytes; undefined where the input ends before. Meant for headers: copies. */
  exactly(n: number): Promise<Uint8Array | undefined>;
  /** Tells the input that no more of it is wanted. */
  close(): Promise<void>;
}

/** A cursor at the beginning of `input`. */
export function cursorOver(input: AsyncIterable<Uint8Array>): Cursor {
  const pieces = input[Symbol.asyncIterator]();
  let atHand = new Uint8Array(0) as Uint8Array;
  let consumed = 0;

  async function peek(): Promise<Uint8Array> {
    while (atHand.length === 0) {
      const step = await pieces.next();
      if (step.done === true) break;
      atHand = step.value;
    }
    return atHand;
  }
  function take(n: number): void {
    atHand = atHand.subarray(n);
    consumed += n;
  }
  async function exactly(n: number): Promise<Uint8Array | undefined> {
    const found = new Uint8Array(n);
    for (let filled = 0; filled < n;) {
      const some = (await peek()).subarray(0, n - filled);
      if (some.length === 0) return undefined;
      found.set(some, filled);
      take(some.length);
      filled += some.length;
    }
    return found;
  }

  return {
    get consumed() {
      return consumed;
    },
    peek,
    take,
    exactly,
    async close() {
      await pieces.return?.();
    },
  };
}
