/** A recording in counts, as a comparison takes it, wherever it comes from: a replay, or the tables that one left. */
import { usageError, printable } from '../errors.ts';
import { nearest } from '../nearest.ts';
import type { Cpu } from '../cpu-model/cpu.ts';
import { OPERATION_COUNT } from '../cpu-model/operations.ts';
import type { Policy } from '../replay/policies/index.ts';
import type { BaselineInput } from './baseline.ts';
import type { Doubt } from './doubts.ts';
import type { LaneResult, TraceFile } from './result.ts';

/** What a lane is, without what it costs. */
export const LANE_FACTS = [
  'lane',
  'policy',
  'cpu',
  'kernel',
  'virt',
  'pcid',
  'invpcid',
  'ptiMode',
  'affected',
  'decidedBy',
  'ghz',
] as const satisfies readonly (keyof LaneResult)[];
export type LaneFacts = Pick<LaneResult, (typeof LANE_FACTS)[number]>;

/** What a lane counted on the whole machine. */
export const LANE_COUNTS = [
  'operations',
  'crossingCr3Writes',
  'switchCr3Writes',
  'flushCr3Writes',
  'otherCr3Writes',
] as const satisfies readonly (keyof LaneResult)[];

export interface CountedLane {
  readonly facts: LaneFacts;
  readonly counts: Pick<LaneResult, (typeof LANE_COUNTS)[number]>;
  readonly cpu: Cpu;
  readonly policy: Policy;
}

/** Counts of processes of one name, with one cause, in some lanes. */
export interface CountGroup {
  /** Name of the processes: untrusted. */
  readonly program: string;
  /** They belong to the measured set. */
  readonly measured: boolean;
  readonly cause: string;
  /** By lane, in the order they were asked for: counts by operation. */
  readonly counts: readonly Float64Array[];
}

export interface CountedFacts {
  /** Version of the model that counted. */
  readonly model: string;
  readonly files: readonly TraceFile[];
  readonly events: number;
  readonly durationNs: number;
  /** Doubts of the recording, not of prices. */
  readonly doubts: readonly Doubt[];
  readonly baseline: BaselineInput;
  /** In the order they were asked for. */
  readonly lanes: readonly CountedLane[];
}

export interface Counted extends CountedFacts {
  /** Counts of some of the lanes, in no certain order. */
  readonly groups: (lanes: readonly CountedLane[]) => Promise<readonly CountGroup[]>;
}

/** Counts that are added up by program, scope and cause. */
export class CountGroups {
  /** By scope, cause, program: each a map of its own, for a name may hold anything. */
  readonly #scopes: readonly Map<string, Map<string, CountGroup>>[] = [new Map(), new Map()];
  readonly #all: CountGroup[] = [];

  constructor(private readonly lanes: number) {}

  of(program: string, measured: boolean, cause: string): CountGroup {
    const causes = this.#scopes[Number(measured)];
    let programs = causes.get(cause);
    if (!programs) causes.set(cause, (programs = new Map<string, CountGroup>()));
    let group = programs.get(program);
    if (!group) {
      const counts = Array.from({ length: this.lanes }, () => new Float64Array(OPERATION_COUNT));
      programs.set(program, (group = { program, measured, cause, counts }));
      this.#all.push(group);
    }
    return group;
  }

  all(): readonly CountGroup[] {
    return this.#all;
  }
}

/** The lane that one side of a comparison is, and those it is set against. */
export interface ChosenLane {
  readonly lane: CountedLane;
  /** Of the same machine, without isolation; undefined where there is none. */
  readonly bare: CountedLane | undefined;
  /** Of the same machine, with isolation for all. */
  readonly isolated: CountedLane | undefined;
}

/** The lane that is compared where none is named. */
export const DEFAULT_LANE = 'pti';

/**
 * @param wanted - the name of a lane; undefined: {@link DEFAULT_LANE}, or the only lane with isolation for all
 * @param where - whose lanes they are
 * @throws a usage error where there is no such lane, or several could be meant
 */
export function chooseLane(lanes: readonly CountedLane[], wanted: string | undefined, where: string): ChosenLane {
  const lane = wanted === undefined ? defaultLane(lanes, where) : namedLane(lanes, wanted, where);
  const same = lanes.filter((each) => machineOf(each) === machineOf(lane));
  return { lane, bare: same.find(({ policy }) => !policy.pti), isolated: same.find(isIsolated) };
}

const isIsolated = ({ policy }: CountedLane): boolean => policy.pti && !policy.optOut;

/** The same for all lanes whose costs can be set against each other one to one. */
export const machineOf = ({ facts }: CountedLane): string =>
  [facts.cpu, facts.kernel, facts.virt, facts.pcid, facts.invpcid, facts.ptiMode, facts.ghz].join();

function namedLane(lanes: readonly CountedLane[], wanted: string, where: string): CountedLane {
  const lane = lanes.find(({ facts }) => facts.lane === wanted);
  if (lane) return lane;
  const names = namesOf(lanes);
  const hint = nearest(wanted, names);
  throw usageError(
    `no lane "${printable(wanted, 40)}"`,
    where,
    `did you mean ${printable(hint ?? DEFAULT_LANE)}? It has ${printable(names.join(', '))}; --policy and --cpu give a trace others`,
  );
}

function defaultLane(lanes: readonly CountedLane[], where: string): CountedLane {
  const lane = lanes.find(({ facts }) => facts.lane === DEFAULT_LANE);
  if (lane) return lane;
  const isolated = lanes.filter(isIsolated);
  if (isolated.length === 1) return isolated[0];
  const names = printable(namesOf(isolated.length > 1 ? isolated : lanes).join(', '));
  throw usageError(
    isolated.length > 1 ? 'several lanes could be meant' : `no lane with isolation for all`,
    where,
    `name one behind a colon: ${names}`,
  );
}

const namesOf = (lanes: readonly CountedLane[]): readonly string[] => lanes.map(({ facts }) => facts.lane);
