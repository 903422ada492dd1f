/** What somebody asks of the opt-out beside the recording: wrappers, marks, timed calls, and facts that no trace shows. */
import type { Glob } from './glob.ts';
import type { Aim, Means } from './optout.ts';
import type { Selector } from './selectors.ts';
import type { Ids } from './credentials.ts';

export interface WrapperSelectors {
  readonly optOut: readonly Selector[];
  readonly optIn: readonly Selector[];
}

/** A syscall of the recording that is a call to opt out, or back in. */
export interface OptOutCall extends Aim {
  readonly nr: number;
  /** Arguments that must be these, by position; others may be anything. */
  readonly arguments: ReadonlyMap<number, bigint>;
  readonly means: Means;
}

/** A call at a time, that the recording does not have. */
export interface TimedCall extends Aim {
  /** As it was written: `events[2]`. */
  readonly name: string;
  readonly atNs: number;
  /** undefined: everybody, for `force` only. */
  readonly pid: number | undefined;
  readonly means: Means | 'force';
}

/** Programs that gain privileges when they are executed: set-id or file capabilities, which no trace shows. */
export interface SecureExec {
  readonly exe: Glob;
  /** Whose they become; both undefined: root's, or capabilities that root has anyway. */
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

/** A part of what was asked, and how often the recording had what it is about. */
export interface Heard {
  /** As it was written: `calls[0]`, `marks[2]`, `events[1]`. */
  readonly name: string;
  readonly times: number;
}

export interface Requests extends WrapperSelectors {
  readonly calls?: readonly OptOutCall[];
  readonly events?: readonly TimedCall[];
  /** Programs that are to run in or out of isolation, by file. */
  readonly marks?: readonly { readonly exe: Glob; readonly text: string; readonly means: 'off' | 'on' }[];
  readonly secureExecs?: readonly SecureExec[];
  /** Ids of processes at the start, by pid. */
  readonly credentials?: ReadonlyMap<number, Ids>;
  /** Of processes that are older than the recording, by pid. */
  readonly startState?: ReadonlyMap<number, Means>;
}

export const NO_REQUESTS: Requests = { optOut: [], optIn: [] };
