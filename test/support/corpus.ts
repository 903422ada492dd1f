/** The large corpus of recordings, which is not part of the repository. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { recordingsIn, ROOT, type Recording } from './fixtures.ts';

const FOLDER = join(process.env['PTILAB_CORPUS'] ?? join(ROOT, '..', 'shared', 'corpus'), 'dev');

/** The folder with the recordings: in `PTILAB_CORPUS`, else in `../shared/corpus` of the repository; undefined where there is none. */
export const CORPUS: string | undefined = existsSync(FOLDER) ? FOLDER : undefined;

/** Said once a run, by the test that asks first for the corpus. */
export function tellIfAbsent(): void {
  if (CORPUS === undefined)
    process.stderr.write('The large corpus is not here (PTILAB_CORPUS names its folder): its tests are skipped.\n');
}

/**
 * The recordings of the corpus, largest first, dealt into `shares` of about the same size: a test file takes one share, and
 * files run side by side.
 */
export function corpusShare(share: number, shares: number): readonly Recording[] {
  if (CORPUS === undefined) return [];
  const size = (recording: Recording): number => statSync(recording.path).size;
  return [...recordingsIn(CORPUS)]
    .sort((a, b) => size(b) - size(a) || (a.name < b.name ? -1 : 1))
    .filter((_, i) => {
      // There and back, as teams are chosen: 0 1 1 0 0 1 …
      const turn = i % (2 * shares);
      return Math.min(turn, 2 * shares - 1 - turn) === share;
    });
}

/** One recording of the corpus. */
export const corpusRecording = (name: string): Recording | undefined =>
  CORPUS === undefined ? undefined : recordingsIn(CORPUS).find((recording) => recording.name === name);
