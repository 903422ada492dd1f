/** What a replay found out about processes, ready for tables: who counts as what, and under which index. */
import { Op } from '../cpu-model/operations.ts';
import type { HostFacts } from '../trace/trace.ts';
import type { StringTable } from '../trace/strings.ts';
import type { Replayed } from './engine.ts';
import type { PtiState } from './optout/states.ts';
import { KERNEL_PROCESS } from './process-tree.ts';
import type { Process } from './tasks.ts';

/**
 * `measured`: entered from user mode in the recording; `bystander`: any other user process; `recorder`: the program that
 * recorded; `kernel`: idle and kernel threads.
 */
export type Scope = 'measured' | 'bystander' | 'recorder' | 'kernel';

/** One process, in order of birth. */
export interface ProcessOutcome {
  /** Index in every table. */
  readonly index: number;
  readonly scope: Scope;
  readonly pid: number;
  /** Index of the parent; undefined where it is older than the trace. */
  readonly parent: number | undefined;
  readonly comm: string;
  readonly exe: string;
  /** Where the trace tells it. */
  readonly cgroup: string | undefined;
  readonly startNs: number;
  readonly endNs: number | undefined;
  readonly onCpuNs: number;
  /** Crossings between user mode and the kernel, both ways. */
  readonly crossings: number;
  /** State at its end, by lane. */
  readonly states: readonly PtiState[];
}

export interface ProcessOutcomes {
  readonly list: readonly ProcessOutcome[];
  /** Index in {@link list} of a process of the tree. */
  indexOf(process: Process): number;
}

export function processOutcomes(
  replayed: Replayed,
  names: StringTable,
  host: HostFacts,
  recorderName: string | undefined,
): ProcessOutcomes {
  const { tree, rows, lanes, optOuts } = replayed;
  const kept = tree.processes.filter((process) => !process.partOf);
  const indices = new Int32Array(tree.processes.length).fill(-1);
  kept.forEach((process, index) => (indices[process.index] = index));
  const indexOf = (process: Process): number => {
    let real = process;
    while (real.partOf) real = real.partOf;
    return indices[real.index];
  };
  const crossings = new Float64Array(kept.length);
  const [lane] = lanes;
  for (let row = 0; lane && row < rows.size; row++)
    crossings[indexOf(tree.processes[rows.processOf(row)])] +=
      lane.counts.get(row, Op.entries) + lane.counts.get(row, Op.exits);

  const isRecorder = (process: Process): boolean =>
    host.recorderPids
      ? host.recorderPids.includes(process.pid)
      : recorderName !== undefined && !process.bornInTrace && names.text(process.comm) === recorderName;
  const scopeOf = (process: Process): Scope => {
    if (process.index === KERNEL_PROCESS) return 'kernel';
    if (isRecorder(process)) return 'recorder';
    return process.userEntries > 0 ? 'measured' : 'bystander';
  };
  const stateOf = (process: Process, lane: number): PtiState => {
    if (!lanes[lane].policy.pti) return 'off (boot)';
    return optOuts[lane]?.stateOf(process) ?? 'on';
  };
  const list = kept.map((process, index): ProcessOutcome => ({
    index,
    scope: scopeOf(process),
    pid: process.pid,
    parent: process.parent && indexOf(process.parent),
    comm: names.text(process.comm),
    exe: names.text(process.exe),
    cgroup: process.cgroup === 0 ? undefined : names.text(process.cgroup),
    startNs: process.startNs,
    endNs: process.endNs,
    onCpuNs: process.onCpuNs,
    crossings: crossings[index],
    states: lanes.map((_, i) => stateOf(process, i)),
  }));
  return { list, indexOf };
}
