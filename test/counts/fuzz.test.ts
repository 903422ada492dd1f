/** Anything at all, and real output that was damaged: read or refused, and never slow. */
import fc from 'fast-check';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PtilabError } from '../../src/errors.ts';
import type { StatGroup, StatResult } from '../../src/report/stat/answer.ts';
import { fuzz } from '../support/damage.ts';
import { STAT_FOLDER, statOfText } from '../support/stat.ts';

const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile() && !/\.(?:truth|host)\.json$|\.md$/.test(path));
const FILES = [...filesIn(STAT_FOLDER), ...filesIn(join(STAT_FOLDER, 'layouts'))].map((path) => readFileSync(path));
const RUNS = fuzz(1);

async function survives(text: string | Uint8Array): Promise<void> {
  let result: StatResult;
  try {
    result = await statOfText(text, { policies: ['nopti', 'pti', 'global-off'] });
  } catch (error) {
    if (error instanceof PtilabError && ['input', 'cannot-tell'].includes(error.kind)) return;
    throw error;
  }
  for (const group of [...(result.whole ? [result.whole] : []), ...result.cgroups]) sane(group);
}

/** Whatever was read: intervals have an order, and the bare lane is not above the isolated one. */
function sane({ lanes, crossings }: StatGroup): void {
  expect(crossings.low).toBeLessThanOrEqual(crossings.mid);
  for (const { operations, overheadPercent } of lanes) {
    for (const { low, mid, high } of Object.values(operations)) {
      expect(Number.isFinite(mid) && low >= 0 && low <= mid).toBe(true);
      expect(high === null || high >= mid).toBe(true);
    }
    if (overheadPercent) expect(Number.isFinite(overheadPercent.mid)).toBe(true);
  }
}

test('bytes', async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), survives), RUNS);
});

test('lines of the words that outputs are made of', async () => {
  const word = fc.constantFrom(
    '1,234',
    '1.5',
    '<not counted>',
    'raw_syscalls:sys_enter',
    'task-clock',
    'msec',
    ',',
    ',,',
    ';',
    '100.00',
    '(33.3%)',
    '#',
    'CPU0',
    'S0',
    ' ',
    '  ',
    '{',
    '"counter-value" : "12"',
    '"event" : "task-clock"',
    '}',
    '@ptilab_syscalls: 3',
    'Performance counter stats for ',
    "'x':",
    'seconds time elapsed',
    '\u00a0',
    '1 234',
    '/',
    'ptilab_load_kept',
    '99999999999999999999',
  );
  const line = fc.array(word, { maxLength: 12 }).map((words) => words.join(''));
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { maxLength: 8 }).map((lines) => lines.join('\n')),
      survives,
    ),
    RUNS,
  );
});

test('real output with a piece taken out, doubled or overwritten', async () => {
  const damage = fc.tuple(
    fc.nat(FILES.length - 1),
    fc.nat(),
    fc.nat(60),
    fc.constantFrom('cut', 'double', 'over', 'end'),
    fc.uint8Array({ maxLength: 8 }),
  );
  await fc.assert(
    fc.asyncProperty(damage, async ([which, at, length, how, bytes]) => {
      const file = FILES[which];
      const from = at % file.length;
      const [before, piece, after] = [
        file.subarray(0, from),
        file.subarray(from, from + length),
        file.subarray(from + length),
      ];
      const damaged = {
        cut: [before, after],
        double: [before, piece, piece, after],
        over: [before, bytes, after],
        end: [before],
      }[how];
      await survives(Buffer.concat(damaged));
    }),
    RUNS,
  );
});

test.each([
  ['digits', '1'.repeat(4000)],
  ['groups', '1 '.repeat(2000)],
  ['separators', ','.repeat(4000)],
  ['names', 'raw_syscalls:sys_enter,'.repeat(170)],
  ['brackets', '(33.3%)'.repeat(500)],
  ['noise', '( +- '.repeat(800)],
  ['hard blanks', `1 raw_syscalls:sys_enter${'\u00a0'.repeat(3900)}x`],
  ['hashes', `1 x${' #'.repeat(1900)}`],
  ['braces', `{"counter-value":${' '.repeat(3900)}`],
  ['words', `${'a'.repeat(80)}:`.repeat(48)],
])('a thousand long lines of %s', async (_what, line) => {
  await survives(`${line}\n`.repeat(1000));
});
