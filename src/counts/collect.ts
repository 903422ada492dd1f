/** From output of a counter to counts by group and signal: intervals and CPUs are added up, and what cannot be told apart is no count. */
import { inputError, printable } from '../errors.ts';
import type { Bytes } from '../io/bytes.ts';
import type { Count, CountGroup, Counts, CountsReader, Missing, Printed, Row } from './counts.ts';
import { NS_PER } from './numbers.ts';
import { COUNTS_READERS } from './readers/index.ts';
import { meaningOf, type Meaning, type Signal } from './signals.ts';
import { linesOf } from './text.ts';

const HOW = 'ptilab stat --print-command says what to run';
/** Lines looked at for the format: what comes before the counts is a title or a remark. */
const LOOKED_AT = 4096;
/** Distinct cgroups, and distinct names of other events: more are no output of a counter. */
const MOST_GROUPS = 10_000;
const MOST_UNUSED = 100;

/** @throws an input error for what holds no counts */
export async function readCounts(bytes: Bytes): Promise<Counts> {
  const lines = await linesOf(bytes);
  const where = printable(bytes.name);
  const reader = readerOf(lines);
  if (!reader)
    throw lines.some((line) => /\b(?:raw_syscalls:sys_enter|task-clock)\b/.test(line))
      ? inputError(
          'counts by a separator that names hold too, or in an order of columns that is not known',
          where,
          'count again with perf stat -x,',
        )
      : inputError('not the output of perf stat or of the bpftrace script', where, HOW);
  const printed = reader.read(lines, bytes.name);
  if (printed.outputs > 1)
    throw inputError(`${printed.outputs} outputs of perf stat in one file`, where, 'give them one by one');
  const counts = collect(reader.id, printed, where);
  if (counts.groups.length === 0) throw inputError('no event in it is one that ptilab counts', where, HOW);
  return counts;
}

function readerOf(lines: readonly string[]): CountsReader | undefined {
  for (const line of lines.slice(0, LOOKED_AT)) {
    const reader = COUNTS_READERS.find((each) => each.recognises(line));
    if (reader) return reader;
  }
  return undefined;
}

interface Part {
  readonly meaning: Meaning;
  /** The event that it is counted by: another of the same meaning is left out. */
  readonly event: string;
  value: number;
  share: number;
  counted: number;
  missing: Missing | undefined;
  readonly slices: Set<string>;
}

export function collect(format: string, printed: Printed, where: string): Counts {
  const groups = new Map<string | undefined, Map<string, Part>>();
  const unused = new Set<string>();
  for (const row of printed.rows) {
    const meaning = meaningOf(row.event);
    if (!meaning) {
      if (unused.size < MOST_UNUSED) unused.add(row.event);
      continue;
    }
    let parts = groups.get(row.group);
    if (!parts) {
      if (groups.size >= MOST_GROUPS) throw inputError(`more than ${MOST_GROUPS} cgroups`, where, HOW);
      groups.set(row.group, (parts = new Map<string, Part>()));
    }
    addRow(parts, meaning, row);
  }
  return {
    format,
    target: printed.target,
    groups: [...groups].map(([name, parts]) => groupOf(name, parts)),
    elapsedSeconds: printed.elapsedSeconds,
    userSeconds: printed.userSeconds,
    sysSeconds: printed.sysSeconds,
    unused: [...unused],
    skipped: printed.skipped,
    firstSkipped: printed.firstSkipped,
  };
}

function addRow(parts: Map<string, Part>, meaning: Meaning, row: Row): void {
  let part = parts.get(meaning.part);
  if (!part)
    parts.set(
      meaning.part,
      (part = { meaning, event: row.event, value: 0, share: 1, counted: 0, missing: undefined, slices: new Set() }),
    );
  if (part.event !== row.event) return;
  // The same event twice at once: one of the two, or both, passed a filter that the output does not name.
  if (part.slices.has(row.slice)) part.missing = 'ambiguous';
  part.slices.add(row.slice);
  if (typeof row.value === 'number') {
    const scaled = row.value * (NS_PER[row.unit] ?? 1);
    part.value += scaled;
    part.counted++;
    part.share = Math.min(part.share, row.share);
  } else part.missing ??= row.value;
}

/** Times that perf prints as not counted are 0: a time is its own time of counting. */
const ZERO_IS_NOT_COUNTED: ReadonlySet<Signal> = new Set(['userNs', 'sysNs']);

function groupOf(name: string | undefined, parts: ReadonlyMap<string, Part>): CountGroup {
  const counts = new Map<Signal, Count>();
  const missing = new Map<Signal, Missing>();
  for (const { meaning, value, share, counted, missing: why } of parts.values()) {
    const { signal, unless } = meaning;
    if (unless !== undefined && parts.has(unless)) continue;
    // Where an event was not counted in some intervals or on some CPUs, and counted in others, nothing ran there: tracepoints and
    // clocks need no counter of the hardware that they could be kept waiting for.
    const none = counted === 0 && why === 'not counted' && ZERO_IS_NOT_COUNTED.has(signal);
    if (why === 'ambiguous' || (counted === 0 && !none)) {
      missing.set(signal, why ?? 'not counted');
      continue;
    }
    const before = counts.get(signal);
    counts.set(signal, { value: (before?.value ?? 0) + value, share: Math.min(before?.share ?? 1, share) });
  }
  // Part of a sum is no sum.
  for (const signal of missing.keys())
    if (signal !== 'busyInterrupts' && signal !== 'interrupts') counts.delete(signal);
  // perf counts a cgroup only while it runs: one that never did had nothing.
  const all = [...parts.values()];
  const ran = name === undefined || !all.every(({ counted, missing: why }) => counted === 0 && why === 'not counted');
  if (!ran) {
    for (const { meaning } of all) counts.set(meaning.signal, { value: 0, share: 1 });
    missing.clear();
  }
  return { name, counts, ran, missing };
}
