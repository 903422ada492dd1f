/**
 * Several recordings of one machine and one clock as one: events in the order of their times, ties by the order of the parts. Each
 * part is read no further than it is needed, behind a gate.
 */
import { assert, inputError, printable } from '../errors.ts';
import { coverageOf, SIGNALS, type Coverage, type Signal } from './coverage.ts';
import { BATCH_CAPACITY, copyRow, createBatch, type EventBatch, type EventSink } from './event.ts';
import type { Gate } from './gate.ts';
import { sift } from './heap.ts';
import { createHealth } from './health.ts';
import { createStringTable, type StringTable } from './strings.ts';
import type { HostFacts, Trace } from './trace.ts';

export interface Part {
  readonly trace: Trace;
  readonly gate: Gate;
}

/** Parts that begin further apart are not of one clock. */
const MOST_APART_NS = 86_400_000_000_000n;

/** @throws an input error for parts of different machines; when they are read, for parts of different clocks */
export function mergeTraces(parts: readonly Part[]): Trace {
  const [first] = parts;
  assert(first !== undefined, 'something to merge');
  const traces = parts.map(({ trace }) => trace);
  const health = createHealth();
  const strings = createStringTable();
  const state = { originNs: 0n };
  return {
    format: first.trace.format,
    get originNs() {
      return state.originNs;
    },
    host: oneHost(parts),
    recordsFlushes: traces.some((trace) => trace.recordsFlushes),
    recordsCgroups: traces.some((trace) => trace.recordsCgroups),
    get coverage() {
      return bestOf(traces.map((trace) => trace.coverage));
    },
    health,
    strings,
    commandPid: traces.find(({ commandPid }) => commandPid !== undefined)?.commandPid,
    recorderName: traces.find(({ recorderName }) => recorderName !== undefined)?.recorderName,
    get samples() {
      return traces.reduce((sum, trace) => sum + trace.samples, 0);
    },
    async readEvents(sink) {
      const queues = parts.map((part) => new Queue(part, strings));
      for (const queue of queues) queue.start();
      for (const queue of queues) await queue.filled();
      const starts = queues.filter(({ isEmpty }) => !isEmpty);
      const origins = starts.map(({ part }) => part.trace.originNs);
      state.originNs = origins.reduce((a, b) => (b < a ? b : a), origins[0] ?? 0n);
      for (const queue of starts) queue.shiftTo(state.originNs);
      await merge(starts, sink);
      for (const { part } of queues)
        for (const { key, count, first: place } of part.trace.health.entries()) health.count(key, place, count);
    },
  };
}

const SAME: readonly (keyof HostFacts)[] = ['kernel', 'arch', 'cpuName', 'cpuId'];

function oneHost(parts: readonly Part[]): HostFacts {
  const [{ trace: first }, ...others] = parts;
  for (const { trace, gate } of others) {
    const differs = SAME.find((key) => {
      const [a, b] = [first.host[key], trace.host[key]];
      return a !== undefined && b !== undefined && a !== b;
    });
    if (differs !== undefined)
      throw inputError(
        `parts of different machines: another ${differs} than the first`,
        printable(gate.bytes.name),
        'name the parts of one recording only',
      );
  }
  return parts.reduceRight<HostFacts>((facts, { trace }) => ({ ...facts, ...trace.host }), {});
}

const RANK: Readonly<Record<Coverage[Signal], number>> = { absent: 0, inferred: 1, recorded: 2 };

function bestOf(all: readonly Coverage[]): Coverage {
  const best = { ...coverageOf(new Set()) } as Record<Signal, Coverage[Signal]>;
  for (const signal of SIGNALS)
    for (const coverage of all) if (RANK[coverage[signal]] > RANK[best[signal]]) best[signal] = coverage[signal];
  return best;
}

/** Rows a part begins with: there may be thousands of parts. */
const FEW = 64;

/** What a part's reader made that nobody has taken yet. */
class Queue {
  batch = createBatch(FEW);
  /** The first event that was not taken, and how many there are. */
  at = 0;
  #done = false;
  #error: unknown;
  #wake: (() => void) | undefined;
  #offset = 0;
  readonly #ids: number[] = [];

  constructor(
    readonly part: Part,
    private readonly strings: StringTable,
  ) {}

  get isEmpty(): boolean {
    return this.at >= this.batch.length;
  }

  get time(): number {
    return this.batch.time[this.at] + this.#offset;
  }

  start(): void {
    this.batch.length = 0;
    const { trace, gate } = this.part;
    trace
      .readEvents((batch, from, to) => {
        this.#take(batch, from, to);
        gate.close();
        this.#wake?.();
      })
      .catch((error: unknown) => (this.#error = error))
      .finally(() => {
        this.#done = true;
        this.#wake?.();
      });
  }

  /** Times count from another origin, which is not later. */
  shiftTo(originNs: bigint): void {
    const apart = this.part.trace.originNs - originNs;
    if (apart > MOST_APART_NS)
      throw inputError(
        'parts that begin more than a day apart are not of one recording',
        printable(this.part.gate.bytes.name),
        'replay them one by one, or record with one clock (perf record -k CLOCK_MONOTONIC)',
      );
    this.#offset = Number(apart);
  }

  /** Resolves where there is an event, or none will come. */
  async filled(): Promise<void> {
    while (this.isEmpty && !this.#done) {
      [this.at, this.batch.length] = [0, 0];
      this.part.gate.open();
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = undefined;
    }
    if (this.#error !== undefined && this.isEmpty) throw this.#error as Error;
  }

  /** Copies the first event behind the last of `to`. */
  give(to: EventBatch): void {
    copyRow(this.batch, this.at++, to, to.length++);
    to.time[to.length - 1] += this.#offset;
  }

  #take(batch: EventBatch, from: number, to: number): void {
    const wanted = this.batch.length + to - from;
    if (wanted > this.batch.time.length) {
      const wider = createBatch(Math.max(2 * this.batch.time.length, wanted));
      for (let row = 0; row < this.batch.length; row++) copyRow(this.batch, row, wider, row);
      wider.length = this.batch.length;
      this.batch = wider;
    }
    for (let row = from; row < to; row++) {
      const at = this.batch.length++;
      copyRow(batch, row, this.batch, at);
      this.batch.text[at] = this.#id(batch.text[row]);
      this.batch.text2[at] = this.#id(batch.text2[row]);
    }
  }

  /** A string's id in the table of the whole. */
  #id(own: number): number {
    return (this.#ids[own] ??= own === 0 ? 0 : this.strings.intern(this.part.trace.strings.text(own)));
  }
}

/** A heap of queues by the time of their first event, ties by their order. */
async function merge(queues: readonly Queue[], sink: EventSink): Promise<void> {
  const out = createBatch(BATCH_CAPACITY);
  out.length = 0;
  const rank = new Map(queues.map((queue, i) => [queue, i]));
  const before = (a: Queue, b: Queue): boolean => a.time < b.time || (a.time === b.time && rank.get(a)! < rank.get(b)!);
  const heap = [...queues].sort((a, b) => (before(a, b) ? -1 : 1));
  while (heap.length > 0) {
    const [first] = heap;
    first.give(out);
    if (out.length === BATCH_CAPACITY) {
      sink(out, 0, out.length);
      out.length = 0;
    }
    if (first.isEmpty) await first.filled();
    if (first.isEmpty) {
      const last = heap.pop()!;
      if (heap.length === 0) break;
      if (last !== first) heap[0] = last;
    }
    sift(heap, before);
  }
  if (out.length > 0) sink(out, 0, out.length);
}
