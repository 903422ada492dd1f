/**
 * First pass: which parts of the data section belong to which CPU. perf drains one CPU's buffer after another, so the file
 * is a patchwork of per-CPU runs, each of them nearly in time order; the second pass merges them where they lie.
 */
import type { Bytes } from '../../../io/bytes.ts';
import type { Health } from '../../health.ts';
import { Record } from './layout.ts';
import { cgroupOf, commOf, Found, since, type Records } from './records.ts';
import { walkerOf, type Section, type Visit } from './sections.ts';

/** What is read stays in a CPU's own cache while it is looked at. */
const WINDOW_BYTES = 512 * 1024;
const MOST_CGROUPS = 1_000_000;
/** Stretches of other CPUs up to this many bytes are bridged: the second pass skips their records. */
const FIRST_BRIDGE = 64;
/** Stretches kept over all runs; beyond it the bridge doubles, so memory stays bounded on any length. */
const MOST_STRETCHES = 1_000_000;

/** The records of one CPU (of one task where the recording has no CPUs). */
export interface Run {
  /** As {@link Now.run}. */
  readonly key: number;
  /** The section it lies in: each file of a folder has its own runs. */
  readonly section: number;
  /** File offsets of its stretches: begin and end of each in turn. */
  stretches: number[];
  events: number;
  /** The latest time seen, relative to the first event of the file. */
  latest: number;
  /** How far back the run's latest record reaches, in ns; 0 = in order. */
  lateness: number;
}

export interface InitialTask {
  readonly pid: number;
  readonly tid: number;
  readonly name: string;
}

export interface Plan {
  readonly runs: readonly Run[];
  /** The clock at the first sample: time 0. */
  readonly originNs: bigint;
  /** Time of the first event, at or before 0. */
  readonly startNs: number;
  readonly samples: number;
  readonly events: number;
  readonly depthUsable: boolean;
  /** Tasks older than the recording, as perf listed them. */
  readonly initialTasks: readonly InitialTask[];
  /** Paths by id. */
  readonly cgroups: ReadonlyMap<number, string>;
}

export async function planRuns(
  bytes: Bytes,
  sections: readonly Section[],
  records: Records,
  health: Health,
): Promise<Plan> {
  const stretches = createStretches();
  const initialTasks: InitialTask[] = [];
  const low = records.little ? 0 : 4;
  const cgroups = new Map<number, string>();
  const { now, little } = records;
  let origin: { low: number; high: number } | undefined;
  /** Of a sample; what the recorder noted of its own start may lie before. */
  let earliest: number | undefined;
  let start = 0; // of any event
  let samples = 0;
  let events = 0;
  let depthProblems = 0;
  let lost = 0;
  let lostSamples = 0;
  let firstLost: number | undefined;
  let file = 0;

  const visit: Visit = (view, at, type, size, byte) => {
    if (type === Record.sample) samples++;
    switch (records.look(view, at, type, size)) {
      case Found.event: {
        origin ??= { low: now.timeLow, high: now.timeHigh };
        const time = since(now.timeLow, now.timeHigh, origin.low, origin.high);
        if (time < start) start = time;
        if (type === Record.sample && !(time >= (earliest ?? Infinity))) earliest = time;
        if (now.depthProblem) depthProblems++;
        events++;
        stretches.add(file, now.run, byte, byte + size, time);
        if (type === Record.lost) {
          lost += view.getUint32(at + 16 + low, little);
          firstLost ??= byte;
        }
        break;
      }
      case Found.unknownSample:
        health.count('unknown-event', { byte });
        break;
      case Found.damaged:
        health.count('damaged-record', { byte });
        break;
      case Found.nothing:
        if (type === Record.comm && size >= 24)
          initialTasks.push({
            pid: view.getInt32(at + 8, little),
            tid: view.getInt32(at + 12, little),
            name: commOf(view, at, size),
          });
        else if (type === Record.cgroup && size >= 24 && cgroups.size < MOST_CGROUPS) {
          const { id, path } = cgroupOf(view, at, size, little);
          cgroups.set(id, path);
        } else if (type === Record.lostSamples && size >= 16) lostSamples += view.getUint32(at + 8 + low, little);
        else if (type === Record.throttle) health.count('throttled', { byte });
        else if (type > Record.lastOfKernel && type < Record.firstOfUser) health.count('unknown-record', { byte });
        break;
    }
    return true;
  };

  for (const section of sections) {
    const { end, torn } = await walkerOf(bytes, section, little, undefined, WINDOW_BYTES).walk(visit);
    if (torn === 'damaged') health.count('damaged-record', { byte: end });
    if (torn !== undefined) health.count('truncated', { byte: end });
    file++;
  }

  // Both kinds of record report the same loss: the inline one where, the closing one how much of each event.
  if (lost > 0 || lostSamples > 0) health.count('lost', { byte: firstLost }, Math.max(lost, lostSamples));
  if (depthProblems > 0) health.count('no-preempt-depth', {}, depthProblems);
  const first = origin ? (BigInt(origin.high) << 32n) + BigInt(origin.low) : 0n;
  return {
    runs: stretches.runs(),
    originNs: first + BigInt(earliest ?? 0),
    startNs: Math.min(0, start - (earliest ?? 0)),
    samples,
    events,
    depthUsable: depthProblems === 0,
    initialTasks,
    cgroups,
  };
}

/** More than there are keys of runs: CPUs and task ids. */
const RUNS = 2 ** 33;

function createStretches(): {
  add(section: number, key: number, begin: number, end: number, time: number): void;
  runs(): readonly Run[];
} {
  const runs = new Map<number, Run>();
  let bridge = FIRST_BRIDGE;
  let count = 0;
  let last: Run | undefined;

  const compact = (): void => {
    bridge *= 4;
    count = 0;
    for (const run of runs.values()) {
      const merged: number[] = [];
      for (let i = 0; i < run.stretches.length; i += 2) {
        const [begin, end] = [run.stretches[i], run.stretches[i + 1]];
        if (merged.length > 0 && begin - merged.at(-1)! <= bridge) merged[merged.length - 1] = end;
        else merged.push(begin, end);
      }
      run.stretches = merged;
      count += merged.length / 2;
    }
  };

  return {
    add(section, key, begin, end, time) {
      let run = last?.key === key && last.section === section ? last : runs.get(section * RUNS + key);
      if (!run) {
        run = { key, section, stretches: [begin, end], events: 0, latest: time, lateness: 0 };
        runs.set(section * RUNS + key, run);
        count++;
      }
      last = run;
      const { stretches } = run;
      if (begin - stretches[stretches.length - 1] <= bridge) stretches[stretches.length - 1] = end;
      else {
        stretches.push(begin, end);
        if (++count > MOST_STRETCHES) compact();
      }
      run.events++;
      if (time >= run.latest) run.latest = time;
      else if (run.latest - time > run.lateness) run.lateness = run.latest - time;
    },
    runs: () => [...runs.values()].sort((a, b) => a.key - b.key || a.section - b.section),
  };
}
