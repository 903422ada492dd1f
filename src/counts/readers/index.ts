/** The table of readers of counts. The first that recognises a line reads the source. */
import type { CountsReader } from '../counts.ts';
import { bpftrace } from './bpftrace.ts';
import { perfStatCsv } from './perf-stat-csv.ts';
import { perfStatJson } from './perf-stat-json.ts';
import { perfStatText } from './perf-stat-text.ts';

export const COUNTS_READERS: readonly CountsReader[] = [perfStatJson, bpftrace, perfStatText, perfStatCsv];
