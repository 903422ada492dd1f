/**
 * How long after its last event a task is still taken to be in the kernel. Traces show where a page fault and an interrupt
 * begin, not where they end, and a syscall's end before its return.
 */
import type { Sourced } from '../cpu-model/cpu.ts';

const ns = (value: number, low: number, high: number, source: string): Sourced<number> => ({
  value,
  low,
  high,
  unit: 'ns',
  source,
  confidence: 'inferred',
});

/** From `sys-exit` to user mode. */
export const SYSCALL_EXIT_NS = ns(
  1_000,
  200,
  5_000,
  'exit work loop of a few hundred instructions; no interrupt in the corpus comes sooner than 5 us',
);
/** From a user page fault to user mode. */
export const FAULT_NS = ns(2_000, 500, 10_000, 'minor faults take 0.5-1 us untraced, about twice that under perf');
/** From an interrupt to user mode. */
export const INTERRUPT_NS = ns(
  10_000,
  2_000,
  50_000,
  'timer entry to the switch it causes: 5-50 us in recordings of a virtual machine',
);
/**
 * A runnable task that leaves the CPU later than this after `sys-exit` or a fault had gone back to user mode: an interrupt that
 * was not recorded preempted it. Sooner, it was rescheduled on its way out.
 */
export const PREEMPTED_AFTER_NS = ns(
  10_000,
  5_000,
  20_000,
  'sys-exit to switch: two groups, below 5 us and above 20 us, in a recorded kernel build',
);
/** The same after a recorded interrupt, whose own work (softirqs) may take long before it reschedules. */
export const PREEMPTED_AFTER_INTERRUPT_NS = ns(
  100_000,
  50_000,
  1_000_000,
  'interrupt to switch: 99.9 % below 100 us in a recorded kernel build',
);
/** Several handlers run for one NMI, and each logs itself. */
export const NMI_NS = ns(10_000, 1_000, 100_000, 'handlers of one NMI run back to back');
