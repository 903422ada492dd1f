/** CPU seconds of a group of counts, and how they divide into user and kernel mode. */
import type { CountGroup, Counts } from '../../counts/counts.ts';

export interface CpuTime {
  readonly seconds: number;
  readonly from: 'task-clock' | 'sched_stat_runtime' | 'user and sys';
  /** It holds kernel threads too. */
  readonly withKernelThreads: boolean;
}

/** Whose counts they are: asked for, else as the output says. */
export type Scope = 'system' | 'tasks' | 'cgroups' | 'unknown';

export function scopeOf({ target }: Counts, asked: 'system' | 'tasks' | undefined): Scope {
  if (target?.kind === 'cgroups') return 'cgroups';
  if (asked !== undefined) return asked;
  return target === undefined ? 'unknown' : target.kind === 'system' ? 'system' : 'tasks';
}

/** The cgroup that holds everything, idle CPUs too. */
const isRoot = ({ name }: CountGroup): boolean => name === '/';

export function cpuTimeOf(counts: Counts, group: CountGroup, scope: Scope): CpuTime | undefined {
  const ns = (signal: 'taskClockNs' | 'runtimeNs' | 'userNs' | 'sysNs'): number | undefined => {
    const value = group.counts.get(signal)?.value;
    return value !== undefined && value > 0 ? value : undefined;
  };
  if (!group.ran) return { seconds: 0, from: 'task-clock', withKernelThreads: false };
  // For whole CPUs, task-clock is time that passed, idle or not.
  const ofTasks = scope === 'tasks' || (scope === 'cgroups' && !isRoot(group));
  const clock = ofTasks ? ns('taskClockNs') : undefined;
  if (clock !== undefined) return { seconds: clock / 1e9, from: 'task-clock', withKernelThreads: false };
  const runtime = ns('runtimeNs');
  if (runtime !== undefined)
    return { seconds: runtime / 1e9, from: 'sched_stat_runtime', withKernelThreads: scope !== 'tasks' && !ofTasks };
  const both = scope === 'tasks' ? userAndSys(counts, group) : undefined;
  return both && { seconds: both.user + both.sys, from: 'user and sys', withKernelThreads: false };
}

/** Of a command only: beside counts of CPUs or cgroups, these times are of the command that set how long. */
function userAndSys(
  { userSeconds, sysSeconds }: Counts,
  { counts }: CountGroup,
): { readonly user: number; readonly sys: number } | undefined {
  const ns = (signal: 'userNs' | 'sysNs'): number | undefined => counts.get(signal)?.value;
  const [user, sys] = [userSeconds ?? (ns('userNs') ?? NaN) / 1e9, sysSeconds ?? (ns('sysNs') ?? NaN) / 1e9];
  return user + sys > 0 ? { user, sys } : undefined;
}

export function userShareOf(counts: Counts, group: CountGroup, scope: Scope): number | undefined {
  const both = scope === 'tasks' ? userAndSys(counts, group) : undefined;
  return both && both.user / (both.user + both.sys);
}

/** Why there is no CPU time, in words. */
export const NO_CPU_TIME: Readonly<Record<Scope, string>> = {
  system: 'no CPU time was counted: add sched:sched_stat_runtime',
  tasks: 'no CPU time was counted: add task-clock',
  cgroups: 'no CPU time was counted: add task-clock, for the root cgroup sched:sched_stat_runtime',
  unknown:
    'whether task-clock is of tasks or of whole CPUs is not said: add sched:sched_stat_runtime, or name it by --scope',
};
