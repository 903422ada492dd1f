/** The table of readers, and which of them a source belongs to. */
import { assert } from '../../errors.ts';
import type { TraceReader } from '../trace.ts';
import { canonical } from './canonical.ts';
import { csv } from './csv.ts';
import { ftrace } from './ftrace.ts';
import { perfScript } from './perf-script.ts';
import { perfData } from './perf-data.ts';
import { perfTrace } from './perf-trace.ts';
import { strace } from './strace.ts';

export const READERS: readonly TraceReader[] = byPriority([
  perfData,
  canonical,
  ftrace,
  perfScript,
  perfTrace,
  strace,
  csv,
]);

/** Bytes a reader may look at to recognise its format. */
export const SNIFF_BYTES = 64 * 1024;

/** The first reader, by priority, that takes the source for its own; names of files do not count. */
export function recognise(head: Uint8Array): TraceReader | undefined {
  return READERS.find((reader) => reader.sniff(head));
}

function byPriority(readers: readonly TraceReader[]): readonly TraceReader[] {
  assert(new Set(readers.map((reader) => reader.priority)).size === readers.length, 'priorities of readers are unique');
  return [...readers].sort((a, b) => a.priority - b.priority);
}
