import { describe, expect, test } from 'vitest';
import { run } from '../support/cli.ts';
import { corpusRecording } from '../support/corpus.ts';
import { runWithPeak, tellsPeak } from '../support/memory.ts';
import { temporaryFolder } from '../support/temporary.ts';

const temporary = temporaryFolder();
/** 255 MB, 2.5 M events. */
const LARGEST = corpusRecording('kbuild-lib');
const MOST_MB = 300;

const peakOf = async (args: readonly string[]): Promise<number> => (await runWithPeak(args)).peakMb;

describe.skipIf(LARGEST === undefined || !tellsPeak)('the peak of memory on a large recording', () => {
  test(`stays below ${MOST_MB} MB in a replay`, { timeout: 300_000 }, async () => {
    expect(await peakOf(['replay', LARGEST!.path])).toBeLessThan(MOST_MB);
  });

  test(
    `stays below ${MOST_MB} MB in an import, and in a replay of what was imported`,
    { timeout: 300_000 },
    async () => {
      const imported = temporary.fresh('large.arrow');
      expect(await peakOf(['import', LARGEST!.path, '-o', imported])).toBeLessThan(MOST_MB);
      expect(await peakOf(['replay', imported])).toBeLessThan(MOST_MB);
    },
  );
});

describe.skipIf(corpusRecording('pingpong-lost') === undefined)('a recording whose recorder lost events', () => {
  test('says how many', { timeout: 60_000 }, async () => {
    const ran = await run(['info', corpusRecording('pingpong-lost')!.path]);
    expect(ran.stdout).toMatch(/^health lost +(12|70) \(data-loss\)/m);
  });
});
