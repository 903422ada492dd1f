import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CORPUS, tellIfAbsent } from '../support/corpus.ts';
import { replayFile } from '../support/replay.ts';
import { expectedOf, truthIn } from '../support/texts.ts';

const FOLDER = join(CORPUS ?? '.', 'text');
const PERF_SCRIPT = /^slice-.*\.txt\.zst$/;

tellIfAbsent();
describe.skipIf(CORPUS === undefined)('texts of perf script in the large corpus', () => {
  const files = CORPUS === undefined ? [] : readdirSync(FOLDER).filter((file) => PERF_SCRIPT.test(file));

  test('are there', () => expect(files.length).toBeGreaterThan(0));

  test.each(files)('%s has the totals and samples that another program counted', async (file) => {
    const { result } = await replayFile(join(FOLDER, file));
    const truth = truthIn(FOLDER, file.replace('.txt.zst', ''));
    expect({ totals: result.totals, events: result.trace.events }).toEqual(expectedOf(truth));
  });
});
