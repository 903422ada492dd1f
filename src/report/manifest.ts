/** `manifest.json` of a result directory: what made it, from what, and the doubts that its counts are priced with. */
import type { Doubt } from './doubts.ts';
import type { BaselineInput } from './baseline.ts';
import type { Priced } from './priced.ts';
import type { ReplayResult } from './result.ts';
import { REPORT_FILE, REPORT_SCHEMA, REPORT_VERSION } from './report-file.ts';
import { fileNameOf, TABLES } from './tables.ts';

export const RESULT_SCHEMA = 'ptilab.result';
export const RESULT_VERSION = 1;
export const MANIFEST = 'manifest.json';

/** A page made from a result may lie in its directory, and goes when the result is replaced. */
const REPORT_PAGE = 'report.html';

/** Every file that a result directory may hold: a directory with another is not ours to replace. */
export const RESULT_FILES: ReadonlySet<string> = new Set([
  MANIFEST,
  REPORT_FILE,
  REPORT_PAGE,
  ...TABLES.map(fileNameOf),
]);

/** @param commandLine - the command without where its output goes, so that the same work gives the same bytes */
export function manifestText(result: ReplayResult, priced: Priced, commandLine: readonly string[]): string {
  const manifest = {
    schema: RESULT_SCHEMA,
    version: RESULT_VERSION,
    model: result.model,
    commandLine,
    inputs: result.trace.files,
    host: result.trace.host,
    recording: { events: result.trace.events, durationNs: result.trace.durationNs },
    doubts: priced.doubts.map(doubtEntry),
    baseline: baselineEntry(priced.baseline),
    lanes: result.lanes.map((lane) => lane.lane),
    report: { file: REPORT_FILE, schema: REPORT_SCHEMA, version: REPORT_VERSION },
    tables: TABLES.map((table) => ({
      file: fileNameOf(table),
      schema: `ptilab.${table.name}`,
      version: table.version,
    })),
  };
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

const doubtEntry = ({ variable: { name, low, mid, high }, on, because }: Doubt): object => ({
  name,
  low,
  mid,
  high,
  on,
  because: because ?? null,
});

/** The host stands beside it. */
const baselineEntry = ({ hostCpu, untracedCpu, onCpuSeconds, recorderEvents, ghz }: BaselineInput): object => ({
  hostCpu: hostCpu?.id ?? null,
  untracedCpu: untracedCpu?.id ?? null,
  onCpuSeconds: onCpuSeconds ?? null,
  recorderEvents,
  ghz: ghz ?? null,
});
