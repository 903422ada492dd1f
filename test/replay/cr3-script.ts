/** CR3 at the entries of a recording written by hand. */
import { decodeCr3 } from '../../src/replay/cr3-layout.ts';
import { Cr3Lane, type Cr3Entry } from '../../src/replay/cr3.ts';
import { replayTrace, type Replayed } from '../../src/replay/engine.ts';
import { planLanes } from '../../src/replay/lane-plan.ts';
import { parseSelector } from '../../src/replay/optout/selectors.ts';
import { traceOf, type Recording } from './recording.ts';
import type { ReplayOptions } from './script.ts';

type Make = (...args: ConstructorParameters<typeof Cr3Lane>) => Cr3Lane;

export interface Cr3Options extends Omit<ReplayOptions, 'policies' | 'cpus'> {
  readonly policy?: string;
  /** As `--rule` takes them. */
  readonly rules?: readonly string[];
  /** Makes the lane from the planned one: for lanes with a fault. */
  readonly make?: Make;
}

export interface Cr3Run {
  readonly entries: readonly Cr3Entry[];
  readonly replayed: Replayed;
  readonly lane: Cr3Lane;
  /** Raw values of the entries of a task, in hexadecimal. */
  raw(tid: number): readonly string[];
  /** Address space, ASID and half of each entry of a task. */
  decoded(tid: number): readonly string[];
  readonly violations: readonly string[];
}

const makeLane: Make = (like, onEntry) => new Cr3Lane(like, onEntry);

export async function cr3Of(recording: Recording, options: Cr3Options = {}): Promise<Cr3Run> {
  const trace = traceOf(recording);
  const { policy = 'optout', pcid = true, kernel = '6.1', make = makeLane } = options;
  const plan = planLanes(
    { virt: 'guest', cpus: ['skylake-sp'], kernel, policies: [policy], rules: options.rules, noPcid: !pcid },
    trace.host,
    trace.recordsFlushes,
  );
  const entries: Cr3Entry[] = [];
  const lane = make(plan.lanes[0], (entry) => entries.push(entry));
  const parse = (texts: readonly string[] = []) => texts.map((text) => parseSelector(text, { commandPid: undefined }));
  const selectors = { optOut: parse(options.optOut), optIn: parse(options.optIn) };
  const replayed = await replayTrace(trace, [lane], selectors, lane);
  const of = (tid: number): readonly Cr3Entry[] => entries.filter((entry) => entry.tid === tid);
  return {
    entries,
    replayed,
    lane,
    raw: (tid) => of(tid).map(({ raw }) => raw.toString(16)),
    decoded: (tid) =>
      of(tid).map(({ raw }) => {
        const { mm, asid = '-', half } = decodeCr3(raw, pcid);
        return `${mm}/${asid} ${half}`;
      }),
    violations: entries.flatMap(({ violation }) => violation ?? []),
  };
}
