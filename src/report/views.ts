/** What the summary and the report look at: programs and causes, by what they pay under isolation and get back. */
import { combine, estimateOf, type Moved } from '../cpu-model/intervals.ts';
import { Op } from '../cpu-model/operations.ts';
import type { Replayed } from '../replay/engine.ts';
import type { LanePlan } from '../replay/lane-plan.ts';
import type { OptOut } from '../replay/optout/optout.ts';
import type { TransitionEvent } from '../replay/optout/states.ts';
import type { ProcessOutcome, ProcessOutcomes } from '../replay/outcome.ts';
import { syscallName } from '../trace/syscalls.ts';
import type { Trace } from '../trace/trace.ts';
import type { Estimate } from '../units.ts';
import { rowsByCause } from './groups.ts';
import type { Priced, PricedLane } from './priced.ts';
import { savedOf, viewsOf, type ReplayResult } from './result.ts';

/** What everything is made from after the replay. */
export interface Outcome {
  readonly result: ReplayResult;
  readonly trace: Trace;
  readonly plan: LanePlan;
  readonly replayed: Replayed;
  readonly processes: ProcessOutcomes;
  readonly priced: Priced;
}

/** The lanes that views compare, on the first machine. */
export interface Views {
  /** Isolation for all. */
  readonly pays: PricedLane | undefined;
  /** The first lane with an opt-out. */
  readonly optedOut: PricedLane | undefined;
  /** Everybody opted out from the start. */
  readonly bound: PricedLane | undefined;
}

export function viewLanes({ plan, priced }: Outcome): Views {
  const { pays, optedOut } = viewsOf(priced, plan);
  const machine = priced.lanes[0]?.spec.machine;
  return { pays, optedOut, bound: priced.bounds.find((lane) => lane.spec.machine === machine) };
}

/** Cycles of some ledger rows: what isolation adds, what the opt-out gives back of it, what the best possible would. */
export interface Stake {
  readonly added: Moved | undefined;
  readonly saved: Moved | undefined;
  readonly best: Moved | undefined;
}

export function stakeOf(rows: readonly number[], { pays, optedOut, bound }: Views): Stake {
  return {
    added: pays?.addedOf(rows),
    saved: pays && optedOut && savedOf(pays, optedOut, rows),
    best: pays && bound && savedOf(pays, bound, rows),
  };
}

const midOf = (moved: Moved | undefined): number => moved?.[0] ?? 0;
export const estimateOrUndefined = (moved: Moved | undefined): Estimate | undefined => moved && estimateOf(moved);

/** Measured processes that have something in common: their name, their cgroup. */
export interface Program extends Stake {
  readonly name: string;
  readonly processes: readonly ProcessOutcome[];
  readonly rows: readonly number[];
}

/** By what they pay under isolation, largest first; ties by the order of birth. */
export const programsOf = (outcome: Outcome, views: Views): readonly Program[] =>
  groupedBy(outcome, views, ({ comm }) => comm);

/** The same by cgroup; the empty name is of processes that no event shows in one. */
export const cgroupsOf = (outcome: Outcome, views: Views): readonly Program[] =>
  groupedBy(outcome, views, ({ cgroup }) => cgroup ?? '');

function groupedBy(
  { processes, priced }: Outcome,
  views: Views,
  nameOf: (process: ProcessOutcome) => string,
): readonly Program[] {
  const byName = new Map<string, ProcessOutcome[]>();
  for (const process of processes.list) {
    if (process.scope !== 'measured') continue;
    const name = nameOf(process);
    const found = byName.get(name);
    if (found) found.push(process);
    else byName.set(name, [process]);
  }
  return [...byName]
    .map(([name, members]): Program => {
      const rows = members.flatMap(({ index }) => priced.rowsOfProcess[index]);
      return { name, processes: members, rows, ...stakeOf(rows, views) };
    })
    .sort((a, b) => midOf(b.added) - midOf(a.added) || a.processes[0].index - b.processes[0].index);
}

/** The fewest programs that together give at least `share` of what opting out everybody would; undefined without such a lane. */
export function fewestPrograms(programs: readonly Program[], share: number): readonly Program[] | undefined {
  const best = programs.filter(({ best: each }) => midOf(each) > 0).sort((a, b) => midOf(b.best) - midOf(a.best));
  const all = best.reduce((sum, program) => sum + midOf(program.best), 0);
  if (all <= 0) return undefined;
  let given = 0;
  const enough = best.findIndex((program) => (given += midOf(program.best)) >= share * all);
  return best.slice(0, enough + 1);
}

/** What brought the measured set into the kernel, by what it adds under isolation, largest first. */
export interface CauseView extends Stake {
  readonly name: string;
  readonly entries: number;
  readonly rows: readonly number[];
}

const CAUSE_WORDS: Readonly<Record<string, string>> = {
  fault: 'page fault',
  'device-irq': 'device interrupt',
  nmi: 'NMI',
  unrecorded: 'not recorded',
  switch: 'task switch',
  exec: 'load of a new program',
  exit: 'end of a process',
};

/** A cause in words. */
export function causeWords(cause: string): string {
  const [kind, detail] = cause.split(':');
  if (kind === 'syscall') return syscallName(Number(detail)) ?? `system call ${detail}`;
  if (kind === 'irq') return `interrupt vector ${detail}`;
  if (kind === 'flush') return `flush by ${detail}`;
  return CAUSE_WORDS[cause] ?? cause;
}

export function causesOf({ priced, replayed }: Outcome, views: Views): readonly CauseView[] {
  const [lane] = replayed.lanes;
  return [...rowsByCause(priced.rowsOf.measured, replayed)]
    .map(([cause, rows]): CauseView => ({
      name: causeWords(cause),
      entries: rows.reduce((sum, row) => sum + (lane?.counts.get(row, Op.entries) ?? 0), 0),
      rows,
      ...stakeOf(rows, views),
    }))
    .sort((a, b) => midOf(b.added) - midOf(a.added) || (a.name < b.name ? -1 : 1));
}

/** Who runs without isolation in a lane, and who did until a rule put it back. */
export interface Exposure {
  /** Measured processes that were ever without isolation. */
  readonly exposed: readonly ProcessOutcome[];
  /** By rule, those whose isolation it put back; calls and wrappers of their own are no such rule, a force on everybody is. */
  readonly lost: ReadonlyMap<string, readonly ProcessOutcome[]>;
}

/** Changes that a process, or who wrapped it, asked for; all others were done to it. */
const ASKED_FOR: ReadonlySet<TransitionEvent> = new Set<TransitionEvent>(['opt-in', 'seal']);

export function exposureOf({ processes }: Outcome, optOut: OptOut): Exposure {
  const exposed = new Set<number>();
  const lost = new Map<string, Set<number>>();
  for (const { process, event, rule, from, to } of optOut.transitions) {
    const index = processes.indexOf(process);
    if (to === 'off (opted out)') exposed.add(index);
    if (from !== 'off (opted out)' || ASKED_FOR.has(event)) continue;
    const by = event === 'force' ? 'force' : rule;
    lost.set(by, (lost.get(by) ?? new Set()).add(index));
  }
  const measured = (indices: ReadonlySet<number>): readonly ProcessOutcome[] =>
    processes.list.filter(({ index, scope }) => scope === 'measured' && indices.has(index));
  const rules = [...lost]
    .map(([rule, indices]) => [rule, measured(indices)] as const)
    .filter(([, members]) => members.length > 0);
  return { exposed: measured(exposed), lost: new Map(rules) };
}

/** A ratio of two results, formed at every setting; undefined where the second is not above 0 at mid. */
export const shareOf = (part: Moved | undefined, whole: Moved | undefined): Moved | undefined =>
  part && whole && whole[0] > 0 ? combine((a, b) => a / b, part, whole) : undefined;
