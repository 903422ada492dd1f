/** `manifest.json` of a result directory: what made it, from what. */
import type { ReplayResult } from './result.ts';
import { fileNameOf, TABLES } from './tables.ts';

export const RESULT_SCHEMA = 'ptilab.result';
export const MANIFEST = 'manifest.json';

/** Every file that a result directory may hold: a directory with another is not ours to replace. */
export const RESULT_FILES: ReadonlySet<string> = new Set([MANIFEST, ...TABLES.map(fileNameOf)]);

/** @param commandLine - the command without where its output goes, so that the same work gives the same bytes */
export function manifestText(result: ReplayResult, commandLine: readonly string[]): string {
  const manifest = {
    schema: RESULT_SCHEMA,
    version: 1,
    model: result.model,
    commandLine,
    inputs: result.trace.files,
    host: result.trace.host,
    lanes: result.lanes.map((lane) => lane.lane),
    tables: TABLES.map((table) => ({
      file: fileNameOf(table),
      schema: `ptilab.${table.name}`,
      version: table.version,
    })),
  };
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}
