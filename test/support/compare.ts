/** Both sides of a comparison, as the command line makes them. */
import { join } from 'node:path';
import { readFileSync, writeFileSync } from 'node:fs';
import { openResult } from '../../src/cli/compare-source.ts';
import type { PipelineResult } from '../../src/pipeline.ts';
import { compareResult, type CompareResult } from '../../src/report/compare.ts';
import { compareSide, type CompareSide } from '../../src/report/compare-pricing.ts';
import { countedReplay } from '../../src/report/counted-replay.ts';

export const replayedSide = (done: PipelineResult, lane?: string): Promise<CompareSide> =>
  compareSide({ source: 'trace', kind: 'trace', lane, where: 'trace' }, countedReplay(done));

export const storedSide = async (folder: string, lane?: string): Promise<CompareSide> =>
  compareSide({ source: 'folder', kind: 'result', lane, where: folder }, await openResult(folder));

export const compared = async (
  a: CompareSide | Promise<CompareSide>,
  b: CompareSide | Promise<CompareSide>,
): Promise<CompareResult> => compareResult(await a, await b);

type Json = Readonly<Record<string, unknown>>;

/** Changes the manifest of a result. */
export function changeManifest(folder: string, change: (manifest: Json) => unknown): void {
  const path = join(folder, 'manifest.json');
  writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')) as Json)));
}

/** Every `difference` in an answer, by its path. */
export function differencesOf(value: unknown, path = ''): readonly (readonly [path: string, value: unknown])[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) =>
    key === 'difference' ? [[path, each] as const] : differencesOf(each, `${path}.${key}`),
  );
}
