/** The test that every share of the corpus runs. */
import { describe, expect, test } from 'vitest';
import { CORPUS, corpusShare } from './corpus.ts';
import { replayFile } from './replay.ts';
import { totalsOf } from './truth.ts';

const TIMEOUT_MS = 300_000;

export function compareTotals(share: number, shares: number): void {
  describe.skipIf(CORPUS === undefined)(`the large corpus, share ${share + 1} of ${shares}`, () => {
    // It also stands for the others where the corpus is absent: a file without a test is an error of the runner.
    test('holds recordings', () => {
      expect(corpusShare(share, shares).length).toBeGreaterThan(0);
    });

    test.each(corpusShare(share, shares))(
      '$name has the totals, events and calls of each number that another program counted',
      async ({ path, truth }) => {
        const { result } = await replayFile(path);
        expect(result.totals).toEqual(totalsOf(truth));
        expect(result.trace.events).toBe(truth.events);
      },
      TIMEOUT_MS,
    );
  });
}
