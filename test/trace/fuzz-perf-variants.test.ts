/** Damage to each way in which perf records: never more than a known failure. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PtilabError } from '../../src/errors.ts';
import type { Bytes } from '../../src/io/bytes.ts';
import { bytesOf } from '../../src/io/memory.ts';
import { runPipeline } from '../../src/pipeline.ts';
import { byteSwapped } from '../support/big-endian.ts';
import { damaged, damageOf, fuzz, survives } from '../support/damage.ts';
import { fixture, perfVariant } from '../support/fixtures.ts';
import { takeApart, withAlignedCompression } from '../support/perf-data.ts';
import { sourceOf, wholeOf, withFile } from '../support/replay.ts';

const variant = (name: string): Promise<Uint8Array> => wholeOf(perfVariant(name).path);
const FEWER = 0.5;

/** The beginnings of the records of a pipe, and what they say first. */
function placesInPipe(file: Uint8Array, little = true): readonly number[] {
  const view = new DataView(file.buffer, file.byteOffset);
  const places: number[] = [0, 8];
  for (let at = 16; at + 8 <= file.length;) {
    places.push(at, at + 4, at + 6, at + 8, at + 12, at + 16);
    const size = view.getUint16(at + 6, little);
    const behind = view.getUint32(at, little) === 66 ? 8 * Math.ceil(view.getUint32(at + 8, little) / 8) : 0;
    at += size + behind;
  }
  return places;
}

const placesInFile = (file: Uint8Array): readonly number[] => {
  const { attrs, data, features, records } = takeApart(file);
  const table = Array.from({ length: 2 * features.size }, (_, i) => data.offset + data.size + 8 * i);
  return [
    ...Array.from({ length: 13 }, (_, i) => 8 * i),
    ...attrs.flatMap(({ offset, size }) => [offset, offset + 4, offset + 24, offset + 40, offset + size - 8]),
    ...records.flatMap(({ offset }) => [offset, offset + 6, offset + 8, offset + 16]),
    ...table,
  ];
};

const CASES: readonly (readonly [
  string,
  () => Promise<{ readonly file: Uint8Array; readonly places: readonly number[] }>,
])[] = [
  ['pipe', async () => together(await variant('pipe'), placesInPipe)],
  ['pipe of compressed records', async () => together(await variant('pipe-compressed'), placesInPipe)],
  ['compressed', async () => together(await variant('compressed'), placesInFile)],
  ['compressed, newer form', async () => together(withAlignedCompression(await variant('compressed')), placesInFile)],
  [
    'big-endian',
    async () => {
      const file = fixture('fx-true.perf.data');
      return Promise.resolve({ file: byteSwapped(file), places: placesInFile(file) });
    },
  ],
  ['call chains', async () => together(await variant('mixed'), placesInFile)],
  ['cgroups', async () => together(await variant('cgroups'), placesInFile)],
];

const together = (file: Uint8Array, places: (file: Uint8Array) => readonly number[]) => ({
  file,
  places: places(file),
});

test.each(CASES)(
  'a damaged recording, %s, gives an answer or a clear refusal',
  { timeout: 240_000 },
  async (_, make) => {
    const { file, places } = await make();
    expect(await survives(file)).toBe('answer');
    const seen = new Set<string>();
    const { numRuns, ...seed } = fuzz(417);
    await fc.assert(
      fc.asyncProperty(damageOf(file.length, fc.constantFrom(...places)), async (damage) => {
        seen.add(await survives(damaged(file, damage)));
      }),
      { numRuns: Math.ceil(numRuns * FEWER), ...seed },
    );
    expect([...seen]).toContain('answer');
    expect([...seen]).toContain('input');
  },
);

test.each(['threads', 'threads-compressed'])(
  'a folder, %s, with damage in any file gives an answer or a clear refusal',
  { timeout: 240_000 },
  async (name) => {
    const { file, parts } = await withFile(perfVariant(name).path, async ({ bytes }) => ({
      file: await wholeOf(perfVariant(name).path),
      parts: bytes.parts!,
    }));
    const places = parts.flatMap(({ offset, size }) => [
      offset,
      offset + 6,
      offset + 8,
      offset + Math.max(0, size - 9),
    ]);
    const seen = new Set<string>();
    const { numRuns, ...seed } = fuzz(417);
    await fc.assert(
      fc.asyncProperty(damageOf(file.length, fc.constantFrom(...places)), async (damage) => {
        const data = damaged(file, damage);
        // A cut is one of the last file.
        const folder: Bytes = { ...bytesOf(data), parts: parts.map(({ offset, size }) => within(data, offset, size)) };
        seen.add(await survivesIn(folder));
      }),
      { numRuns: Math.ceil(numRuns * FEWER), ...seed },
    );
    expect([...seen]).toContain('answer');
  },
);

const within = (data: Uint8Array, offset: number, size: number): { offset: number; size: number } => ({
  offset: Math.min(offset, data.length),
  size: Math.max(0, Math.min(size, data.length - offset)),
});

async function survivesIn(bytes: Bytes): Promise<string> {
  try {
    await runPipeline(sourceOf(bytes), {});
    return 'answer';
  } catch (error) {
    if (error instanceof PtilabError && (error.kind === 'input' || error.kind === 'cannot-tell')) return error.kind;
    throw error;
  }
}
