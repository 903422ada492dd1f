import { describe, expect, test } from 'vitest';
import { run } from '../support/cli.ts';
import { corpusRecording } from '../support/corpus.ts';
import { temporaryFolder } from '../support/temporary.ts';

const temporary = temporaryFolder();
/** 255 MB, 2.5 M events. */
const LARGEST = corpusRecording('kbuild-lib');
const MOST_MB = 400;

/** A module that tells the peak of resident memory, in KiB, when the process ends. */
const HOOK = `process.on('exit', () => process.stderr.write('peak ' + process.resourceUsage().maxRSS + '\\n'));`;

async function peakOf(args: readonly string[]): Promise<number> {
  const ran = await run(args, {
    node: ['--import', `data:text/javascript,${encodeURIComponent(HOOK)}`],
    timeoutMs: 300_000,
  });
  expect(ran.status).toBe(0);
  return Number(/^peak (\d+)$/m.exec(ran.stderr)?.[1]) / 1024;
}

describe.skipIf(LARGEST === undefined)('the peak of memory on a large recording', () => {
  test(`stays below ${MOST_MB} MB in a replay`, { timeout: 300_000 }, async () => {
    const peak = await peakOf(['replay', LARGEST!.path]);
    expect(peak).toBeGreaterThan(20);
    expect(peak).toBeLessThan(MOST_MB);
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
