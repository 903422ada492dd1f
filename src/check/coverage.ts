/**
 * What no baseline exercises: a change of it would pass the gate. A price or footprint is exercised where cycles move when it
 * alone moves within its range; a fact of a kernel, where another kernel's value in its place changes a count.
 */
import { OPERATION_COUNT, OPERATIONS } from '../cpu-model/operations.ts';
import { COMPONENTS, priceVariables } from '../cpu-model/prices.ts';
import { openTrace, type PipelineResult } from '../pipeline.ts';
import { replayTrace, type Replayed } from '../replay/engine.ts';
import { KERNELS, type Kernel } from '../replay/kernels.ts';
import { Lane } from '../replay/lane.ts';
import { POLICIES } from '../replay/policies/index.ts';
import { byComponent, type Priced } from '../report/priced.ts';
import { causeKinds } from './cause-kinds.ts';
import type { OnReplay, OpenRecording } from './gate.ts';
import { operationsByCause } from './measure.ts';

/** Names by subject, in the order of the model's own lists. */
export interface Unexercised {
  readonly operations: readonly string[];
  /** `CPU.price` of CPUs that have baselines, and footprints. */
  readonly prices: readonly string[];
  readonly components: readonly string[];
  readonly causes: readonly string[];
  readonly policies: readonly string[];
  /** `fact=value` of some kernel. */
  readonly kernels: readonly string[];
}

export interface CoverageProbe {
  readonly onReplay: OnReplay;
  unexercised(): Unexercised;
}

/** Watches the replays of a gate. Costs a replay for each fact of a kernel that nothing before exercised. */
export function createCoverageProbe(open: OpenRecording): CoverageProbe {
  const seen = new Set<string>();
  const prices = new Set<string>();
  return {
    async onReplay(recording, _setup, done) {
      for (const { name } of priceVariables(done.plan.specs.map(({ cpu }) => cpu).filter(isFirst))) prices.add(name);
      for (const name of exercisedBy(done)) seen.add(name);
      const lanes = done.plan.lanes.filter(({ policy }) => policy.pti && !policy.optOut);
      for (const [name, others] of mutations(lanes)) {
        if (seen.has(name)) continue;
        for (const mutated of others) {
          const replayed = await open(recording, async (source, known) =>
            replayTrace(await openTrace(source, known), mutated, { optOut: [], optIn: [] }),
          );
          if (mutated.some((lane, i) => countsOf(replayed, lane) !== countsOf(done.replayed, lanes[i]))) seen.add(name);
        }
      }
    },
    unexercised() {
      const unseen = (names: Iterable<string>): readonly string[] =>
        [...new Set(names)].filter((name) => !seen.has(name));
      return {
        operations: unseen(OPERATIONS),
        prices: unseen(prices),
        components: unseen(COMPONENTS),
        causes: unseen(causeKinds()),
        policies: unseen(POLICIES.map(({ id }) => id)),
        kernels: unseen(KERNEL_FACTS.flatMap((fact) => KERNELS.map((kernel) => factName(kernel, fact)))),
      };
    },
  };
}

function* exercisedBy({ plan, replayed, priced }: PipelineResult): Generator<string> {
  for (const lane of plan.lanes) {
    for (const [op, name] of OPERATIONS.entries()) {
      for (let row = 0; row < replayed.rows.size; row++) {
        if (lane.counts.get(row, op) === 0) continue;
        yield name;
        break;
      }
    }
    yield* operationsByCause(replayed, lane).keys();
  }
  for (const { spec } of priced.lanes) yield plan.lanes[spec.replayed].policy.id;
  yield* exercisedByPrices(priced);
}

/** Components with cycles, and the variables that move them. */
function* exercisedByPrices({ lanes, rowsOf, settings }: Priced): Generator<string> {
  for (const lane of lanes) {
    for (const rows of Object.values(rowsOf)) {
      for (const [component, moved] of byComponent(lane, lane.quantitiesOf(rows))) {
        if (moved[0] !== 0) yield component;
        for (const [i, { name }] of settings.variables.entries())
          if (moved[1 + 2 * i] !== moved[0] || moved[2 + 2 * i] !== moved[0]) yield name;
      }
    }
  }
}

const isFirst = <T>(value: T, index: number, all: readonly T[]): boolean => all.indexOf(value) === index;

type Fact = Exclude<keyof Kernel, 'id' | 'what'>;

const valuesOf = (fact: Fact): readonly Kernel[Fact][] => KERNELS.map((kernel) => kernel[fact]).filter(isFirst);

/** Facts in which kernels differ. */
const KERNEL_FACTS: readonly Fact[] = (Object.keys(KERNELS[0]) as (keyof Kernel)[])
  .filter((key): key is Fact => key !== 'id' && key !== 'what')
  .filter((fact) => valuesOf(fact).length > 1);

const factName = (kernel: Kernel, fact: Fact): string => `${fact}=${kernel[fact]}`;

/** Each fact of the lanes' kernel, with the same lanes under the values that it has in other kernels. */
function* mutations(lanes: readonly Lane[]): Generator<readonly [string, Generator<readonly Lane[]>]> {
  const { kernel } = lanes[0].machine;
  for (const fact of KERNEL_FACTS) yield [factName(kernel, fact), mutated(lanes, fact)];
}

function* mutated(lanes: readonly Lane[], fact: Fact): Generator<readonly Lane[]> {
  for (const value of valuesOf(fact)) {
    if (lanes.every(({ machine }) => machine.kernel[fact] === value)) continue;
    yield lanes.map(
      ({ policy, machine, evidence }) =>
        new Lane(policy, { ...machine, kernel: { ...machine.kernel, [fact]: value } }, evidence),
    );
  }
}

/** All counts of a lane by operation, as text. */
function countsOf({ rows }: Replayed, { counts, sums }: Lane): string {
  const operations = Array.from({ length: OPERATION_COUNT }, (_, op) => {
    let sum = 0;
    for (let row = 0; row < rows.size; row++) sum += counts.get(row, op);
    return sum;
  });
  const { crossing, switch: switches, flush, other, nonCrossingFlush } = sums;
  return [...operations, crossing, switches, flush, other, nonCrossingFlush].join();
}
