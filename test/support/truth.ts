/** The counts of a replay beside those of the other program. */
import type { TotalsResult } from '../../src/report/result.ts';
import type { Truth } from './fixtures.ts';

/** What `totals` must be. */
export function totalsOf(truth: Truth): TotalsResult {
  const records = (kind: string): number => truth.per_kind[kind] ?? 0;
  const entries = Object.keys(truth.per_kind).filter((kind) => /^irq_vectors:.*_entry$/.test(kind));
  return {
    syscalls: records('raw_syscalls:sys_enter'),
    userFaults: records('exceptions:page_fault_user'),
    kernelFaults: records('exceptions:page_fault_kernel'),
    interrupts: [...entries, 'irq:irq_handler_entry'].reduce((sum, kind) => sum + records(kind), 0),
    contextSwitches: records('sched:sched_switch'),
    tlbFlushes: records('tlb:tlb_flush'),
    forks: records('sched:sched_process_fork'),
    execs: records('sched:sched_process_exec'),
    exits: records('sched:sched_process_exit'),
    syscallCounts: Object.fromEntries(
      Object.entries(truth.syscalls_enter).map(([name, count]) => [name.split(':')[0], count]),
    ),
  };
}
