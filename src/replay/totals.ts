/** Records in the trace, counted as they are: the same whatever the lane. What the model adds is never in here. */
export interface Totals {
  syscalls: number;
  userFaults: number;
  kernelFaults: number;
  interrupts: number;
  contextSwitches: number;
  tlbFlushes: number;
  execs: number;
  exits: number;
  forkEvents: number;
  newTaskEvents: number;
}

export const createTotals = (): Totals => ({
  syscalls: 0,
  userFaults: 0,
  kernelFaults: 0,
  interrupts: 0,
  contextSwitches: 0,
  tlbFlushes: 0,
  execs: 0,
  exits: 0,
  forkEvents: 0,
  newTaskEvents: 0,
});

/** New tasks: two events tell of each, so only one kind counts. */
export const forksOf = (totals: Totals): number => (totals.forkEvents > 0 ? totals.forkEvents : totals.newTaskEvents);
