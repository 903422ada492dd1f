/**
 * How fast readers of text are beside a bare counter of newlines over the same bytes, in one run on one core. A format is one entry of
 * the table. Prints a table and asserts nothing about time.
 */
import { existsSync } from 'node:fs';
import { Bench } from 'tinybench';
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

const ROUNDS = 6;
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

async function newlines(data: Uint8Array): Promise<number> {
  let count = 0;
  for await (const piece of bytesOf(data, 'memory', PIECE).chunks())
    for (let at = piece.indexOf(NEWLINE); at >= 0; at = piece.indexOf(NEWLINE, at + 1)) count++;
  return count;
}

async function events(reader: TraceReader, data: Uint8Array): Promise<number> {
  let count = 0;
  const trace = await reader.open(bytesOf(data, 'memory', PIECE), { strict: false });
  await trace.readEvents((_batch, from, to) => (count += to - from));
  return count;
}

const rows: string[][] = [];
for (const { reader, files } of FORMATS) {
  const file = files.find(existsSync);
  if (file === undefined) throw new Error(`no file to measure ${reader.id} on`);
  const once = await bytesAt(file);
  const data = Buffer.concat(Array.from({ length: Math.ceil(LEAST_BYTES / once.length) }, () => once));
  const [lines, found] = [await newlines(data), await events(reader, data)];
  const bench = new Bench({ iterations: ROUNDS, time: 0, warmupIterations: 2, warmupTime: 0, throws: true });
  bench.add('newlines', () => newlines(data));
  bench.add(reader.id, () => events(reader, data));
  await bench.run();
  const [floor, ours] = bench.tasks.map((task) => {
    if (task.result.state !== 'completed') throw new Error(`${task.name}: ${task.result.state}`);
    return task.result.latency.min;
  });
  const rate = (ms: number): string => `${(data.length / ms / 1000).toFixed(0)} MB/s`;
  rows.push([
    reader.id,
    file,
    rate(floor),
    rate(ours),
    `${(lines / ours / 1000).toFixed(2)} M/s`,
    `${(found / ours / 1000).toFixed(2)} M/s`,
    (ours / floor).toFixed(2),
  ]);
}
say(`node ${process.versions.node}; best of ${ROUNDS}:`);
say(columns([['format', 'file', 'newlines alone', 'reader', 'lines', 'events', 'times slower'], ...rows]));
