/**
 * How fast readers of text are beside bare counters of newlines over the same bytes, in one run on one core. A format is one entry of
 * the table. Prints a table and asserts nothing about time.
 */
import { existsSync } from 'node:fs';
import { columns } from '../src/cli/listing.ts';
import { bytesOf } from '../src/io/memory.ts';
import { openInput } from '../src/io/node/input.ts';
import { strace } from '../src/trace/readers/strace.ts';
import type { TraceReader } from '../src/trace/trace.ts';

interface Format {
  readonly reader: TraceReader;
  /** Looked for in this order; the first that is there is repeated up to {@link LEAST_BYTES}. */
  readonly files: readonly string[];
}

const FORMATS: readonly Format[] = [
  {
    reader: strace,
    files: ['../shared/corpus/dev/text/kbuild-time.strace.zst', 'traces/fixtures/fx-strace-sh.strace'],
  },
];

const ROUNDS = 12;
const LEAST_BYTES = 32e6;
/** As large as pieces of a file are. */
const PIECE = 256 * 1024;
const NEWLINE = 10;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function bytesAt(path: string): Promise<Uint8Array> {
  const bytes = await openInput(path);
  const pieces: Uint8Array[] = [];
  for await (const piece of bytes.chunks()) pieces.push(Uint8Array.from(piece));
  await bytes.close();
  return Buffer.concat(pieces);
}

/** Looks at each byte, as a reader has to. */
function byteLoop(piece: Uint8Array): number {
  let count = 0;
  let at = 0;
  while (at < piece.length) if (piece[at++] === NEWLINE) count++;
  return count;
}

/** Has the engine look for the next one. */
function byIndexOf(piece: Uint8Array): number {
  let count = 0;
  for (let at = piece.indexOf(NEWLINE); at >= 0; at = piece.indexOf(NEWLINE, at + 1)) count++;
  return count;
}

async function newlines(data: Uint8Array, countIn: (piece: Uint8Array) => number): Promise<number> {
  let count = 0;
  for await (const piece of bytesOf(data, 'memory', PIECE).chunks()) count += countIn(piece);
  return count;
}

async function events(reader: TraceReader, data: Uint8Array): Promise<number> {
  let count = 0;
  const trace = await reader.open(bytesOf(data, 'memory', PIECE), { strict: false });
  await trace.readEvents((_batch, from, to) => (count += to - from));
  return count;
}

async function cpuMsOf(run: () => Promise<number>): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const rows: string[][] = [];
for (const { reader, files } of FORMATS) {
  const file = files.find(existsSync);
  if (file === undefined) throw new Error(`no file to measure ${reader.id} on`);
  const once = await bytesAt(file);
  const times = Math.ceil(LEAST_BYTES / once.length);
  // No Buffer: its own indexOf is another one.
  const data = new Uint8Array(once.length * times);
  for (let i = 0; i < times; i++) data.set(once, i * once.length);
  const [lines, found] = [await newlines(data, byIndexOf), await events(reader, data)];
  let [loop, search, ours] = [Infinity, Infinity, Infinity];
  // In turn, so that what else the machine does is the same for both.
  for (let round = 0; round < ROUNDS; round++) {
    loop = Math.min(loop, await cpuMsOf(() => newlines(data, byteLoop)));
    search = Math.min(search, await cpuMsOf(() => newlines(data, byIndexOf)));
    ours = Math.min(ours, await cpuMsOf(() => events(reader, data)));
  }
  const rate = (ms: number): string => `${(data.length / ms / 1000).toFixed(0)} MB/s`;
  rows.push([
    reader.id,
    file,
    rate(loop),
    rate(search),
    rate(ours),
    `${(lines / ours / 1000).toFixed(2)} M/s`,
    `${(found / ours / 1000).toFixed(2)} M/s`,
    `${(ours / loop).toFixed(2)}, ${(ours / search).toFixed(2)}`,
  ]);
}
say(`node ${process.versions.node}; best of ${ROUNDS} by CPU time:`);
say(columns([['format', 'file', 'newlines: loop', 'indexOf', 'reader', 'lines', 'events', 'times slower'], ...rows]));
