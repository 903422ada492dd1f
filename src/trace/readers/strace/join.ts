/**
 * The files of `strace -ff` as the one text that `strace -f` would have written: their lines in the order of their times, each behind the
 * id of its task, and a call during which another task's line comes broken in two (`<unfinished ...>`, `<... resumed>`). The
 * id stands at the end of a file's name and nowhere else.
 */
import { inputError, printable } from '../../../errors.ts';
import type { Bytes, Tear } from '../../../io/bytes.ts';
import { sift } from '../../heap.ts';
import { End, Ending } from './ending.ts';
import { Prefix, Stamp } from './prefix.ts';

const NEWLINE = 10;
const [OPEN, LESS, PLUS, DASH] = [40, 60, 43, 45];
const OUT_BYTES = 64 * 1024;
const DAY_NS = 86_400e9;
/** Longer lines are of no trace; the reader of the whole counts them. */
const MOST_LINE = 1024 * 1024 + 1;

export function joinStrace(parts: readonly Bytes[]): Bytes {
  return {
    name: `${parts[0].name} and ${parts.length - 1} more`,
    length: undefined,
    readAt: undefined,
    chunks: () => joined(parts),
    get tear(): Tear | undefined {
      return parts.find(({ tear }) => tear)?.tear;
    },
    async close() {
      for (const part of parts) await part.close();
    },
  };
}

async function* joined(parts: readonly Bytes[]): AsyncGenerator<Uint8Array> {
  const clock: SharedClock = { baseSeconds: undefined, firstOfDay: undefined };
  const lines: PartLines[] = [];
  for (const [rank, part] of parts.entries()) {
    const each = new PartLines(part, rank, clock);
    if (await each.next()) lines.push(each);
  }
  lines.sort((a, b) => a.timeNs - b.timeNs || a.rank - b.rank);
  const out = new Output();
  while (lines.length > 0) {
    const [first] = lines;
    first.write(out, Math.min(lines.at(1)?.timeNs ?? Infinity, lines.at(2)?.timeNs ?? Infinity));
    if (out.isFull) yield out.take();
    if (!first.hasRest && !(await first.next())) {
      const last = lines.pop()!;
      if (lines.length === 0) break;
      lines[0] = last;
    }
    sift(lines, before);
  }
  yield out.take();
}

/** A sorted array is a heap; ties by the order of the files. */
const before = (a: PartLines, b: PartLines): boolean =>
  a.timeNs < b.timeNs || (a.timeNs === b.timeNs && a.rank < b.rank);

interface SharedClock {
  baseSeconds: number | undefined;
  /** Seconds of the first part's first line, where lines have no date. */
  firstOfDay: number | undefined;
}

/** The lines of one file, one at a time. */
class PartLines {
  /** Of the line at hand, from the first second of all. */
  timeNs = 0;
  /** A call that was broken in two has yet to be resumed. */
  hasRest = false;
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #tid: string;
  readonly #prefix = new Prefix();
  readonly #ending = new Ending();
  #data: Uint8Array = new Uint8Array(0);
  #from = 0;
  #to = 0;
  #next = 0;
  #isOver = false;
  #isStamped = false;
  #rest: Uint8Array | undefined;
  #days = 0;
  #lastSeconds: number | undefined;

  constructor(
    private readonly bytes: Bytes,
    readonly rank: number,
    private readonly clock: SharedClock,
  ) {
    this.#chunks = bytes.chunks()[Symbol.asyncIterator]();
    this.#tid = /\.(\d{1,7})(?:\.[a-z0-9]+)*$/.exec(bytes.name)?.[1] ?? '';
  }

  /** Goes to the next line; false at the end. */
  async next(): Promise<boolean> {
    for (;;) {
      const end = this.#data.indexOf(NEWLINE, this.#next);
      if (end < 0 && !this.#isOver) {
        await this.#more();
        continue;
      }
      const to = end < 0 ? this.#data.length : end;
      if (to <= this.#next && end < 0) return false;
      [this.#from, this.#to, this.#next] = [this.#next, to, to + 1];
      this.#readTime();
      return true;
    }
  }

  /** Writes the line at hand; where it is a call that lasts beyond another task's next line, its begin, and keeps the rest. */
  write(out: Output, othersNs: number): void {
    if (this.#rest) {
      out.add(this.#rest);
      this.#rest = undefined;
      this.hasRest = false;
      return;
    }
    const { tid, body } = this.#prefix;
    const lead = tid === 0 && this.#isStamped ? `${this.#tid} ` : '';
    const call = this.#isStamped ? this.#callAt(body) : -1;
    const { kind, durationNs, argumentsEnd } = this.#ending;
    if (call < 0 || kind !== End.result || durationNs <= 0 || this.timeNs + durationNs <= othersNs) {
      out.text(lead);
      out.add(this.#data.subarray(this.#from, this.#to));
      out.newline();
      return;
    }
    const line = this.#data.subarray(this.#from, this.#to);
    const at = (absolute: number): number => absolute - this.#from;
    const name = latin1(line.subarray(at(body), at(call)));
    out.text(lead);
    out.add(line.subarray(0, at(argumentsEnd)));
    out.text(' <unfinished ...>');
    out.newline();
    this.timeNs += durationNs;
    const whose = tid === 0 ? this.#tid : String(tid);
    const head = `${whose} ${this.#stampOf(this.timeNs)} <... ${name} resumed>`;
    this.#rest = new Uint8Array([...bytesOf(head), ...line.subarray(at(argumentsEnd)), NEWLINE]);
    this.hasRest = true;
  }

  /** Where the arguments of a call begin; -1 where the line is none. Reads how it ends. */
  #callAt(body: number): number {
    const first = this.#data[body];
    if (first === LESS || first === PLUS || first === DASH) return -1;
    const open = this.#data.subarray(body, this.#to).indexOf(OPEN);
    if (open <= 0) return -1;
    this.#ending.read(this.#data, body + open + 1, this.#to);
    return body + open;
  }

  #readTime(): void {
    const { clock } = this;
    this.#prefix.read(this.#data, this.#from, this.#to);
    const { stamp, nanoseconds } = this.#prefix;
    let { seconds } = this.#prefix;
    this.#isStamped = stamp === Stamp.epoch || stamp === Stamp.day;
    // What belongs to the line before it: a stack, a message.
    if (!this.#isStamped && this.#lastSeconds !== undefined && stamp === Stamp.none) return;
    if (!this.#isStamped)
      throw inputError(
        stamp === Stamp.relative
          ? 'times since the line before (-r) are not one clock'
          : 'no times to put the files in order by',
        printable(this.bytes.name),
        'record with strace -ff -ttt, or -f into one file; one file alone can be read as it is',
      );
    if (this.#prefix.tid === 0 && this.#tid === '')
      throw inputError(
        'no task id, neither on its lines nor at the end of its name',
        printable(this.bytes.name),
        'name the files as strace -ff does: FILE.PID',
      );
    if (stamp === Stamp.day) {
      clock.firstOfDay ??= seconds;
      const before = this.#lastSeconds ?? clock.firstOfDay;
      // Half a day back is midnight.
      if (seconds + 43_200 < before) this.#days++;
    }
    this.#lastSeconds = seconds;
    seconds += (this.#days * DAY_NS) / 1e9;
    clock.baseSeconds ??= seconds;
    this.timeNs = (seconds - clock.baseSeconds) * 1e9 + nanoseconds;
  }

  #stampOf(timeNs: number): string {
    const seconds = Math.floor(timeNs / 1e9) + this.clock.baseSeconds!;
    // Among times of whole seconds a finer one would come before others of its second.
    const rest = this.#prefix.isWhole
      ? ''
      : `.${String(Math.round(timeNs - Math.floor(timeNs / 1e9) * 1e9)).padStart(9, '0')}`;
    if (this.#prefix.stamp === Stamp.epoch) return `${seconds}${rest}`;
    const two = (value: number): string => String(value).padStart(2, '0');
    return `${two(Math.floor(seconds / 3600) % 24)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}${rest}`;
  }

  async #more(): Promise<void> {
    const next = await this.#chunks.next();
    if (next.done) {
      this.#isOver = true;
      return;
    }
    // A line without an end is passed on cut: the whole's reader counts it.
    const { value } = next;
    const kept = this.#data.subarray(Math.max(this.#next, this.#data.length - MOST_LINE));
    const data = new Uint8Array(kept.length + value.length);
    data.set(kept);
    data.set(value, kept.length);
    [this.#data, this.#next] = [data, 0];
  }
}

const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes.subarray(0, 64));
const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

/** The text so far. */
class Output {
  #data = new Uint8Array(2 * OUT_BYTES);
  #length = 0;

  get isFull(): boolean {
    return this.#length >= OUT_BYTES;
  }

  add(bytes: Uint8Array): void {
    if (this.#length + bytes.length > this.#data.length) {
      const wider = new Uint8Array(2 * (this.#length + bytes.length));
      wider.set(this.#data.subarray(0, this.#length));
      this.#data = wider;
    }
    this.#data.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  text(text: string): void {
    if (text !== '') this.add(bytesOf(text));
  }

  newline(): void {
    this.add(Uint8Array.of(NEWLINE));
  }

  take(): Uint8Array {
    const taken = this.#data.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }
}
