/** Records of a CSV, whatever the chunks it comes in: a line break inside quotes is part of a cell. Bounded memory. */
import { MOST_LINE_BYTES } from '../../text/lines.ts';

const [NEWLINE, RETURN, QUOTE] = [10, 13, 34];

/** One record a time: ask {@link next}, and {@link feed} it where it has no more. */
export class RecordSplitter {
  /** The current record, without its line end: bytes {@link from} to {@link to}; valid until the next call. */
  data: Uint8Array = new Uint8Array(0);
  from = 0;
  to = 0;
  /** Its first byte in the source. */
  place = 0;
  /** Whether there are quotes in it. */
  quoted = false;
  /** Whether it is the last and ends inside quotes. */
  unclosed = false;

  #chunk: Uint8Array = new Uint8Array(0);
  /** Where the next record begins in the chunk, and what of it was looked at. */
  #start = 0;
  #seen = 0;
  /** The next quote of the chunk, its length where there is none. */
  #nextQuote = 0;
  /** Whether the unfinished record is inside quotes. */
  #open = false;
  #hasQuotes = false;
  /** Place of the chunk's first byte. */
  #base = 0;
  /** What earlier chunks had of the unfinished record. */
  #kept: Uint8Array = new Uint8Array(4096);
  #keptLength = 0;
  /** Of a current record that began in an earlier chunk: where in it, and in the chunk, this chunk's part begins. */
  #joinedAt = 0;
  #joinedFrom = 0;
  /** Inside a record that is too long. */
  #dropping = false;

  /** @param onLong - called with the place of each record longer than {@link MOST_LINE_BYTES} */
  constructor(private readonly onLong: (place: number) => void) {}

  /** The next chunk of the source; only where {@link next} said that there is no more. */
  feed(chunk: Uint8Array): void {
    this.#base += this.#chunk.length;
    this.#use(chunk);
  }

  /** False where the record that begins is not whole: feed more, or it is the {@link last}. */
  next(): boolean {
    for (;;) {
      const end = this.#chunk.indexOf(NEWLINE, this.#seen);
      this.#countQuotes(end < 0 ? this.#chunk.length : end);
      if (end < 0) {
        this.#seen = this.#chunk.length;
        if (!this.#keep()) return false;
        continue;
      }
      this.#seen = end + 1;
      if (this.#dropping) {
        this.#begin(end + 1);
        continue;
      }
      if (this.#open) continue;
      this.#pass(this.#start, end);
      this.#begin(end + 1);
      if (this.to - this.from <= MOST_LINE_BYTES) return true;
      this.onLong(this.place);
      this.splitAgain();
    }
  }

  /** What is left at the end of the source, as the current record; false where there is nothing. */
  last(): boolean {
    if (this.#keptLength === 0) return false;
    this.#pass(this.#chunk.length, this.#chunk.length);
    this.unclosed = this.#open;
    this.#begin(this.#chunk.length);
    return true;
  }

  /**
   * Where the current record holds more than one line, and a quote that should not be there may have joined them: takes all but the
   * first as not read yet.
   */
  splitAgain(): void {
    const first = this.data.indexOf(NEWLINE, this.from);
    if (first < 0 || first >= this.to) return;
    if (this.data === this.#chunk) this.#goOnAt(first + 1);
    // The last bytes of such a record are in the chunk.
    else if (first >= this.#joinedAt) this.#goOnAt(this.#joinedFrom + first - this.#joinedAt + 1);
    else this.#prepend(this.data.subarray(first + 1, this.#joinedAt), this.#joinedFrom);
  }

  #use(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#start = 0;
    this.#seen = 0;
    this.#findQuote();
  }

  #findQuote(): void {
    const found = this.#chunk.indexOf(QUOTE, this.#seen);
    this.#nextQuote = found < 0 ? this.#chunk.length : found;
  }

  #countQuotes(until: number): void {
    const chunk = this.#chunk;
    if (this.#nextQuote >= until) return;
    let at = this.#nextQuote;
    for (; at < until; at++) if (chunk[at] === QUOTE) this.#open = !this.#open;
    this.#hasQuotes = true;
    const found = chunk.indexOf(QUOTE, until);
    this.#nextQuote = found < 0 ? chunk.length : found;
  }

  #begin(start: number): void {
    this.#start = start;
    this.#open = false;
    this.#hasQuotes = false;
    this.#dropping = false;
    this.#keptLength = 0;
  }

  #pass(start: number, end: number): void {
    this.place = this.#base + start - this.#keptLength;
    this.quoted = this.#hasQuotes;
    if (this.#keptLength === 0) {
      this.data = this.#chunk;
      this.from = start;
      this.to = end;
    } else {
      this.#joinedAt = this.#keptLength;
      this.#joinedFrom = start;
      this.#append(this.#chunk.subarray(start, end));
      this.data = this.#kept;
      this.from = 0;
      this.to = this.#keptLength;
    }
    if (this.to > this.from && this.data[this.to - 1] === RETURN) this.to--;
  }

  /** Keeps the unfinished record for the next chunk; true where it is too long, and reading goes on behind its first line. */
  #keep(): boolean {
    if (this.#dropping) return false;
    const more = this.#chunk.subarray(this.#start);
    if (this.#keptLength + more.length <= MOST_LINE_BYTES) {
      this.#append(more);
      this.#start = this.#chunk.length;
      return false;
    }
    this.onLong(this.#base + this.#start - this.#keptLength);
    const kept = this.#kept.subarray(0, this.#keptLength);
    const inKept = kept.indexOf(NEWLINE);
    if (inKept >= 0) {
      this.#prepend(kept.subarray(inKept + 1), this.#start);
      return true;
    }
    const inChunk = more.indexOf(NEWLINE);
    if (inChunk >= 0) {
      this.#goOnAt(this.#start + inChunk + 1);
      return true;
    }
    this.#dropping = true;
    this.#keptLength = 0;
    return false;
  }

  #goOnAt(start: number): void {
    this.#begin(start);
    this.#seen = start;
    this.#findQuote();
  }

  /** Goes on with `bytes`, which stand in the source before place `from` of the chunk, and what follows there. */
  #prepend(bytes: Uint8Array, from: number): void {
    const rest = this.#chunk.subarray(from);
    const joined = new Uint8Array(bytes.length + rest.length);
    joined.set(bytes);
    joined.set(rest, bytes.length);
    this.#base += from - bytes.length;
    this.#begin(0);
    this.#use(joined);
  }

  #append(more: Uint8Array): void {
    const length = this.#keptLength + more.length;
    if (length > this.#kept.length) {
      const wider = new Uint8Array(Math.max(this.#kept.length * 2, length));
      wider.set(this.#kept.subarray(0, this.#keptLength));
      this.#kept = wider;
    }
    this.#kept.set(more, this.#keptLength);
    this.#keptLength = length;
  }
}
