/** What output of a counter holds: rows as they were printed, then counts by group and signal. */
import type { Signal } from './signals.ts';

/** A value as printed; some events could not be counted. */
export type RowValue = number | 'not counted' | 'not supported';

/** One printed count. Names are untrusted. */
export interface Row {
  readonly event: string;
  readonly value: RowValue;
  /** As printed: empty for a plain count. */
  readonly unit: string;
  /** Part of the time in which the event was on a counter, 0..1; the value is scaled up by it already. */
  readonly share: number;
  /** The cgroup it is of; undefined: not by cgroup. */
  readonly group: string | undefined;
  /** Interval and CPU: rows of different slices add up. */
  readonly slice: string;
  readonly line: number;
}

/** Whose events were counted, as far as the output says. */
export type Target =
  { readonly kind: 'system' | 'cgroups' } | { readonly kind: 'command' | 'tasks'; readonly name: string };

/** What a reader found. */
export interface Printed {
  readonly rows: readonly Row[];
  readonly target: Target | undefined;
  readonly elapsedSeconds: number | undefined;
  /** Of the command, as the counter prints them beside the counts. */
  readonly userSeconds: number | undefined;
  readonly sysSeconds: number | undefined;
  /** Outputs of one run after another in the source. */
  readonly outputs: number;
  /** Lines that say nothing this reader knows: number and the first. */
  readonly skipped: number;
  readonly firstSkipped: number | undefined;
}

/** One format of counts. */
export interface CountsReader {
  readonly id: string;
  readonly label: string;
  /** How such output is made. */
  readonly countWith: string;
  /** Whether a line can only be of this format. */
  recognises(line: string): boolean;
  read(lines: readonly string[], name: string): Printed;
}

/** A count of one signal in one group. */
export interface Count {
  readonly value: number;
  /** The least share of the time that a part of it was counted, 0..1. */
  readonly share: number;
}

/** Why a signal has no count. */
export type Missing = 'not counted' | 'not supported' | 'ambiguous';

/** Counts of the whole, or of a cgroup. */
export interface CountGroup {
  /** Name of the cgroup; undefined: all that was counted. */
  readonly name: string | undefined;
  readonly counts: ReadonlyMap<Signal, Count>;
  /** A task of it ran while it was counted. */
  readonly ran: boolean;
  readonly missing: ReadonlyMap<Signal, Missing>;
}

/** Counts, whatever format they came in. */
export interface Counts {
  readonly format: string;
  readonly target: Target | undefined;
  readonly groups: readonly CountGroup[];
  readonly elapsedSeconds: number | undefined;
  readonly userSeconds: number | undefined;
  readonly sysSeconds: number | undefined;
  /** Events that no signal is made of, each once, in order; untrusted. */
  readonly unused: readonly string[];
  readonly skipped: number;
  readonly firstSkipped: number | undefined;
}
