/** Doubts of counts: what they do not tell, each a figure with a range. All groups share them. */
import type { Sourced } from '../../cpu-model/cpu.ts';

const SEEN = 'recordings of twenty workloads on two CPUs of a guest';

const figure = (
  value: number,
  [low, high]: readonly [number, number],
  unit: string,
  source: string,
  confidence: Sourced<number>['confidence'] = 'inferred',
): Sourced<number> => ({ value, low, high, unit, source, confidence });

/** Absent: nothing at mid, and at high the most that ordinary programs were seen to have. */
const atMost = (high: number, seen: string): Sourced<number> =>
  figure(0, [0, high], 'per CPU second', `${SEEN}: ${seen}`);

export const STAT_DOUBTS = {
  /** 0: none of the interrupts came from user mode; 0.5: as many as time was spent in it; 1: all did. */
  interruptsFromUser: figure(0.5, [0, 1], 'place in the range', 'no counter says what an interrupt hit', 'assumed'),
  /** Where the times of user and kernel mode are not known. */
  userTimeShare: figure(0.5, [0.1, 0.9], 'share of busy time', 'servers 0.2 to 0.4, builds 0.75 to 0.8', 'assumed'),
  /** Where interrupts of idle CPUs were counted too. */
  busyShare: figure(0.5, [0, 1], 'share of interrupts that hit no idle CPU', 'not counted', 'assumed'),
  /** Where faults were counted whatever the mode. */
  faultsFromUser: figure(
    0.97,
    [0.5, 1],
    'share of page faults',
    `${SEEN}: 0.95 to 1.00; calls that fill new buffers can fault as often in the kernel`,
  ),
  loadsPerSwitch: figure(
    0.6,
    [0, 1.15],
    'loads of an address space per context switch',
    `${SEEN}: a table of threads 0.00, builds 0.66, servers 0.72 to 1.00, set*id programs 1.15`,
  ),
  /** A load is counted for the task that leaves, so where tasks were counted, those that others left for them are missing. */
  loadsIntoTasks: figure(
    0.5,
    [0, 1],
    'further loads per context switch',
    'none where nobody else runs, at most one for each return to the CPU; a kernel build on two busy CPUs 0.61',
  ),
  loadsIntoCgroups: figure(
    0,
    [0, 0.5],
    'further loads per context switch',
    'counted for the cgroup of the task that comes; recordings beside counts: 0.00 (proxy) to 0.5 (idle servers)',
  ),
  loadsFlushed: figure(
    0.1,
    [0, 1],
    'share of loads',
    `${SEEN}: servers 0.00, builds 0.4, fork and exec 0.5; a ring of more processes than ASIDs 1`,
  ),
  returnsPerFlushedLoad: figure(
    0.35,
    [0.1, 1],
    'returns that flush, per load that does',
    `${SEEN}: 0.12 to 0.63; the others load an address space that ends or idles; 1 is the most there can be`,
  ),
  returnsPerFlush: figure(1, [0.9, 1], 'returns that flush, per flush', `${SEEN}: each ends in one, but for the last`),
  pagesPerFew: figure(7, [4, 17], 'pages a flush of 2 to 33', `${SEEN}: means 5.4 (kernel build) to 16`),
  pagesPerFlush: figure(2, [1, 16], 'pages a flush', `${SEEN}: means 1.3 to 16`),
  flushesAllShare: figure(0.05, [0, 0.9], 'share of flushes', `${SEEN}: kernel build 0.03, threads 0.85`),
  'absent.syscalls': atMost(600_000, 'redis, nginx and a table of threads 440,000 to 600,000'),
  'absent.userFaults': atMost(100_000, 'kernel builds 47,000 to 53,000, scripts that fork 92,000'),
  'absent.interrupts': atMost(5_000, 'servers 1,000 to 4,400'),
  'absent.loads': atMost(200_000, 'two programs on one pipe 190,000'),
  'absent.flushes': atMost(50_000, 'threads that map and unmap 46,000'),
  'absent.ipis': atMost(20_000, 'threads that map and unmap 18,000'),
} as const satisfies Readonly<Record<string, Sourced<number>>>;
export type StatDoubt = keyof typeof STAT_DOUBTS;

/** What counting takes for one event. */
export const COUNTER_COST: Sourced<number> = {
  value: 0.2,
  low: 0.1,
  high: 1.1,
  unit: 'us per event',
  source:
    'user and system time with perf stat 6.1 and all events of --print-command less that without: a loop of the cheapest call 0.16 to 0.19, first touches of pages 0.45, a kernel build counted by its tasks 1.1 (each fork copies every counter: 0.3 ms)',
  confidence: 'inferred',
};

/** Time on the CPU of kernel threads and of tasks that never enter from user mode is in a count of the whole machine. */
export const MEASURED_SHARE: Sourced<number> = {
  value: 0.97,
  low: 0.85,
  high: 1,
  unit: 'share of busy time',
  source: 'kernel threads: order of magnitude',
  confidence: 'assumed',
};

export const DOUBT_NAMES = Object.keys(STAT_DOUBTS) as StatDoubt[];
