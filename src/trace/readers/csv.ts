/**
 * A trace as a table in a CSV (RFC 4180), by hand or by any program: one row an event, the columns of the canonical trace.
 *
 * ```
 * timeNs,cpu,tid,pid,kind,nr,a0
 * 2803101860123,0,417,400,sys-enter,257,0xffffff9c
 * ```
 */
import type { Bytes } from '../../io/bytes.ts';
import { peek } from '../../io/peek.ts';
import { bytesOf } from '../../io/memory.ts';
import { TRACE_COLUMNS } from '../canonical.ts';
import { Kind } from '../event.ts';
import { createHealth } from '../health.ts';
import { createStringTable } from '../strings.ts';
import { TextRows } from '../text/rows.ts';
import { textTrace } from '../text/trace.ts';
import type { OpenOptions, Trace, TraceReader } from '../trace.ts';
import { namesOf, withoutBom } from './csv/header.ts';
import { isSample, readRows } from './csv/run.ts';

/** Hundreds of rows: where no flush is logged in them, none is taken to be. */
const HEAD_BYTES = 64 * 1024;
/** A first line is shorter. */
const MOST_HEADER = 4096;
const NEWLINE = 10;

const NAMES: ReadonlySet<string> = new Set(TRACE_COLUMNS.map(([name]) => name));

export const csv: TraceReader = {
  id: 'csv',
  label: 'CSV with the columns of the canonical trace',
  priority: 70,
  recordWith: 'any program that prints rows under a first line such as timeNs,cpu,tid,pid,kind,nr: docs/formats.md',
  seeks: false,
  sniff: looksLikeCsv,
  async open(bytes, options) {
    const { head, bytes: whole } = await peek(bytes, HEAD_BYTES);
    return open(whole, await survey(head, bytes.name), options);
  },
};

/** Whether the first line names two columns of ours, so that one with a name amiss is told so. */
function looksLikeCsv(head: Uint8Array): boolean {
  const end = head.subarray(0, MOST_HEADER).indexOf(NEWLINE);
  const line = withoutBom(head.subarray(0, end < 0 ? MOST_HEADER : end));
  if (!line.includes(44)) return false;
  return (namesOf(line) ?? []).filter((name) => NAMES.has(name)).length >= 2;
}

interface Survey {
  readonly originNs: bigint | undefined;
  readonly recordsFlushes: boolean;
}

/** Reads the first rows: when the first sample was, and whether flushes are there. What is wrong in them is told when they are read again. */
async function survey(head: Uint8Array, name: string): Promise<Survey> {
  const health = createHealth();
  const rows = new TextRows(health);
  let first: number | undefined;
  let recordsFlushes = false;
  const whole = head.subarray(0, head.lastIndexOf(NEWLINE) + 1);
  const state = { health, rows, strings: createStringTable(), signals: new Set<never>() };
  await readRows(bytesOf(whole, name), state, (batch, from, to) => {
    for (let row = from; row < to; row++) {
      if (batch.kind[row] === Kind.tlbFlush) recordsFlushes = true;
      if (isSample(batch.kind[row], true, batch.cpu[row])) first ??= batch.time[row];
    }
  });
  return {
    originNs: rows.originNs === undefined || first === undefined ? undefined : rows.originNs + BigInt(first),
    recordsFlushes,
  };
}

const NS = 1_000_000_000n;

const open = (bytes: Bytes, { originNs, recordsFlushes }: Survey, { strict }: OpenOptions): Trace =>
  textTrace({
    format: csv.id,
    label: 'CSV',
    recordWith: csv.recordWith,
    bytes,
    strict,
    recordsFlushes,
    read(state, sink) {
      if (originNs !== undefined) state.rows.startAt(Number(originNs / NS), Number(originNs % NS));
      return readRows(bytes, state, sink);
    },
  });
