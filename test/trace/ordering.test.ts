import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BATCH_CAPACITY } from '../../src/trace/event.ts';
import { createHealth, type Health } from '../../src/trace/health.ts';
import { mergeRuns, type RunSource } from '../../src/trace/ordering.ts';

/** One run: its times in the order of the file. */
interface RunSpec {
  readonly times: readonly number[];
  readonly order?: number;
  readonly lateness?: number;
  /** Most rows a fill adds. */
  readonly step?: number;
  readonly later?: boolean;
}

/** `time/run.position` of each event that came out. */
type Merged = readonly string[];

/** How far back the latest event of a sequence reaches. */
function latenessOf(times: readonly number[]): number {
  let latest = -Infinity;
  let most = 0;
  for (const time of times) {
    most = Math.max(most, latest - time);
    latest = Math.max(latest, time);
  }
  return most;
}

function sourceOf({ times, order, lateness, step = BATCH_CAPACITY, later = false }: RunSpec, run: number): RunSource {
  let next = 0;
  return {
    order: order ?? run,
    lateness: lateness ?? latenessOf(times),
    fill(batch) {
      for (let n = 0; n < step && batch.length < batch.time.length && next < times.length; n++) {
        const row = batch.length++;
        batch.time[row] = times[next];
        batch.tid[row] = run;
        batch.nr[row] = next++;
      }
      return later ? Promise.resolve() : undefined;
    },
  };
}

async function merge(specs: readonly RunSpec[], health: Health = createHealth()): Promise<Merged> {
  const merged: string[] = [];
  await mergeRuns(
    specs.map(sourceOf),
    (batch, from, to) => {
      for (let row = from; row < to; row++) merged.push(`${batch.time[row]}/${batch.tid[row]}.${batch.nr[row]}`);
    },
    health,
  );
  return merged;
}

/** What the order promises: by time, run, position. */
const sorted = (specs: readonly RunSpec[]): Merged =>
  specs
    .flatMap(({ times }, run) => times.map((time, position) => ({ time, run, position })))
    .sort((a, b) => a.time - b.time || a.run - b.run || a.position - b.position)
    .map(({ time, run, position }) => `${time}/${run}.${position}`);

describe('merging runs', () => {
  test('of nothing gives nothing', async () => {
    expect(await merge([])).toEqual([]);
    expect(await merge([{ times: [] }, { times: [] }])).toEqual([]);
  });

  test('takes the earlier event, whichever run has it', async () => {
    expect(await merge([{ times: [1, 4, 5] }, { times: [2, 3, 6] }])).toEqual([
      '1/0.0',
      '2/1.0',
      '3/1.1',
      '4/0.1',
      '5/0.2',
      '6/1.2',
    ]);
  });

  test('takes at equal times the run of the lower order, wherever it stands in the list', async () => {
    const specs = [
      { times: [7, 7], order: 5 },
      { times: [7, 7], order: 2 },
    ];
    expect(await merge(specs)).toEqual(['7/1.0', '7/1.1', '7/0.0', '7/0.1']);
  });

  test('keeps the positions of a run at equal times', async () => {
    expect(await merge([{ times: [3, 3, 3] }])).toEqual(['3/0.0', '3/0.1', '3/0.2']);
  });

  test('puts right what comes late within the lateness of its run', async () => {
    expect(await merge([{ times: [10, 30, 20, 40] }, { times: [15, 25] }])).toEqual([
      '10/0.0',
      '15/1.0',
      '20/0.2',
      '25/1.1',
      '30/0.1',
      '40/0.3',
    ]);
  });

  test('keeps a short run that lies wholly within its lateness', async () => {
    expect(await merge([{ times: [2, 1] }])).toEqual(['1/0.1', '2/0.0']);
  });

  test('keeps a run whose last rows lie wholly within its lateness', async () => {
    const times = [...Array.from({ length: BATCH_CAPACITY }, (_, i) => i), BATCH_CAPACITY, BATCH_CAPACITY - 1];
    expect(await merge([{ times, lateness: 10 }])).toHaveLength(times.length);
  });

  test('counts an event later than its run may be, and passes it on where it stands', async () => {
    const times = [...Array.from({ length: BATCH_CAPACITY + 10 }, (_, i) => i + 100), 5];
    const health = createHealth();
    const merged = await merge([{ times, lateness: 0 }], health);
    expect(merged.at(-1)).toBe(`5/0.${times.length - 1}`);
    expect(health.entries()).toMatchObject([{ key: 'late-event', count: 1, first: { ns: 5 } }]);
  });

  test('counts no event of runs that are in order as late', async () => {
    const health = createHealth();
    await merge([{ times: [1, 2, 3] }, { times: [1, 1, 9] }], health);
    expect(health.entries()).toEqual([]);
  });

  test('goes on over many batches, synchronous or not', async () => {
    const specs = [0, 1, 2].map((run) => ({
      times: Array.from({ length: 3 * BATCH_CAPACITY + 17 }, (_, i) => 3 * i + ((i * 7 + run) % 3)),
      later: run === 1,
    }));
    expect(await merge(specs)).toEqual(sorted(specs));
  });

  test('holds over many batches what a later batch may still precede', async () => {
    const times = Array.from({ length: 3 * BATCH_CAPACITY }, (_, i) => (i % 100 === 99 ? 10 * i - 5_000 : 10 * i));
    const specs = [{ times }, { times: times.map((time) => time + 3) }];
    const health = createHealth();
    expect(await merge(specs, health)).toEqual(sorted(specs));
    expect(health.entries()).toEqual([]);
  });
});

const runOf: fc.Arbitrary<RunSpec> = fc.record({
  times: fc.array(fc.tuple(fc.nat({ max: 20 }), fc.nat({ max: 60 })), { maxLength: 120 }).map((steps) => {
    let clock = 0;
    return steps.map(([gap, back]) => Math.max(0, (clock += gap) - (back > 40 ? back : 0)));
  }),
  later: fc.boolean(),
});

test('any runs come out in order and complete', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(runOf, { maxLength: 6 }), async (specs) => {
      const health = createHealth();
      expect(await merge(specs, health)).toEqual(sorted(specs));
      expect(health.entries()).toEqual([]);
    }),
    { numRuns: 300, seed: 417 },
  );
});

test('runs that fill a few rows at a time come out in order and complete', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(runOf, { maxLength: 4 }), fc.integer({ min: 1, max: 9 }), async (runs, step) => {
      const specs = runs.map((run) => ({ ...run, step }));
      expect(await merge(specs)).toEqual(sorted(specs));
    }),
    { numRuns: 200, seed: 417 },
  );
});
