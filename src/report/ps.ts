/** `ptilab ps`: the `/proc` that a kernel with the opt-out would show at a moment, and which rule made it so. */
import { usageError } from '../errors.ts';
import type { Replayed } from '../replay/engine.ts';
import type { Lane } from '../replay/lane.ts';
import type { LaneSpec } from '../replay/lane-plan.ts';
import type { MomentWatch } from '../replay/moment.ts';
import type { PtiState, Transition } from '../replay/optout/states.ts';
import { firstState, historiesAt } from '../replay/states.ts';
import type { Process } from '../replay/tasks.ts';
import type { Trace } from '../trace/trace.ts';

/** One change of state of a process. */
export interface PsChange {
  readonly timeNs: number;
  readonly tid: number;
  readonly event: string;
  /** The named choice that decided. */
  readonly rule: string;
  readonly from: PtiState;
  readonly to: PtiState;
}

export interface PsProcess {
  readonly pid: number;
  /** Its parent's pid; null where the parent is older than the recording, or not in it. */
  readonly parent: number | null;
  /** How deep it stands in the tree of those alive. */
  readonly depth: number;
  readonly comm: string;
  readonly exe: string;
  readonly threads: number;
  readonly crossings: number;
  /** It had an event of its own, not only switches: who has none is matched by no selector. */
  readonly recorded: boolean;
  readonly startNs: number;
  /** When it will have ended, null: not in the recording. */
  readonly endNs: number | null;
  /** The `PTI:` line. */
  readonly pti: PtiState | 'not affected';
  /** The state in the lane: that of `pti`, unless the CPU is not affected. */
  readonly state: PtiState;
  /** The change that set the state; null: it was so from the first. */
  readonly setBy: PsChange | null;
  /** Where the state was inherited, or is the one of an ancestor that had lost the opt-out: who it began with, and the change there. */
  readonly origin: { readonly pid: number; readonly comm: string; readonly setBy: PsChange } | null;
  /** All its changes so far, oldest first. */
  readonly history: readonly PsChange[];
}

export interface PsResult {
  readonly schema: 'ptilab.ps';
  readonly version: 1;
  readonly path: string;
  readonly timeNs: number;
  readonly durationNs: number;
  readonly lane: {
    readonly lane: string;
    readonly policy: string;
    readonly cpu: string;
    readonly kernel: string;
    readonly affected: boolean;
  };
  readonly selectors: readonly string[];
  /** What a scenario asks for beside them: `calls[0]`, `marks[2]`, `events[1]`. */
  readonly asked: readonly string[];
  readonly system: {
    /** The text of /sys/devices/system/cpu/vulnerabilities/meltdown. */
    readonly meltdown: string;
    /** Whether somebody forced isolation on for everybody, until the next boot. */
    readonly lock: 'ALLOW' | 'FORCED';
    readonly optedOutProcesses: number;
    /** Address spaces without isolation. */
    readonly optedOutMms: number;
  };
  /** Parents before their children, by pid among siblings. */
  readonly processes: readonly PsProcess[];
}

interface Input {
  readonly trace: Trace;
  readonly path: string;
  readonly spec: LaneSpec;
  readonly lane: Lane;
  readonly replayed: Replayed;
  readonly watch: MomentWatch;
  readonly timeNs: number | undefined;
}

const INHERITING: ReadonlySet<string> = new Set(['fork', 'clone-vm']);

export function psResult({ trace, path, spec, lane, replayed, watch, timeNs: asked }: Input): PsResult {
  const { tree, optOuts, durationNs, wrappers } = replayed;
  const timeNs = Math.min(asked ?? durationNs, durationNs);
  // Where threads are in or out by themselves, a process is as its leader.
  const byThread = optOuts[0]?.rules.scope === 'thread';
  const transitions = (optOuts[0]?.transitions ?? []).filter(
    ({ process, tid, event }) => !byThread || tid === process.pid || event === 'start',
  );
  const histories = historiesAt(transitions, timeNs);
  const affected = spec.cpu.meltdown.value;
  const nameOf = (process: Process): string => trace.strings.text(watch.at(process).comm);
  const isAlive = ({ startNs, bornInTrace, endNs }: Process): boolean =>
    (!bornInTrace || startNs <= timeNs) && (endNs === undefined || endNs > timeNs);
  const alive = tree.processes.filter((process) => !process.kernel && !process.partOf && isAlive(process));
  const describe = (process: Process, depth: number): PsProcess => {
    const { comm, exe, threads, crossings } = watch.at(process);
    const history = histories.get(process) ?? [];
    const last = history.at(-1);
    const state = last?.to ?? firstState(lane);
    const origin = last ? originOf(process, last, histories) : ancestorsChange(process, state, histories);
    return {
      pid: process.pid,
      parent: parentOf(process)?.pid ?? null,
      depth,
      comm: trace.strings.text(comm),
      exe: trace.strings.text(exe),
      threads,
      crossings,
      recorded: process.seen,
      startNs: process.startNs,
      endNs: process.endNs ?? null,
      pti: affected ? state : 'not affected',
      state,
      setBy: last ? changeOf(last) : null,
      origin: origin ? { pid: origin.process.pid, comm: nameOf(origin.process), setBy: changeOf(origin) } : null,
      history: history.map(changeOf),
    };
  };
  const processes = inTree(alive).map(([process, depth]) => describe(process, depth));
  const isOut = ({ state }: PsProcess): boolean => state === 'off (opted out)';
  const optedOut = processes.filter(isOut).length;
  const mms = new Set(alive.filter((process) => isOut(describe(process, 0))).map((process) => watch.at(process).mm));
  return {
    schema: 'ptilab.ps',
    version: 1,
    path,
    timeNs,
    durationNs,
    lane: { lane: spec.name, policy: lane.policy.id, cpu: spec.cpu.id, kernel: spec.kernel, affected },
    asked: replayed.heard.map(({ name }) => name),
    selectors: wrappers.all.map(({ selector, off }) => `${off ? '--opt-out' : '--opt-in'} ${selector.text}`),
    system: {
      meltdown: meltdownText(affected, lane, optedOut),
      lock: [...histories.values()].flat().some(({ event }) => event === 'force') ? 'FORCED' : 'ALLOW',
      optedOutProcesses: optedOut,
      optedOutMms: mms.size,
    },
    processes,
  };
}

/**
 * The processes with one pid alone.
 *
 * @throws a usage error where none is alive
 */
export function onlyPid(result: PsResult, pid: number): PsResult {
  const processes = result.processes.filter((process) => process.pid === pid);
  if (processes.length > 0) return { ...result, processes };
  const pids = result.processes.map((process) => process.pid);
  const nearest = pids.reduce((best, each) => (Math.abs(each - pid) < Math.abs(best - pid) ? each : best), pids[0]);
  throw usageError(
    `no process ${pid} is alive ${(result.timeNs / 1e9).toFixed(6)} s after the start`,
    '--pid',
    pids.length > 0 ? `the nearest is ${nearest}; ptilab ps without --pid lists all` : 'choose another --at',
  );
}

/** linux arch/x86/kernel/cpu/bugs.c: cpu_show_common; the count is what an opt-out would add. */
function meltdownText(affected: boolean, { policy }: Lane, optedOut: number): string {
  if (!affected) return 'Not affected';
  if (!policy.pti) return 'Vulnerable';
  return policy.optOut ? `Mitigation: PTI; opt-out: ${optedOut} processes` : 'Mitigation: PTI';
}

const changeOf = ({ timeNs, tid, event, rule, from, to }: Transition): PsChange => ({
  timeNs,
  tid,
  event,
  rule,
  from,
  to,
});

/** The process that a thread taken for one of its own belongs to. */
const settled = (process: Process): Process => (process.partOf ? settled(process.partOf) : process);
const parentOf = ({ parent }: Process): Process | undefined => {
  const real = parent && settled(parent);
  return real?.kernel ? undefined : real;
};

/** Up the tree, while the state was inherited: the change that it began with. */
function originOf(
  process: Process,
  last: Transition,
  histories: ReadonlyMap<Process, readonly Transition[]>,
): Transition | undefined {
  let [child, change]: [Process, Transition] = [process, last];
  while (INHERITING.has(change.event)) {
    const parent = parentOf(child);
    const { to, timeNs } = change;
    const before = parent && histories.get(parent)?.findLast((each) => each.timeNs <= timeNs);
    if (!parent || before?.to !== to) break;
    [child, change] = [parent, before];
  }
  return change === last ? undefined : change;
}

/** Of a process that is from birth as its ancestors had become: the change that made them so. */
function ancestorsChange(
  process: Process,
  state: PtiState,
  histories: ReadonlyMap<Process, readonly Transition[]>,
): Transition | undefined {
  for (let child = process, parent = parentOf(child); parent; child = parent, parent = parentOf(child)) {
    const bornNs = child.startNs;
    const before = histories.get(parent)?.findLast(({ timeNs }) => timeNs <= bornNs);
    if (before) return before.to === state ? before : undefined;
  }
  return undefined;
}

/** Each with its depth, parents first; who has no living parent stands at the top. */
function inTree(alive: readonly Process[]): readonly (readonly [Process, number])[] {
  const living = new Set(alive);
  const children = new Map<Process | undefined, Process[]>();
  for (const process of alive) {
    const parent = parentOf(process);
    const above = parent && living.has(parent) ? parent : undefined;
    const siblings = children.get(above);
    if (siblings) siblings.push(process);
    else children.set(above, [process]);
  }
  const sorted = (of: Process | undefined): Process[] =>
    (children.get(of) ?? []).sort((a, b) => a.pid - b.pid || a.index - b.index);
  const found: (readonly [Process, number])[] = [];
  // No recursion: a chain of processes can be long.
  const waiting = sorted(undefined)
    .reverse()
    .map((process): [Process, number] => [process, 0]);
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    found.push(next);
    const [process, depth] = next;
    for (const child of sorted(process).reverse()) waiting.push([child, depth + 1]);
  }
  return found;
}
