/**
 * What the report shows: plain figures, aggregated, in the order they are shown. Charts and panels read this and nothing else, so
 * they run where there is no trace: on the page, in a notebook, in a test. Everything is JSON; text is untrusted and not yet escaped.
 */
import type { Estimate } from '../units.ts';
import type { Component } from '../cpu-model/prices.ts';
import type { PtiState } from '../replay/optout/states.ts';
import type { Coverage } from '../trace/coverage.ts';
import type { Severity } from '../trace/health.ts';
import type { TraceFile } from './result.ts';

export interface ReportData {
  /** What was recorded, for headings: the command, else the file. */
  readonly recording: string;
  readonly model: string;
  /** The fixed block of at most twelve lines. */
  readonly summary: readonly string[];
  readonly durationNs: number;
  /** Lanes in the order they were asked for. */
  readonly lanes: readonly ReportLane[];
  /** Names of the lanes that the views by process, syscall and time compare, on the first machine. */
  readonly views: ReportViews;
  readonly components: readonly { readonly lane: string; readonly component: Component; readonly cycles: Estimate }[];
  /** Programs (processes by name) by what they pay under isolation, largest first; the rest as one row `program: undefined`. */
  readonly programs: readonly ReportProgram[];
  /** The same by cgroup; undefined where the recording does not tell cgroups. */
  readonly cgroups?: readonly ReportCgroup[] | undefined;
  /** Processes by what they pay under isolation, largest first. */
  readonly processes: readonly ReportProcess[];
  /** Syscalls and other causes of entries, by what they add under isolation, largest first; the rest as one row `name: undefined`. */
  readonly causes: readonly ReportCause[];
  /** What each choice of each rule would have given back; undefined where that was not asked for. */
  readonly rules: readonly ReportRule[] | undefined;
  /** By lane, then time: bins of equal length, all CPUs together; those in which nothing happened are left out. */
  readonly timeline: readonly ReportBin[];
  /** The process tree in order of birth, parents before children; cut to the processes that matter most and their ancestors. */
  readonly tree: readonly ReportTreeRow[];
  /** How many processes {@link tree} leaves out. */
  readonly treeLeftOut: number;
  /** The recording as stored. */
  readonly files: readonly TraceFile[];
  /** What the recording can show at all. */
  readonly coverage: Coverage;
  /** What was lost, skipped or inferred, in the order of the list in `src/trace/health.ts`. */
  readonly health: readonly ReportHealth[];
}

export interface ReportHealth {
  readonly key: string;
  readonly severity: Severity;
  readonly count: number;
  /** What is counted. */
  readonly text: string;
}

export interface ReportViews {
  /** The lane with isolation for all; undefined where none was asked for. */
  readonly isolated: string | undefined;
  /** The first lane with an opt-out. */
  readonly optedOut: string | undefined;
}

export interface ReportLane {
  readonly lane: string;
  readonly policy: string;
  readonly cpu: string;
  readonly cpuLabel: string;
  /** Whether a stock kernel turns isolation on there. */
  readonly affected: boolean;
  readonly crossingCr3Writes: number;
  /** Against the lane without isolation; undefined where it was not asked for. */
  readonly addedCycles: Estimate | undefined;
  /** Of the CPU time without isolation; undefined where that is not known. */
  readonly overheadPercent: Estimate | undefined;
}

export interface ReportProgram {
  readonly program: string | undefined;
  readonly processes: number;
  /** Added cycles under isolation. */
  readonly added: Estimate;
  /** What the opt-out gives back of them; undefined without such a lane. */
  readonly saved: Estimate | undefined;
}

export interface ReportCgroup extends Omit<ReportProgram, 'program'> {
  /** Path; empty for processes that no event shows in a cgroup. */
  readonly cgroup: string | undefined;
}

export interface ReportProcess {
  readonly process: number;
  readonly pid: number;
  readonly comm: string;
  readonly state: PtiState;
  readonly crossings: number;
  readonly added: Estimate;
  readonly saved: Estimate | undefined;
}

export interface ReportCause {
  readonly name: string | undefined;
  readonly entries: number;
  readonly added: Estimate;
  readonly saved: Estimate | undefined;
}

export interface ReportRule {
  readonly rule: string;
  readonly choice: string;
  /** It is the choice of the lane with the opt-out. */
  readonly asked: boolean;
  readonly exposed: number;
  readonly savedCrossingWrites: number;
  /** Of the CPU time under isolation; undefined where that is not known. */
  readonly savedPercent: Estimate | undefined;
}

export interface ReportBin {
  readonly lane: string;
  readonly startNs: number;
  readonly lengthNs: number;
  readonly crossings: number;
  readonly addedCycles: number;
}

export interface ReportTreeRow {
  readonly process: number;
  readonly pid: number;
  readonly parent: number | undefined;
  /** Distance from the root of its tree. */
  readonly depth: number;
  readonly comm: string;
  readonly startNs: number;
  readonly endNs: number;
  /** Stretches of one state each, in time order, from start to end, in the lane with the opt-out. */
  readonly states: readonly { readonly fromNs: number; readonly toNs: number; readonly state: PtiState }[];
  readonly added: number;
}
