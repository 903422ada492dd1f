/**
 * Readers of texts against the least that reading a text can cost: counting its lines, over the same buffers in the same process. Prints a
 * table and asserts nothing about time. What the columns mean: README.md beside this file.
 */
import { Bench } from 'tinybench';
import { columns } from '../src/cli/listing.ts';
import { bytesOf } from '../src/io/memory.ts';
import { openInput } from '../src/io/node/input.ts';
import { TRACE_COLUMNS } from '../src/trace/canonical.ts';
import { csv } from '../src/trace/readers/csv.ts';
import { ftrace } from '../src/trace/readers/ftrace.ts';
import { perfData } from '../src/trace/readers/perf-data.ts';
import { perfScript } from '../src/trace/readers/perf-script.ts';
import { perfTrace } from '../src/trace/readers/perf-trace.ts';
import { strace } from '../src/trace/readers/strace.ts';
import type { TraceReader } from '../src/trace/trace.ts';
import { printCsv, printFtrace, printPerfScript, type PrintEvent } from './as-text.ts';

interface Format {
  readonly reader: TraceReader;
  /** The text to read. */
  readonly text: (recording: Uint8Array) => Promise<Uint8Array>;
}

/** One line a format. */
const FORMATS: readonly Format[] = [
  { reader: ftrace, text: (recording) => textOf(recording, '# tracer: nop\n', printFtrace) },
  { reader: perfScript, text: (recording) => textOf(recording, '', printPerfScript) },
  {
    reader: csv,
    text: (recording) => textOf(recording, `${TRACE_COLUMNS.map(([name]) => name).join(',')}\n`, printCsv),
  },
  { reader: strace, text: () => repeated('traces/fixtures/fx-strace-sh.strace', /(?<=^\d+ )\d{10}\.\d{6}/gm, 1) },
  { reader: perfTrace, text: () => repeated('traces/fixtures/fx-perf-trace-setu.txt', /^ *\d+\.\d{3}/gm, 1000) },
];

/** What a text is repeated up to. */
const LEAST_BYTES = 32e6;

const RECORDING = 'traces/kernel-build/kernel-build.perf.data.zst';
/** As sources of files hand them out. */
const CHUNK_BYTES = 256 * 1024;
const ROUNDS = 7;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function wholeOf(path: string): Promise<Uint8Array> {
  const bytes = await openInput(path);
  const pieces: Uint8Array[] = [];
  for await (const piece of bytes.chunks()) pieces.push(Uint8Array.from(piece));
  await bytes.close();
  return Buffer.concat(pieces);
}

/** @param second - in units of the times that `time` matches */
async function repeated(path: string, time: RegExp, second: number): Promise<Uint8Array> {
  const once = Buffer.from(await wholeOf(path)).toString('latin1');
  const later = (i: number): string =>
    once.replace(time, (at) => (Number(at) + i * second).toFixed(at.length - at.indexOf('.') - 1).padStart(at.length));
  return Buffer.from(
    Array.from({ length: Math.ceil(LEAST_BYTES / once.length) }, (_, i) => later(i)).join(''),
    'latin1',
  );
}

async function textOf(recording: Uint8Array, head: string, print: PrintEvent): Promise<Uint8Array> {
  const trace = await perfData.open(bytesOf(recording), { strict: true });
  const pieces = [Buffer.from(head)];
  await trace.readEvents((batch, from, to) => {
    const lines: string[] = [];
    for (let row = from; row < to; row++) {
      const line = print(batch, row, trace.strings, trace.originNs);
      if (line !== undefined) lines.push(`${line}\n`);
    }
    pieces.push(Buffer.from(lines.join('')));
  });
  return Buffer.concat(pieces);
}

/** As plain JavaScript counts them: byte by byte. */
async function countBytewise(text: Uint8Array): Promise<number> {
  let lines = 0;
  for await (const data of bytesOf(text, 'text', CHUNK_BYTES).chunks())
    // eslint-disable-next-line @typescript-eslint/prefer-for-of -- an iterator would be measured, not the reading
    for (let at = 0; at < data.length; at++) if (data[at] === 10) lines++;
  return lines;
}

/** As the runtime's own search counts them: vector instructions, which nothing that looks at every byte can match. */
async function countLines(text: Uint8Array): Promise<number> {
  let lines = 0;
  for await (const data of bytesOf(text, 'text', CHUNK_BYTES).chunks())
    for (let at = data.indexOf(10); at >= 0; at = data.indexOf(10, at + 1)) lines++;
  return lines;
}

async function readEvents(reader: TraceReader, text: Uint8Array): Promise<number> {
  let events = 0;
  const trace = await reader.open(bytesOf(text, 'text', CHUNK_BYTES), { strict: false });
  await trace.readEvents((_batch, from, to) => void (events += to - from));
  return events;
}

async function measured(format: Format, recording: Uint8Array): Promise<readonly string[]> {
  const { reader } = format;
  const text = await format.text(recording);
  const lines = await countLines(text);
  // CPU time: the machine may have other work.
  const timed = (act: () => Promise<unknown>) => async () => {
    const before = process.cpuUsage();
    await act();
    const { user, system } = process.cpuUsage(before);
    return { overriddenDuration: (user + system) / 1000 };
  };
  const bench = new Bench({ iterations: ROUNDS, time: 0, warmupIterations: 2, warmupTime: 0, throws: true });
  bench.add(
    'byte by byte',
    timed(() => countBytewise(text)),
  );
  bench.add(
    'by search',
    timed(() => countLines(text)),
  );
  bench.add(
    'events',
    timed(() => readEvents(reader, text)),
  );
  const tasks = await bench.run();
  const best = tasks.map(({ result }) => ('latency' in result ? result.latency.min / 1000 : NaN));
  const rate = (seconds: number): string => (text.length / 1e6 / seconds).toFixed(0);
  return [
    reader.id,
    (text.length / 1e6).toFixed(1),
    String(lines),
    String(await readEvents(reader, text)),
    ...best.map(rate),
    (lines / 1e6 / best[2]).toFixed(2),
    `1/${(best[2] / best[0]).toFixed(1)}`,
    `1/${(best[2] / best[1]).toFixed(1)}`,
  ];
}

const recording = await wholeOf(RECORDING);
const asked = process.argv.slice(2);
const rows: (readonly string[])[] = [];
for (const format of FORMATS)
  if (asked.length === 0 || asked.includes(format.reader.id)) rows.push(await measured(format, recording));
say(
  `node ${process.versions.node}; ${RECORDING} printed as each format (of strace and perf trace, a text repeated), best of ${ROUNDS} by CPU time:\n`,
);
say(
  columns([
    [
      'reader',
      'MB',
      'lines',
      'events',
      'counting byte by byte, MB/s',
      'counting by search, MB/s',
      'reading, MB/s',
      'M lines/s',
      'to byte by byte',
      'to search',
    ],
    ...rows.map((row) => [...row]),
  ]),
);
