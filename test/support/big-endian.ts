/**
 * A perf.data as a big-endian machine would have written it: every number of a little-endian file the other way round. Shares no code with
 * the reader. Layouts: perf_event_open(2) and perf.data-file-format.txt.
 */
import { takeApart, viewOf, type Section } from './perf-data.ts';

interface Field {
  readonly offset: number;
  readonly size: number;
  /** Bytes of one element: 8 for `unsigned long args[6]`, 1 for text. */
  readonly element: number;
}

interface Event {
  readonly sampleType: bigint;
  /** Of the tracepoint's data. */
  readonly fields: readonly Field[];
}

const BIT = {
  tid: 1n << 1n,
  read: 1n << 4n,
  callchain: 1n << 5n,
  id: 1n << 6n,
  cpu: 1n << 7n,
  raw: 1n << 10n,
  identifier: 1n << 16n,
};
/** IP, TID, TIME, ADDR, ID, STREAM_ID, CPU, PERIOD in the order of a sample. */
const WORDS = [0n, 1n, 2n, 3n, 6n, 9n, 7n, 8n].map((bit) => 1n << bit);
/** TID, TIME, ID, STREAM_ID, CPU, IDENTIFIER in the order of what ends another record. */
const TRAILER = [1n, 2n, 6n, 9n, 7n, 16n].map((bit) => 1n << bit);
/** Sizes of the numbers behind the header, by type of record; text follows. */
const BODIES: Readonly<Record<number, readonly number[]>> = {
  1: [4, 4, 8, 8, 8],
  2: [8, 8],
  3: [4, 4],
  4: [4, 4, 4, 4, 8],
  5: [8, 8, 8],
  7: [4, 4, 4, 4, 8],
  10: [4, 4, 8, 8, 8, 4, 4, 8, 8, 4, 4],
  13: [8],
  15: [4, 4],
  17: [8, 4, 2, 2],
  18: [2, 2, 4],
  19: [8],
};
const SAMPLE = 9;
const FIRST_OF_USER = 64;
const ATTR = [4, 4, 8, 8, 8, 8, -8, 4, 4, 8, 8, 8, 8, 4, 4, 8, 4, 2, 2, 4, 4, 8];
const TRACING_DATA = 1;
const STRINGS: ReadonlySet<number> = new Set([3, 4, 5, 6, 8, 9]);
const STRING_LISTS: ReadonlySet<number> = new Set([11]);
const CPUS = 7;
const TURNED: ReadonlySet<number> = new Set([TRACING_DATA, CPUS, ...STRINGS, ...STRING_LISTS]);

export function byteSwapped(file: Uint8Array): Uint8Array {
  const out = file.slice();
  const view = viewOf(file);
  const parts = takeApart(file);
  const swap = (at: number, size: number): void => void out.subarray(at, at + size).reverse();
  const swapAll = (at: number, sizes: readonly number[]): number => {
    for (const size of sizes) swap((at += size) - size, size);
    return at;
  };
  const u64 = (at: number): number => Number(view.getBigUint64(at, true));
  const text = (at: number, size: number): number => {
    swap(at, 4);
    return at + 4 + Math.min(view.getUint32(at, true), size);
  };

  swapAll(0, Array<number>(9).fill(8));
  const formats = formatsOf(file, parts.features.get(TRACING_DATA)!, swap);
  const byId = new Map<bigint, Event>();
  let first: Event | undefined;
  for (const { offset, size } of parts.attrs) {
    let at = offset;
    for (const field of ATTR) {
      if (at >= offset + size - 16) break;
      if (field < 0) for (let i = at; i < at + 8; i++) out[i] = reverseBits(out[i]);
      else swap(at, field);
      at += Math.abs(field);
    }
    const event = {
      sampleType: view.getBigUint64(offset + 24, true),
      fields: formats.get(u64(offset + 8)) ?? [],
    };
    first ??= event;
    const [ids, bytes] = [u64(offset + size - 16), u64(offset + size - 8)];
    swapAll(offset + size - 16, [8, 8]);
    for (let id = ids; id < ids + bytes; id += 8) {
      byId.set(view.getBigUint64(id, true), event);
      swap(id, 8);
    }
  }

  for (const { offset, size, type } of parts.records) {
    swapAll(offset, [4, 2, 2]);
    if (type >= FIRST_OF_USER) continue;
    const end = offset + size;
    if (type === SAMPLE) {
      const place = placeOfId(first!.sampleType);
      const event = place === undefined ? first! : byId.get(view.getBigUint64(offset + place, true))!;
      const identified = (event.sampleType & BIT.identifier) !== 0n;
      if (identified) swap(offset + 8, 8);
      swapSample(view, offset + (identified ? 16 : 8), event, swap);
      continue;
    }
    const wordsBehind = TRAILER.filter((bit) => (first!.sampleType & bit) !== 0n);
    swapAll(offset + 8, BODIES[type] ?? []);
    let at = end - 8 * wordsBehind.length;
    for (const bit of wordsBehind) at = swapAll(at, bit === BIT.tid || bit === BIT.cpu ? [4, 4] : [8]);
  }

  // Features whose content is not turned round are left out.
  let table = parts.data.offset + parts.data.size;
  out.fill(0, 72, 104);
  for (const [bit, { offset, size }] of parts.features) {
    if (!TURNED.has(bit)) continue;
    // A bitmap of longs.
    out[72 + ((bit >> 3) ^ 7)] |= 1 << (bit & 7);
    const entry = viewOf(out);
    entry.setBigUint64(table, BigInt(offset), false);
    entry.setBigUint64(table + 8, BigInt(size), false);
    table += 16;
    if (STRINGS.has(bit)) text(offset, size);
    else if (STRING_LISTS.has(bit)) {
      swap(offset, 4);
      let at = offset + 4;
      for (let n = view.getUint32(offset, true); n > 0; n--) at = text(at, size);
    } else if (bit === CPUS) swapAll(offset, [4, 4]);
  }
  return out;

  /** The formats' numbers are turned round, their texts are read. */
  function formatsOf(data: Uint8Array, section: Section, turn: typeof swap): ReadonlyMap<number, readonly Field[]> {
    let at = section.offset + 10;
    const word = (): string => {
      const end = data.indexOf(0, at);
      const found = Buffer.from(data.subarray(at, end)).toString('latin1');
      at = end + 1;
      return found;
    };
    const number = (size: number): number => {
      const value = size === 8 ? u64(at) : view.getUint32(at, true);
      turn(at, size);
      at += size;
      return value;
    };
    const block = (): string => {
      const size = number(8);
      at += size;
      return Buffer.from(data.subarray(at - size, at)).toString('latin1');
    };
    const found = new Map<number, readonly Field[]>();
    word();
    out[at] = 1; // big-endian
    at += 2;
    number(4);
    for (let i = 0; i < 2; i++) {
      word();
      block();
    }
    for (let n = number(4); n > 0; n--) block();
    for (let systems = number(4); systems > 0; systems--) {
      word();
      for (let n = number(4); n > 0; n--) {
        const format = block();
        found.set(Number(/^ID: (\d+)$/m.exec(format)![1]), fieldsOf(format));
      }
    }
    at += number(4); // symbols of the kernel
    at += number(4); // formats of printk
    number(8);
    return found;
  }
}

const fieldsOf = (format: string): readonly Field[] =>
  [...format.matchAll(/field:(.*?);\s*offset:(\d+);\s*size:(\d+);/g)].map(([, declaration, offset, size]) => {
    const whole = Number(size);
    const count = Number(/\[(\d+)\]$/.exec(declaration)?.[1] ?? 1);
    const element = declaration.startsWith('__data_loc') ? 4 : /\bchar\b/.test(declaration) ? 1 : whole / count;
    return { offset: Number(offset), size: whole, element };
  });

function swapSample(
  view: DataView,
  at: number,
  { sampleType, fields }: Event,
  swap: (at: number, size: number) => void,
): void {
  for (const bit of WORDS) {
    if ((sampleType & bit) === 0n) continue;
    if (bit === BIT.tid || bit === BIT.cpu) {
      swap(at, 4);
      swap(at + 4, 4);
    } else swap(at, 8);
    at += 8;
  }
  if ((sampleType & BIT.read) !== 0n) throw new Error('samples with counts are not turned round');
  if ((sampleType & BIT.callchain) !== 0n)
    for (let n = Number(view.getBigUint64(at, true)); n >= 0; n--) swap((at += 8) - 8, 8);
  if ((sampleType & BIT.raw) === 0n) return;
  const raw = at + 4;
  at = raw + view.getUint32(at, true);
  swap(raw - 4, 4);
  for (const { offset, size, element } of fields)
    for (let i = 0; i < size && element > 1; i += element) swap(raw + offset + i, element);
  if ((sampleType & (1n << 21n)) !== 0n) swap(at, 8);
}

/** Where the id stands in a sample: the same in all events. */
function placeOfId(sampleType: bigint): number | undefined {
  if ((sampleType & BIT.identifier) !== 0n) return 8;
  const at = WORDS.filter((bit) => (sampleType & bit) !== 0n).indexOf(BIT.id);
  return at < 0 ? undefined : 8 + 8 * at;
}

function reverseBits(byte: number): number {
  let reversed = 0;
  for (let bit = 0; bit < 8; bit++) if ((byte >> bit) & 1) reversed |= 0x80 >> bit;
  return reversed;
}
