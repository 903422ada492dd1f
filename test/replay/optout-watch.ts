/** A replay under any rules of an opt-out, and what an onlooker sees of it: who returned to user mode how, and who came from there. */
import fc from 'fast-check';
import { Op } from '../../src/cpu-model/operations.ts';
import { replayTrace, type LiveReplay, type Replayed, type ReplayWatch } from '../../src/replay/engine.ts';
import { kernelOf } from '../../src/replay/kernels.ts';
import { Lane } from '../../src/replay/lane.ts';
import { SIMULATED } from '../../src/replay/machine.ts';
import { NO_REQUESTS, type Requests, type TimedCall } from '../../src/replay/optout/requests.ts';
import { choicesOf, RULE_NAMES, type OptOutRules } from '../../src/replay/optout/rules.ts';
import { hansen2018 } from '../../src/replay/policies/hansen-2018.ts';
import { POLICIES } from '../../src/replay/policies/index.ts';
import { pti } from '../../src/replay/policies/pti.ts';
import type { Mm, Task } from '../../src/replay/tasks.ts';
import type { Trace } from '../../src/trace/trace.ts';
import { settled } from './script.ts';

/** Every value of every rule. */
export const anyRules: fc.Arbitrary<OptOutRules> = fc
  .record(Object.fromEntries(RULE_NAMES.map((name) => [name, fc.constantFrom(...choicesOf(name))])))
  .map((rules) => rules as unknown as OptOutRules);

/** The presets in which somebody has to ask, or rules of which each is any. */
export const askedRules: fc.Arbitrary<OptOutRules> = fc.oneof(
  fc.constantFrom(...POLICIES.flatMap(({ optOut }) => (optOut?.start === 'on' ? [optOut] : []))),
  anyRules.map((rules): OptOutRules => ({ ...rules, start: 'on' })),
);

/** Under these, nothing that a recording shows puts isolation back. */
export const KEPT: Partial<OptOutRules> = {
  inherit: 'fork+exec',
  setid: 'never',
  secureExec: 'keep',
  setgroups: 'keep',
  userns: 'ignore',
  ptrace: 'ignore',
  seccomp: 'ignore',
};

/** A timed call, in parts of a recording: `when` of its length, `who` of its processes. */
export interface Wish {
  readonly when: number;
  readonly who: number;
  readonly means: TimedCall['means'];
}
const fraction = fc.double({ min: 0, max: 1, noNaN: true });
export const wishOf = (...means: readonly Wish['means'][]): fc.Arbitrary<Wish> =>
  fc.record({ when: fraction, who: fc.oneof(fc.nat(3), fc.nat(50)), means: fc.constantFrom(...means) });

/** What the wishes are in a recording; `force` is for everybody. */
export function callsOf(
  wishes: readonly Wish[],
  { now, byPid }: { readonly now: number; readonly byPid: ReadonlyMap<number, unknown> },
): readonly TimedCall[] {
  const pids = [...byPid.keys()];
  return wishes.map(({ when, who, means }, i) => ({
    name: `events[${i}]`,
    atNs: Math.floor(when * now),
    pid: means === 'force' ? undefined : pids[who % pids.length],
    means,
  }));
}

/** A return to user mode with an address space. */
export interface Return {
  readonly timeNs: number;
  readonly mm: number;
  readonly flat: boolean;
}

/** A lane that an onlooker watches. */
class WatchedLane extends Lane implements ReplayWatch {
  readonly returns: Return[] = [];
  /** Entries from user mode on the kernel's page table though isolation had come back by then. */
  readonly stale: string[] = [];
  live: LiveReplay | undefined;
  #task: Task | undefined;
  #timeNs = 0;
  #mms = new Map<number, number>();

  begins(live: LiveReplay): void {
    this.live = live;
  }
  crossing(task: Task, timeNs: number): void {
    this.#task = task;
    this.#timeNs = timeNs;
  }
  override exit(slot: number, mm: number, cpu: number, row: number): void {
    super.exit(slot, mm, cpu, row);
    this.#mms.set(slot, mm);
    this.returns.push({ timeNs: this.#timeNs, mm, flat: this.isFlat(slot) });
  }
  override enter(slot: number, row: number): void {
    const mm = this.#mms.get(slot);
    const open = this.policy.optOut?.scope === 'thread' ? this.isOpenTask(slot) : mm === undefined || this.isOpen(mm);
    const cause = this.live!.causes.name(this.live!.rows.causeOf(row));
    if (this.isFlat(slot) && !open && cause !== 'transition')
      this.stale.push(`${this.#timeNs}: ${this.#task?.tid} ${cause}`);
    super.enter(slot, row);
  }
}

export interface Watched {
  readonly replayed: Replayed;
  readonly lane: WatchedLane;
  /** The same machine with isolation for all. */
  readonly isolated: Lane;
  readonly transitions: NonNullable<Replayed['optOuts'][number]>['transitions'];
  readonly refused: number;
  /** Of the lane with the opt-out, with this cause or with any. */
  readonly count: (operation: number, cause?: string) => number;
  /** Crossings and their writes, by pid; those of interrupts that coming back sends are left out. */
  readonly crossings: ReadonlyMap<number, readonly number[]>;
}

const WRITES = [Op.cr3WriteKeep, Op.cr3WriteFlush, Op.cr3WriteNoPcid];
const OTHER_WRITES = /^(switch|exec|exit|flush:.*|transition)$/;

/** Replays a recording under rules; `loaded` is asked before each event, with the CPUs that have an address space. */
export async function watch(
  trace: Trace,
  rules: OptOutRules,
  requests: Partial<Requests> = {},
  { pcid = true, before }: { pcid?: boolean; before?: (timeNs: number, live: LiveReplay) => void } = {},
): Promise<Watched> {
  const machine = { pcid, invpcid: pcid, invpcidAll: true, kernel: kernelOf('6.1')!, deepIdleNs: undefined };
  const lane = new WatchedLane({ ...hansen2018, optOut: rules }, machine, SIMULATED);
  const isolated = new Lane(pti, machine, SIMULATED);
  const replayed = await replayTrace(
    trace,
    [lane, isolated],
    { ...NO_REQUESTS, ...requests },
    {
      begins: (live) => lane.begins(live),
      crossing: (task, timeNs) => lane.crossing(task, timeNs),
      around: (replay) => (batch, from, to) => {
        for (let row = from; row < to; row++) {
          before?.(batch.time[row], lane.live!);
          replay(batch, row, row + 1);
        }
      },
    },
  );
  const { rows, causes, tree } = replayed;
  const crossings = new Map<number, number[]>();
  for (let row = 0; row < rows.size; row++) {
    const cause = causes.name(rows.causeOf(row));
    if (OTHER_WRITES.test(cause)) continue;
    const { pid } = settled(tree.processes[rows.processOf(row)]);
    const counts = crossings.get(pid) ?? [0, 0, 0];
    counts[0] += lane.counts.get(row, Op.entries);
    counts[1] += lane.counts.get(row, Op.exits);
    counts[2] += WRITES.reduce((all, operation) => all + lane.counts.get(row, operation), 0);
    crossings.set(pid, counts);
  }
  const optOut = replayed.optOuts[0]!;
  return {
    replayed,
    lane,
    isolated,
    transitions: optOut.transitions,
    refused: optOut.refused,
    crossings,
    count(operation, cause) {
      let all = 0;
      for (let row = 0; row < rows.size; row++)
        if (cause === undefined || causes.name(rows.causeOf(row)) === cause) all += lane.counts.get(row, operation);
      return all;
    },
  };
}

/** CPUs of a lane that have an address space loaded, on a machine of at most 4. */
export const loadedOn = (lane: Lane, mm: Mm): number =>
  [1, 2, 3, 4].filter((cpu) => lane.mmu.loaded(cpu) === mm).length;
