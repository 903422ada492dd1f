import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectFailure, run } from '../support/cli.ts';
import { damaged, damageOf, fuzz, survives } from '../support/damage.ts';
import { fixture } from '../support/fixtures.ts';
import { changed } from '../support/perf-data.ts';
import { importBytes } from '../support/replay.ts';
import { temporaryFolder } from '../support/temporary.ts';

const temporary = temporaryFolder();
const FILE = await importBytes(fixture('fx-true.perf.data'));

const SEED = 1;

/** The footer with its schema and metadata, and the message that frames the rows. */
const PLACES = fc.oneof(fc.integer({ min: FILE.length - 6_000, max: FILE.length - 1 }), fc.nat({ max: 2_000 }));

test('the undamaged trace replays', async () => {
  expect(await survives(FILE)).toBe('answer');
});

test('a damaged trace gives an answer or a clear refusal', { timeout: 120_000 }, async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(damageOf(FILE.length, PLACES), async (damage) => {
      seen.add(await survives(damaged(FILE, damage)));
    }),
    fuzz(SEED),
  );
  expect([...seen]).toContain('answer');
  expect([...seen]).toContain('input');
});

describe('damaged metadata is refused', () => {
  test.each([
    ['a clock that is no number', '"originNs":"2', '"originNs":"x'],
    ['no clock', '"originNs":', '"originXs":'],
    ['no number of samples', '"samples":', '"sxmples":'],
    ['no coverage', '"coverage":', '"cxverage":'],
    ['a coverage of no known word', '"syscalls":"recorded"', '"syscalls":"rxcorded"'],
    ['a host whose CPU is a number', '"Intel(R) Xeon(R) Processor"', '1234567890123456789012345678'],
    ['no host', '"host":', '"hxst":'],
    ['no health', '"health":', '"hxalth":'],
    ['no JSON', '{"originNs"', 'x"originNs"'],
  ])('%s', async (_what, from, to) => {
    expect(await survives(replaced(from, to))).toBe('input');
  });
});

/** A length of the frame that asks for far more than the file holds. */
describe.each([1_000_000, 0x7fff_ffff])('a frame that claims %i entries is refused before they are made', (claimed) => {
  test.each([
    ['columns', () => vectorAt((view, at) => view.getUint32(at, true) === 17 && rowsAt(view, at + 4))],
    ['buffers', () => vectorAt((view, at) => view.getUint32(at, true) === 34)],
    ['dictionaries', () => vectorAt((view, at) => view.getUint32(at, true) === 3 && blockAt(view, at + 4))],
    ['batches', () => vectorAt((view, at) => view.getUint32(at, true) === 1 && blockAt(view, at + 4))],
  ])('of %s', { timeout: 60_000 }, async (_what, at) => {
    const file = temporary.file(
      'trace.arrow',
      changed(FILE, (view) => view.setUint32(at(), claimed, true)),
    );
    // In a process of its own, that may be ended and whose memory is bounded.
    expectFailure(await run(['replay', file], { node: ['--max-old-space-size=256'], timeoutMs: 20_000 }), 3);
  });
});

function replaced(from: string, to: string): Uint8Array {
  const at = Buffer.from(FILE).indexOf(from);
  expect(at).toBeGreaterThan(0);
  return changed(FILE, (_view, bytes) => bytes.set(Buffer.from(to), at));
}

/** The first place of the file, by fours, that looks like what is sought. */
function vectorAt(found: (view: DataView, at: number) => boolean): number {
  const view = new DataView(FILE.buffer, FILE.byteOffset, FILE.byteLength);
  for (let at = 8; at + 40 < FILE.length; at += 4) if (found(view, at)) return at;
  throw new Error('the frame is not where it was');
}

/** A column as the frame has it: rows, then nulls. */
const rowsAt = (view: DataView, at: number): boolean =>
  view.getBigInt64(at, true) > 100n && view.getBigInt64(at, true) < 2_000n && view.getBigInt64(at + 8, true) === 0n;

/** A block as the footer has it: where its message begins, and how long that is. */
const blockAt = (view: DataView, at: number): boolean => {
  const offset = Number(view.getBigInt64(at, true));
  const length = view.getInt32(at + 8, true);
  return (
    at > FILE.length / 2 &&
    offset >= 8 &&
    offset % 8 === 0 &&
    offset + length < FILE.length &&
    length > 100 &&
    length < 2_000 &&
    view.getInt32(offset, true) === -1
  );
};
