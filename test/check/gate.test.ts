/** The gate holds for the model as it is, and no figure of a baselined CPU can change behind its back. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { compareSections, type Difference } from '../../src/check/compare.ts';
import { createCoverageProbe, type Unexercised } from '../../src/check/coverage.ts';
import { runGate, type GateResult } from '../../src/check/gate.ts';
import { setupSections } from '../../src/check/measure.ts';
import { RECORDINGS } from '../../src/check/recordings.ts';
import { baselinePath, openRecording, readBaselines } from '../../src/cli/baseline-files.ts';
import { PRICES, type Cpu, type PriceName, type Sourced } from '../../src/cpu-model/cpu.ts';
import { findCpu } from '../../src/cpu-model/cpus/index.ts';
import { FOOTPRINTS, type FootprintName, type Footprints } from '../../src/cpu-model/footprints.ts';
import { componentOf, priceOf, QUANTITY_COUNT, type Component } from '../../src/cpu-model/prices.ts';
import type { PipelineResult } from '../../src/pipeline.ts';
import type { LaneSpec } from '../../src/replay/lane-plan.ts';
import { priceReplay } from '../../src/report/priced.ts';
import { comparisons, laneResult } from '../../src/report/result.ts';
import { ROOT } from '../support/fixtures.ts';

const FOLDER = join(ROOT, 'traces/baselines');
const TIMEOUT_MS = 300_000;

interface Replay {
  readonly recording: string;
  readonly setup: string;
  readonly done: PipelineResult;
}

let gate: GateResult;
let unexercised: Unexercised;
/** What small recordings exercise is looked for there alone: pricing a large one takes long. */
const LARGE = 50_000;
const small: Replay[] = [];
const large: Replay[] = [];

beforeAll(async () => {
  const probe = createCoverageProbe(openRecording);
  gate = await runGate({
    recordings: RECORDINGS,
    baselines: await readBaselines(FOLDER, false),
    where: (name) => baselinePath(FOLDER, name),
    open: openRecording,
    async onReplay(recording, setup, done) {
      const replay = { recording: recording.name, setup: setup.id, done };
      if (done.trace.samples > LARGE) {
        large.push(replay);
        return;
      }
      small.push(replay);
      await probe.onReplay(recording, setup, done);
    },
  });
  unexercised = probe.unexercised();
}, TIMEOUT_MS);

test('the model says what its baselines say', () => {
  expect(gate.compared).toBeGreaterThan(5000);
  expect(gate.differences).toEqual([]);
});

test('each recording with a baseline is listed once, and each baseline has a reason', () => {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.txt'));
  expect(files.sort()).toEqual(RECORDINGS.map(({ name }) => `${name}.txt`).sort());
  for (const file of files) expect(readFileSync(join(FOLDER, file), 'utf8')).toMatch(/^reason: \S/m);
});

/** A figure of the model, and the same pricing with another value of it. */
interface Figure {
  readonly name: string;
  readonly components: readonly Component[];
  readonly change: Change;
}

interface Change {
  readonly cpus?: readonly Cpu[];
  readonly footprints?: Footprints;
}

const tenPercentMore = (figure: Sourced<number>): Sourced<number> => ({
  ...figure,
  value: figure.value === 0 ? 0.1 : figure.value * 1.1,
});

const BASELINED = ['skylake-sp', 'sandybridge', 'nehalem'].map((id) => findCpu(id)!);

const componentsOf = (price: PriceName): readonly Component[] =>
  Array.from({ length: QUANTITY_COUNT }, (_, quantity) => quantity)
    .filter((quantity) => priceOf(quantity) === price)
    .flatMap((quantity) => componentOf(quantity) ?? []);

const pricesOf = (cpu: Cpu): readonly Figure[] =>
  PRICES.flatMap((price) => {
    const figure = cpu.prices?.[price];
    if (!cpu.prices || !figure) return [];
    const prices = { ...cpu.prices, [price]: tenPercentMore(figure) };
    return [{ name: `${cpu.id}.${price}`, components: componentsOf(price), change: { cpus: [{ ...cpu, prices }] } }];
  });

const FOOTPRINT_COMPONENTS: Readonly<Record<FootprintName, readonly Component[]>> = {
  kernelFlushWalks: ['refill'],
  kernelSegmentWalks: ['refill'],
  guestWalk: ['refill'],
  guestIpi: ['shootdown'],
};

const FIGURES: readonly Figure[] = [
  ...BASELINED.flatMap(pricesOf),
  ...Object.entries(FOOTPRINT_COMPONENTS).map(([name, components]) => ({
    name,
    components,
    change: { footprints: { ...FOOTPRINTS, [name]: tenPercentMore(FOOTPRINTS[name as FootprintName]) } },
  })),
];

/** What the gate would find, had the model these figures: the counts are those that were replayed. */
function differencesWith({ cpus = [], footprints }: Change, replays: readonly Replay[]): readonly Difference[] {
  const swap = (spec: LaneSpec): LaneSpec => ({ ...spec, cpu: cpus.find(({ id }) => id === spec.cpu.id) ?? spec.cpu });
  return replays.flatMap(({ recording, setup, done }) => {
    const { replayed, trace, processes } = done;
    const plan = { ...done.plan, specs: done.plan.specs.map(swap), bounds: done.plan.bounds.map(swap) };
    const input = { trace, plan, replayed, processes, ghz: undefined, untracedCpu: undefined };
    const priced = priceReplay(footprints ? { ...input, footprints } : input);
    const result = {
      ...done.result,
      lanes: priced.lanes.map((lane) => laneResult(lane, plan.lanes[lane.spec.replayed], replayed, priced.rowsOf)),
      comparisons: comparisons(priced, plan, replayed.durationNs),
    };
    const [before, after] = [done.result, result].map((each) => setupSections(setup, { result: each, plan, replayed }));
    return compareSections(recording, before, after).differences;
  });
}

test('the same figures make no difference', () => {
  expect(differencesWith({}, small)).toEqual([]);
});

describe('a figure 10 % higher is found, and its component and CPU are named', () => {
  test.each(FIGURES)('$name', ({ name, components, change }) => {
    const differences = differencesWith(change, small);
    // What is not found here must be what --coverage lists.
    if (unexercised.prices.includes(name)) {
      expect(differences).toEqual([]);
      return;
    }
    const named = differences.flatMap(({ value }) => /(?:^|\.)cycles\.(\w+)$/.exec(value ?? '')?.[1] ?? []);
    expect([...new Set(named)].sort()).toEqual([...new Set(components)].sort());
    const [cpu, price] = name.split('.');
    if (price !== undefined) expect(differences.filter(({ lane }) => lane?.includes(`@${cpu}`) !== true)).toEqual([]);
  });

  test('all prices of these CPUs and all footprints were tried, and --coverage lists those that nothing exercises', () => {
    const prices = BASELINED.flatMap(({ id, prices: all }) =>
      Object.entries(all ?? {}).flatMap(([price, figure]) => (figure ? [`${id}.${price}`] : [])),
    );
    expect(FIGURES.map(({ name }) => name).sort()).toEqual([...prices, ...Object.keys(FOOTPRINTS)].sort());
    expect([...unexercised.prices].sort()).toEqual([
      'nehalem.cr4PgeToggle',
      'sandybridge.cr4PgeToggle',
      'skylake-sp.cr4PgeToggle',
      'skylake-sp.invpcidAll',
    ]);
  });

  test.each(['ghz', 'singleThreadIndex'] as const)('the %s of each CPU', (figure) => {
    const cpus = BASELINED.map((cpu) => ({ ...cpu, [figure]: tenPercentMore(cpu[figure]) }));
    // The host of the small recordings is no listed CPU, whose speed is not known.
    const [replay] = large;
    const found = differencesWith({ cpus }, [replay]).filter(({ value }) => value === 'baselineCycles');
    expect(found).toHaveLength(replay.done.plan.specs.length);
  });
});

test('a baseline of no recording is a difference, and is taken away by an update', async () => {
  const [name] = RECORDINGS.map((recording) => recording.name);
  const text = readFileSync(baselinePath(FOLDER, name), 'utf8');
  const request = { recordings: [], baselines: new Map([['gone', text]]), where: String, open: openRecording };
  expect((await runGate(request)).differences).toEqual([
    { recording: 'gone', lane: undefined, value: undefined, old: 'present', new: undefined },
  ]);
  expect((await runGate({ ...request, reason: 'x' })).extra).toEqual(['gone']);
});

test('an update takes nothing away that is no baseline', async () => {
  const request = { recordings: [], baselines: new Map([['notes', 'mine\n']]), where: String, open: openRecording };
  await expect(runGate({ ...request, reason: 'x' })).rejects.toThrow('not a baseline: notes');
});

test('the lists of --coverage name what the model has and no recording shows', () => {
  expect(unexercised.operations).toEqual(['invpcidAll', 'cr4PgeToggle']);
  expect(unexercised.components).toEqual([]);
  expect(unexercised.causes.filter((cause) => !cause.startsWith('flush:'))).toEqual(['device-irq', 'nmi']);
  expect(unexercised.causes).toContain('flush:mremap');
  expect(unexercised.causes).not.toContain('flush:munmap');
  expect(unexercised.policies).toContain('global-off');
  expect(unexercised.kernels).toContain('nmiRestoresCr3=true');
  expect(unexercised.kernels).not.toContain('asids=1');
});
