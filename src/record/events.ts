/** The tracepoints of a recording. */

export interface RecordedEvent {
  /** `system:name`. */
  readonly name: string;
  /** What a recording without it cannot show. */
  readonly shows: string;
  /** Whether it is taken from the whole machine, where the rest is limited to the command: half of a switch is no switch. */
  readonly wide?: boolean;
  /** Whether the kernel gives it to everybody for their own tasks, without a capability. */
  readonly free?: boolean;
}

/** A recorder that watches a cgroup gives the wide ones no name; perf wants these first. */
export const EVENTS: readonly RecordedEvent[] = [
  { name: 'sched:sched_switch', shows: 'context switches and CPU time', wide: true },
  { name: 'sched:sched_waking', shows: 'who woke whom', wide: true },
  { name: 'raw_syscalls:sys_enter', shows: 'system calls', free: true },
  { name: 'raw_syscalls:sys_exit', shows: 'results of system calls, credentials', free: true },
  { name: 'sched:sched_process_fork', shows: 'births of tasks' },
  { name: 'sched:sched_process_exec', shows: 'execs' },
  { name: 'sched:sched_process_exit', shows: 'ends of tasks' },
  { name: 'task:task_newtask', shows: 'which new tasks share memory' },
  { name: 'task:task_rename', shows: 'names of tasks' },
  { name: 'exceptions:page_fault_user', shows: 'user page faults' },
  { name: 'exceptions:page_fault_kernel', shows: 'page faults in kernel mode' },
  { name: 'irq_vectors:local_timer_entry', shows: 'timer interrupts' },
  { name: 'irq_vectors:reschedule_entry', shows: 'rescheduling interrupts' },
  { name: 'irq_vectors:call_function_entry', shows: 'calls from other CPUs' },
  { name: 'irq_vectors:call_function_single_entry', shows: 'calls from one other CPU' },
  { name: 'irq:irq_handler_entry', shows: 'interrupts of devices' },
  { name: 'nmi:nmi_handler', shows: 'NMIs' },
  { name: 'tlb:tlb_flush', shows: 'TLB flushes' },
];

/** One of these has to be there: without them nothing is known of who entered the kernel. */
export const ESSENTIAL: ReadonlySet<string> = new Set(['raw_syscalls:sys_enter', 'exceptions:page_fault_user']);
