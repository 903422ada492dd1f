import fc from 'fast-check';
import { expect, test } from 'vitest';
import { damaged, damageOf, fuzz, survives } from '../support/damage.ts';
import { fixture } from '../support/fixtures.ts';
import { SAMPLE, takeApart } from '../support/perf-data.ts';

const FILE = fixture('fx-true.perf.data');
const { attrs, data, features, records } = takeApart(FILE);
const formats = features.get(1)!;
const samples = records.filter(({ type }) => type === SAMPLE);

/** Header, list of events, table of features, starts of records, the formats' frame. */
const PLACES = fc.oneof(
  fc.nat({ max: 104 }),
  fc.constantFrom(...attrs).chain(({ offset, size }) => fc.integer({ min: offset, max: offset + size - 1 })),
  fc.integer({ min: data.offset + data.size, max: data.offset + data.size + 16 * features.size }),
  fc.constantFrom(...samples).chain(({ offset }) => fc.integer({ min: offset, max: offset + 68 })),
  fc.constantFrom(...records).map(({ offset }) => offset + 6),
  fc.integer({ min: formats.offset, max: formats.offset + 4_000 }),
);

test('the undamaged recording replays', async () => {
  expect(await survives(FILE)).toBe('answer');
});

test('a damaged recording gives an answer or a clear refusal', { timeout: 120_000 }, async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(damageOf(FILE.length, PLACES), async (damage) => {
      seen.add(await survives(damaged(FILE, damage)));
    }),
    fuzz(417),
  );
  expect([...seen]).toContain('answer');
  expect([...seen]).toContain('input');
});
