/** What a machine permits, as far as recording goes. Asked in one place, so that everything that follows is a function of it. */

export interface MachineFacts {
  /** As Node names it: `linux`. */
  readonly platform: string;
  /** As Node names it: `x64`. */
  readonly arch: string;
  readonly perf: ProgramFacts | undefined;
  readonly strace: ProgramFacts | undefined;
  /** CAP_PERFMON or CAP_SYS_ADMIN. */
  readonly mayTrace: boolean;
  /** CAP_IPC_LOCK: buffers do not count against a limit. */
  readonly mayLock: boolean;
  /** `kernel.perf_event_paranoid`; undefined where it cannot be read. */
  readonly paranoid: number | undefined;
  /** Where tracefs can be read; otherwise why not. */
  readonly tracefs: { readonly path: string } | { readonly problem: 'not mounted' | 'not readable' };
  /** Those of `EVENTS` that this kernel has; empty where tracefs cannot be read. */
  readonly tracepoints: ReadonlySet<string>;
  /** Where a cgroup for the command may be made; undefined where none may. */
  readonly cgroup: CgroupFacts | undefined;
  readonly cpus: number;
  /** `MemAvailable`; undefined where it cannot be read. */
  readonly availableBytes: number | undefined;
  /** `kernel.perf_event_mlock_kb`: what anybody may lock for each CPU. */
  readonly freeLockBytes: number;
}

export interface ProgramFacts {
  readonly path: string;
  /** Long options and such that not every version has, as its help lists them. */
  readonly can: ReadonlySet<string>;
}

export interface CgroupFacts {
  /** The folder that may hold a new one. */
  readonly folder: string;
  /** That folder as perf's -G wants it: from the root of its hierarchy, without a slash at either end. */
  readonly name: string;
}
