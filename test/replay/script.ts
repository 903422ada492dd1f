/** Hand-written recordings: one line an event, and the totals of a replay beside them. */
import { Op, OPERATIONS, type Operation } from '../../src/cpu-model/operations.ts';
import { replayTrace, type Replayed } from '../../src/replay/engine.ts';
import { planLanes } from '../../src/replay/lane-plan.ts';
import type { Lane } from '../../src/replay/lane.ts';
import { requestsOf, SCENARIO_SCHEMA, SCENARIO_VERSION, type Scenario } from '../../src/replay/optout/scenario.ts';
import { parseSelector } from '../../src/replay/optout/selectors.ts';
import type { Process } from '../../src/replay/tasks.ts';
import type { HostFacts, Trace } from '../../src/trace/trace.ts';
import { traceOf, type Recording } from './recording.ts';

export { FORK, script, SHARER, THREAD, traceOf, VFORK } from './recording.ts';

export interface ReplayOptions {
  readonly policies?: readonly string[];
  readonly optOut?: readonly string[];
  readonly optIn?: readonly string[];
  /** Choices in which `optout` differs from its preset, as `setid=gain`. */
  readonly rules?: readonly string[];
  /** Fields of a scenario; its selectors are beside the others. */
  readonly scenario?: Omit<Partial<Scenario>, 'policy' | 'rules'>;
  readonly pcid?: boolean;
  readonly kernel?: string;
  /** With several, a lane is named as in `pti@haswell`. */
  readonly cpus?: readonly string[];
}

export type Counts = Readonly<Record<Operation, number>> & { readonly writes: Readonly<Lane['sums']> };

export interface ScriptRun {
  readonly replayed: Replayed;
  readonly trace: Trace;
  /** The totals of a lane. */
  of(lane: string): Counts;
  /** Crossings and CR3 writes of the processes with this pid: `switch` are the writes of mm switches. */
  process(lane: string, pid: number): ProcessCounts;
  /** What changes of the opt-out cost a lane: reloads for flushes, entries by the interrupts that they send. */
  transitions(lane: string): { readonly reloads: number; readonly entries: number };
  /** Crossings by cause. */
  causes(lane: string): Readonly<Record<string, number>>;
  /** The state of the process with this pid at the end, in the lane with the opt-out. */
  state(pid: number): string;
}

export interface ProcessCounts {
  readonly entries: number;
  readonly exits: number;
  readonly crossing: number;
  readonly switch: number;
}

/** Causes whose writes are no crossings. */
const OF_A_SWITCH = /^(switch|exec|exit)$/;
const OF_A_FLUSH = /^(flush:|transition)/;
const CR3_WRITES = [Op.cr3WriteKeep, Op.cr3WriteFlush, Op.cr3WriteNoPcid];

/** The process that a row's process turned out to be. */
export const settled = (process: Process): Process => (process.partOf ? settled(process.partOf) : process);

/**
 * Replays a recording through the default lanes, with nobody opted out unless that is asked for; in a guest, whose idle CPUs keep
 * what they have loaded.
 */
export async function replayScript(from: Recording | Trace, options: ReplayOptions = {}): Promise<ScriptRun> {
  const trace = 'readEvents' in from ? from : traceOf(from);
  const { pcid = true, kernel = '6.1', cpus = ['skylake-sp'], policies = ['nopti', 'pti', 'optout'] } = options;
  const host: HostFacts = trace.host;
  const request = { virt: 'guest', cpus, kernel, policies, noPcid: !pcid, rules: options.rules } as const;
  const plan = planLanes(request, host, trace.recordsFlushes);
  const parse = (texts: readonly string[] = []) =>
    texts.map((text) => parseSelector(text, { commandPid: trace.commandPid }));
  const scenario = { schema: SCENARIO_SCHEMA, version: SCENARIO_VERSION, ...options.scenario } as const;
  const asked = requestsOf(scenario, { commandPid: trace.commandPid });
  const replayed = await replayTrace(trace, plan.lanes, {
    ...asked,
    optOut: [...asked.optOut, ...parse(options.optOut)],
    optIn: [...asked.optIn, ...parse(options.optIn)],
  });
  const laneOf = (name: string) => {
    const spec = plan.specs.find((each) => each.name === name);
    if (!spec) throw new Error(`no lane ${name}`);
    return plan.lanes[spec.replayed];
  };
  const { rows, tree, causes } = replayed;

  return {
    replayed,
    trace,
    of(name) {
      const lane = laneOf(name);
      const sum = (operation: number): number => {
        let all = 0;
        for (let row = 0; row < rows.size; row++) all += lane.counts.get(row, operation);
        return all;
      };
      const operations = Object.fromEntries(OPERATIONS.map((name) => [name, sum(Op[name])]));
      return { ...(operations as Record<Operation, number>), writes: { ...lane.sums } };
    },
    process(name, pid) {
      const lane = laneOf(name);
      const counts = { entries: 0, exits: 0, crossing: 0, switch: 0 };
      for (let row = 0; row < rows.size; row++) {
        if (settled(tree.processes[rows.processOf(row)]).pid !== pid) continue;
        const writes = CR3_WRITES.reduce((all, operation) => all + lane.counts.get(row, operation), 0);
        counts.entries += lane.counts.get(row, Op.entries);
        counts.exits += lane.counts.get(row, Op.exits);
        const cause = causes.name(rows.causeOf(row));
        if (!OF_A_FLUSH.test(cause)) counts[OF_A_SWITCH.test(cause) ? 'switch' : 'crossing'] += writes;
      }
      return counts;
    },
    transitions(name) {
      const lane = laneOf(name);
      let [writes, entries, exits] = [0, 0, 0];
      for (let row = 0; row < rows.size; row++) {
        if (causes.name(rows.causeOf(row)) !== 'transition') continue;
        writes += CR3_WRITES.reduce((all, operation) => all + lane.counts.get(row, operation), 0);
        entries += lane.counts.get(row, Op.entries);
        exits += lane.counts.get(row, Op.exits);
      }
      // Each of the interrupted returns isolated: 1 write.
      return { reloads: writes - exits, entries };
    },
    causes(name) {
      const lane = laneOf(name);
      const counts: Record<string, number> = {};
      for (let row = 0; row < rows.size; row++) {
        const cause = causes.name(rows.causeOf(row));
        const crossings = lane.counts.get(row, Op.entries) + lane.counts.get(row, Op.exits);
        if (crossings > 0) counts[cause] = (counts[cause] ?? 0) + crossings;
      }
      return counts;
    },
    state(pid) {
      const process = tree.processes.findLast((each) => each.pid === pid && !each.partOf);
      const optOut = replayed.optOuts.find((each) => each !== undefined);
      if (!process || !optOut) throw new Error(`no state of ${pid}`);
      return optOut.stateOf(process);
    },
  };
}
