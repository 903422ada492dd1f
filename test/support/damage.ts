/** Random damage to a file, for tests that nothing but a known failure comes of it. */
import fc from 'fast-check';
import { PtilabError } from '../../src/errors.ts';
import { replayBytes } from './replay.ts';

const RUNS = process.env['PTILAB_FUZZ_RUNS'];

/** The same damage each time; with PTILAB_FUZZ_RUNS as many runs, and other damage each time. */
export const fuzz = (seed: number): { readonly numRuns: number; readonly seed?: number } =>
  RUNS === undefined ? { numRuns: 150, seed } : { numRuns: Number(RUNS) };

/** One change: bytes of a kind at a place. */
export type Damage =
  | { readonly what: 'set'; readonly at: number; readonly to: readonly number[] }
  | { readonly what: 'cut'; readonly at: number }
  | { readonly what: 'drop' | 'repeat'; readonly at: number; readonly length: number };

/** Values that length and offset fields do not like. */
const NASTY: readonly (readonly number[])[] = [
  [0],
  [0xff],
  [0x7f],
  [0x80],
  [0, 0, 0, 0],
  [0xff, 0xff, 0xff, 0xff],
  [0xff, 0xff, 0xff, 0x7f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
  [0, 0, 0, 0, 0, 0, 0, 0x80],
];

/** @param places - arbitrary of places worth hitting, among all */
export function damageOf(length: number, places: fc.Arbitrary<number>): fc.Arbitrary<readonly Damage[]> {
  const at = fc.oneof(fc.nat({ max: length - 1 }), places);
  const set = fc.record({
    what: fc.constant('set' as const),
    at,
    to: fc.oneof(fc.constantFrom(...NASTY), fc.array(fc.nat({ max: 255 }), { minLength: 1, maxLength: 8 })),
  });
  const cut = fc.record({ what: fc.constant('cut' as const), at });
  const shift = fc.record({
    what: fc.constantFrom('drop' as const, 'repeat' as const),
    at,
    length: fc.integer({ min: 1, max: 200 }),
  });
  return fc.array(
    fc.oneof({ weight: 8, arbitrary: set }, { weight: 1, arbitrary: cut }, { weight: 2, arbitrary: shift }),
    {
      minLength: 1,
      maxLength: 6,
    },
  );
}

export function damaged(file: Uint8Array, damage: readonly Damage[]): Uint8Array {
  let bytes = Buffer.from(file);
  for (const each of damage) {
    const at = Math.min(each.at, bytes.length);
    if (each.what === 'set') bytes.set(each.to.slice(0, bytes.length - at), at);
    else if (each.what === 'cut') bytes = bytes.subarray(0, at);
    else if (each.what === 'drop') bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + each.length)]);
    else bytes = Buffer.concat([bytes.subarray(0, at + each.length), bytes.subarray(at)]);
  }
  return new Uint8Array(bytes);
}

/** Replays a damaged file: an answer or an expected failure of the input; anything else is thrown. */
export async function survives(file: Uint8Array): Promise<'answer' | 'input' | 'cannot-tell'> {
  try {
    await replayBytes(file);
    return 'answer';
  } catch (error) {
    if (error instanceof PtilabError && (error.kind === 'input' || error.kind === 'cannot-tell')) return error.kind;
    throw error;
  }
}
