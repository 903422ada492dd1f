/**
 * Speed and memory in one run: commands of ptilab against those of peers on one recording, then reading and replaying inside this
 * process. Prints tables and asserts nothing about time. What each row means: README.md beside this file.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { Bench, type Task } from 'tinybench';
import { columns } from '../src/cli/listing.ts';
import { bytesOf } from '../src/io/memory.ts';
import { openInput } from '../src/io/node/input.ts';
import { replayTrace } from '../src/replay/engine.ts';
import { planLanes } from '../src/replay/lane-plan.ts';
import { DEFAULT_POLICIES } from '../src/replay/policies/index.ts';
import { parseSelector } from '../src/replay/optout/selectors.ts';
import { BATCH_CAPACITY, copyRow, createBatch, type EventBatch } from '../src/trace/event.ts';
import { createHealth } from '../src/trace/health.ts';
import { perfData } from '../src/trace/readers/perf-data.ts';
import type { Trace } from '../src/trace/trace.ts';
import { alternately, has, ROUNDS, type Usage } from './child.ts';

const SMALL = 'traces/kernel-build/kernel-build.perf.data.zst';
const DATA = 'bench/data';
const OUT = 'out/bench-result';

const say = (text: string): void => void process.stdout.write(`${text}\n`);
/** The recording to measure on, uncompressed as perf needs it. */
async function recording(asked: string | undefined): Promise<string> {
  if (asked !== undefined) return asked;
  const large = `${DATA}/5m.perf.data`;
  if (existsSync(large)) return large;
  mkdirSync(DATA, { recursive: true });
  if (has('perf') && spawnSync('bench/record-5m.sh', [large], { stdio: 'inherit' }).status === 0) return large;
  rmSync(large, { force: true });
  say(
    `NOTE: no large recording could be made here (it needs perf and root). The figures are for ${SMALL}, a tenth of its events:`,
  );
  say('start-up weighs far more in them.');
  const small = `${DATA}/kernel-build.perf.data`;
  writeFileSync(small, await wholeOf(SMALL));
  return small;
}

async function wholeOf(path: string): Promise<Uint8Array> {
  const bytes = await openInput(path);
  const pieces: Uint8Array[] = [];
  for await (const piece of bytes.chunks()) pieces.push(Uint8Array.from(piece));
  await bytes.close();
  return Buffer.concat(pieces);
}

interface Program {
  readonly name: string;
  readonly run: readonly string[];
}
/** What ptilab does, and a peer that does the most similar thing; undefined: it is not here. */
interface Pair {
  readonly ours: Program;
  readonly theirs: Program | undefined;
}

const CLI = [process.execPath, 'dist/cli.js'];

function pairsOf(file: string): readonly Pair[] {
  const perf = has('perf');
  if (!perf) say('NOTE: there is no perf here to compare with.');
  const summary = { name: 'perf trace -s', run: ['perf', 'trace', '-s', '-i', file] };
  const script = { name: 'perf script > /dev/null', run: ['perf', 'script', '-i', file] };
  return [
    {
      ours: {
        name: 'ptilab replay, 3 lanes, tables',
        run: [...CLI, 'replay', '--no-tlb', '--jobs', '1', '-o', OUT, file],
      },
      theirs: perf ? script : undefined,
    },
    {
      ours: { name: 'order, pair, sum up calls', run: [process.execPath, 'out/bench/paired.mjs', file] },
      theirs: perf ? summary : undefined,
    },
    { ours: { name: 'ptilab info', run: [...CLI, 'info', file] }, theirs: perf ? summary : undefined },
    ...textPairs(),
  ];
}

/** Peers that print or merge texts, on recordings of their own. */
function textPairs(): readonly Pair[] {
  spawnSync('bench/record-texts.sh', [DATA], { stdio: 'inherit' });
  const [text, set] = [`${DATA}/trace.txt`, `${DATA}/ff`];
  const parts = existsSync(set) ? readdirSync(set).map((name) => `${set}/${name}`) : [];
  if (!existsSync(text)) say('NOTE: no recording of trace-cmd could be made here.');
  if (parts.length === 0) say('NOTE: no recording of strace -ff could be made here.');
  return [
    ...(existsSync(text)
      ? [
          {
            ours: { name: 'ptilab info of the text of trace-cmd', run: [...CLI, 'info', text] },
            theirs: { name: 'trace-cmd report > /dev/null', run: ['trace-cmd', 'report', '-i', `${DATA}/trace.dat`] },
          },
        ]
      : []),
    ...(parts.length > 0
      ? [
          {
            ours: { name: 'ptilab info of the files of strace -ff', run: [...CLI, 'info', ...parts] },
            theirs: { name: 'strace-log-merge > /dev/null', run: ['strace-log-merge', `${set}/log`] },
          },
        ]
      : []),
  ];
}

async function commandsOf(file: string): Promise<void> {
  const rows: string[][] = [];
  for (const { ours, theirs } of pairsOf(file)) {
    const [mine, other] = await alternately([ours, ...(theirs ? [theirs] : [])].map((program) => program.run));
    rows.push([ours.name, ...cells(mine), other ? (mine.cpu / other.cpu).toFixed(2) : '']);
    if (other && theirs) rows.push([theirs.name, ...cells(other), '1']);
  }
  say(
    `\nCommands, on ${file} (${megabytes(statSync(file).size)}) or as named, best of ${ROUNDS} by CPU time, user and system:`,
  );
  say(columns([['command', 'CPU s', 'wall s', 'peak memory', 'CPU, ratio to the peer'], ...rows]));
}

const cells = ({ cpu, wall, peak }: Usage): string[] => [cpu.toFixed(2), wall.toFixed(2), megabytes(peak)];
const megabytes = (n: number): string => `${(n / 1e6).toFixed(0)} MB`;

async function inProcess(): Promise<void> {
  const file = await wholeOf(SMALL);
  const open = (): Promise<Trace> => perfData.open(bytesOf(file, SMALL), { strict: true });
  const { trace, events } = await kept(await open());
  const replay = async (policies: readonly string[]): Promise<void> => {
    const { lanes } = policies.length > 0 ? planLanes({ policies }, trace.host, trace.recordsFlushes) : { lanes: [] };
    await replayTrace({ ...trace, health: createHealth() }, lanes, {
      optOut: [parseSelector('root', { commandPid: undefined })],
      optIn: [],
    });
  };
  const bench = new Bench({ iterations: 2 * ROUNDS, time: 0, warmupIterations: 2, warmupTime: 0, throws: true });
  bench.add('read perf.data: open, both passes, order', async () => {
    await (await open()).readEvents(() => undefined);
  });
  bench.add('replay, no lane', () => replay([]));
  for (const policy of DEFAULT_POLICIES) bench.add(`replay, lane ${policy}`, () => replay([policy]));
  bench.add(`replay, lanes ${DEFAULT_POLICIES.join(', ')}`, () => replay(DEFAULT_POLICIES));
  await bench.run();
  const row = (task: Task): string[] => {
    if (task.result.state !== 'completed') throw new Error(`${task.name}: ${task.result.state}`);
    const { min, p50 } = task.result.latency;
    const rate = (ms: number): string => `${(events / ms / 1000).toFixed(2)} M/s`;
    return [task.name, rate(min), rate(p50), `${((min * 1e6) / events).toFixed(0)} ns`];
  };
  say(`In this process, on the ${events} events of ${SMALL}, from memory:`);
  say(columns([['stage', 'events, best', 'events, median', 'per event, best'], ...bench.tasks.map(row)]));
}

/** A trace whose events are read already, so that replaying is all that is timed. */
async function kept(trace: Trace): Promise<{ trace: Trace; events: number }> {
  const batches: EventBatch[] = [];
  let events = 0;
  await trace.readEvents((batch, from, to) => {
    for (let row = from; row < to; row++) {
      if (events % BATCH_CAPACITY === 0) batches.push(createBatch());
      const last = batches[batches.length - 1];
      copyRow(batch, row, last, last.length++);
      events++;
    }
  });
  return {
    events,
    trace: {
      ...trace,
      readEvents(sink) {
        for (const batch of batches) sink(batch, 0, batch.length);
        return Promise.resolve();
      },
    },
  };
}

if (!has('python3')) throw new Error('the bench needs python3: it tells the CPU time and the peak memory of one child');
say(
  `node ${process.versions.node}, ${has('perf') ? spawnSync('perf', ['--version'], { encoding: 'utf8' }).stdout.trim() : 'no perf'}`,
);
await commandsOf(await recording(process.argv[2]));
await inProcess();
// The readers of texts in the same run, in a process of their own.
spawnSync(process.execPath, ['out/bench/readers.mjs'], { stdio: 'inherit' });
