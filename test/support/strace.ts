/** The strace texts that come with the repository, and what another program counted in them. */
import { readFileSync } from 'node:fs';
import type { Trace } from '../../src/trace/trace.ts';
import { eventsOf } from './events.ts';
import { openBytes } from './replay.ts';

/** Names in `traces/fixtures`. */
export const STRACE_FIXTURES = ['fx-strace-sh', 'fx-strace-exec', 'fx-strace-ids', 'fx-strace-stderr'] as const;

/** Counts made from the text by regular expressions; texts of the corpus lack some. */
export interface StraceTruth {
  readonly calls_total: number;
  /** By name. */
  readonly calls: Readonly<Record<string, number>>;
  readonly exits: number;
  readonly forks?: number;
  readonly execs?: number;
  /** Calls that returned. */
  readonly returns?: number;
  readonly lines?: number;
  readonly span_s?: number;
}

export const straceTruthAt = (path: string): StraceTruth => JSON.parse(readFileSync(path, 'utf8')) as StraceTruth;

/** A trace of these lines. */
export const straceOf = (...lines: readonly string[]): Promise<Trace> =>
  openBytes(new TextEncoder().encode(`${lines.join('\n')}\n`));

/** An event of some lines, with what does not apply left out. */
export interface ShortEvent {
  readonly ns: number;
  readonly kind: string;
  readonly tid: number;
  readonly nr: number;
  readonly args: readonly string[];
  readonly result: string;
  readonly text: string;
}

/** The events of some lines. */
export async function straceEvents(...lines: readonly string[]): Promise<readonly ShortEvent[]> {
  return (await eventsOf(await straceOf(...lines))).map((event) => {
    const [ns, kind, , tid, , nr, args, result, , , ...texts] = event.split(' ');
    return {
      ns: Number(ns),
      kind,
      tid: Number(tid),
      nr: Number(nr),
      args: args.split(','),
      result,
      text: (JSON.parse(`[${texts.join(' ').replace('" "', '","')}]`) as string[])[0],
    };
  });
}

/** Counts of health of some lines. */
export async function straceHealth(...lines: readonly string[]): Promise<Readonly<Record<string, number>>> {
  const trace = await straceOf(...lines);
  await eventsOf(trace);
  return Object.fromEntries(trace.health.entries().map(({ key, count }) => [key, count]));
}
