/** What the opt-out of a lane can be seen as: the state of a process, and its changes. */
import type { Process, Task } from '../tasks.ts';

/** States of a process, in the words of the simulated `PTI:` line of `/proc/<pid>/status`. */
export const PTI_STATES = [
  /** The kernel was started without isolation. */
  'off (boot)',
  'on',
  /** It, or everybody, is isolated for good. */
  'on (forced)',
  /** It wants out, but shares its address space with one that does not. */
  'on (shared mm)',
  'off (opted out)',
  /** It wants out, and will be with its next address space. */
  'off pending exec',
  /** It wants to be isolated, and will be with its next address space. */
  'on pending exec',
] as const;
export type PtiState = (typeof PTI_STATES)[number];

/** States without isolation in a lane that has it. */
export const isExposed = (state: PtiState): boolean => state === 'off (opted out)' || state === 'on pending exec';

export type TransitionEvent =
  | 'start'
  | 'opt-out'
  | 'opt-in'
  | 'seal'
  | 'force'
  | 'fork'
  | 'clone-vm'
  | 'exec'
  | 'secure-exec'
  | 'setid'
  | 'userns'
  | 'ptrace'
  | 'sharer-left';

/** One change of state of one process; where threads are in or out by themselves, of one thread. */
export interface Transition {
  readonly timeNs: number;
  readonly process: Process;
  readonly tid: number;
  readonly event: TransitionEvent;
  /** The named choice that decided. */
  readonly rule: string;
  readonly from: PtiState;
  readonly to: PtiState;
}

/** When and by which thread something happened. */
export interface Moment {
  readonly timeNs: number;
  readonly tid: number;
  /** The thread itself, where it is known. */
  readonly task?: Task | undefined;
}
