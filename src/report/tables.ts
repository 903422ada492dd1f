/** The tables of a result directory: one entry a file, in the order they are written. */
import { OPERATIONS, OPERATION_COUNT } from '../cpu-model/operations.ts';
import type { Replayed } from '../replay/engine.ts';
import type { LanePlan } from '../replay/lane-plan.ts';
import type { ProcessOutcomes } from '../replay/outcome.ts';
import { syscallName } from '../replay/syscall-names.ts';
import type { Trace } from '../trace/trace.ts';
import { bool, float64, int32, int64, tableBytes, text, type Column, type Values } from './arrow.ts';
import type { ReplayResult } from './result.ts';

export interface TableInput {
  readonly result: ReplayResult;
  readonly plan: LanePlan;
  readonly replayed: Replayed;
  readonly processes: ProcessOutcomes;
  readonly trace: Trace;
}

export interface TableFile {
  readonly name: string;
  readonly version: number;
  columns(input: TableInput): readonly Column[];
}

/** Components of cycles, the same in every lane. */
const COMPONENTS = ['cr3', 'refill', 'flush', 'shootdown', 'test', 'other'] as const;
const ESTIMATE = ['low', 'mid', 'high'] as const;
const TLB = ['l1iMiss', 'l1dMiss', 'stlbHit', 'walks', 'pcidHits', 'pcidMisses', 'flushedEntries'] as const;

export const TABLES: readonly TableFile[] = [
  { name: 'lanes', version: 1, columns: lanes },
  { name: 'processes', version: 1, columns: processes },
  { name: 'ledger', version: 1, columns: ledger },
  { name: 'syscalls', version: 1, columns: syscalls },
  { name: 'transitions', version: 1, columns: transitions },
  { name: 'health', version: 1, columns: health },
];

export const fileNameOf = (table: TableFile): string => `${table.name}.arrow`;
export const bytesOfTable = (table: TableFile, input: TableInput): Uint8Array =>
  tableBytes(`ptilab.${table.name}`, table.version, table.columns(input));

/** What prices will fill. */
const unpriced = (rows: number): Values<number> => new Array<undefined>(rows).fill(undefined);
const estimate = (prefix: string, rows: number): readonly Column[] =>
  ESTIMATE.map((part) => float64(`${prefix}.${part}`, unpriced(rows)));
const addedCycles = (rows: number): readonly Column[] =>
  ['Low', 'Mid', 'High'].map((part) => float64(`addedCycles${part}`, unpriced(rows)));

function lanes({ result }: TableInput): readonly Column[] {
  const rows = result.lanes;
  return [
    text(
      'lane',
      rows.map((lane) => lane.lane),
      0,
    ),
    text(
      'policy',
      rows.map((lane) => lane.policy),
      1,
    ),
    text(
      'cpu',
      rows.map((lane) => lane.cpu),
      2,
    ),
    text(
      'kernel',
      rows.map((lane) => lane.kernel),
      3,
    ),
    text(
      'virt',
      rows.map((lane) => lane.virt),
      4,
    ),
    bool(
      'pcid',
      rows.map((lane) => lane.pcid),
    ),
    bool(
      'invpcid',
      rows.map((lane) => lane.invpcid),
    ),
    text(
      'ptiMode',
      rows.map((lane) => lane.ptiMode),
      5,
    ),
    bool(
      'affected',
      rows.map((lane) => lane.affected),
    ),
    text(
      'decidedBy',
      rows.map((lane) => lane.decidedBy),
      6,
    ),
    float64(
      'ghz',
      rows.map((lane) => lane.ghz),
    ),
    ...OPERATIONS.map((name) =>
      int64(
        `operations.${name}`,
        rows.map((lane) => lane.operations[name]),
      ),
    ),
    int64(
      'crossingCr3Writes',
      rows.map((lane) => lane.crossingCr3Writes),
    ),
    int64(
      'switchCr3Writes',
      rows.map((lane) => lane.switchCr3Writes),
    ),
    int64(
      'flushCr3Writes',
      rows.map((lane) => lane.flushCr3Writes),
    ),
    int64(
      'otherCr3Writes',
      rows.map((lane) => lane.otherCr3Writes),
    ),
    int64(
      'nonCrossingCr3Flush',
      rows.map((lane) => lane.nonCrossingCr3Flush),
    ),
    ...TLB.map((name) => int64(`tlb.${name}`, unpriced(rows.length))),
    ...COMPONENTS.flatMap((component) => estimate(`cycles.${component}`, rows.length)),
    ...['addedCycles', 'baselineCycles', 'overheadPercent', 'bystanders.addedCycles'].flatMap((name) =>
      estimate(name, rows.length),
    ),
  ];
}

function processes({ plan, processes: { list } }: TableInput): readonly Column[] {
  const rows = plan.specs.flatMap((spec) => list.map((process) => ({ spec, process })));
  return [
    text(
      'lane',
      rows.map(({ spec }) => spec.name),
      0,
    ),
    int32(
      'process',
      rows.map(({ process }) => process.index),
    ),
    text(
      'scope',
      rows.map(({ process }) => process.scope),
      1,
    ),
    int32(
      'pid',
      rows.map(({ process }) => process.pid),
    ),
    int32(
      'parent',
      rows.map(({ process }) => process.parent),
    ),
    text(
      'comm',
      rows.map(({ process }) => process.comm),
      2,
    ),
    text(
      'exe',
      rows.map(({ process }) => process.exe),
      3,
    ),
    text(
      'cgroup',
      rows.map(() => undefined),
      4,
    ),
    int64(
      'startNs',
      rows.map(({ process }) => Math.round(process.startNs)),
    ),
    int64(
      'endNs',
      rows.map(({ process }) => process.endNs),
    ),
    int64(
      'onCpuNs',
      rows.map(({ process }) => process.onCpuNs),
    ),
    int64(
      'crossings',
      rows.map(({ process }) => process.crossings),
    ),
    text(
      'stateAtEnd',
      rows.map(({ spec, process }) => process.states[spec.replayed]),
      5,
    ),
    ...addedCycles(rows.length),
  ];
}

/** Rows with a count only, by lane, process, cause, operation. */
function ledger({ plan, replayed, processes: outcomes }: TableInput): readonly Column[] {
  const { rows, causes, tree } = replayed;
  const order = Array.from({ length: rows.size }, (_, row) => ({
    row,
    process: outcomes.indexOf(tree.processes[rows.processOf(row)]),
    cause: causes.name(rows.causeOf(row)),
  })).sort((a, b) => a.process - b.process || (a.cause < b.cause ? -1 : a.cause > b.cause ? 1 : a.row - b.row));
  const lane: string[] = [];
  const process: number[] = [];
  const cause: string[] = [];
  const operation: string[] = [];
  const count: number[] = [];
  for (const spec of plan.specs) {
    const { counts } = replayed.lanes[spec.replayed];
    for (let i = 0; i < order.length;) {
      const first = order[i];
      // Rows of a task that turned out to be a thread of another process join that process's.
      let next = i + 1;
      while (next < order.length && order[next].process === first.process && order[next].cause === first.cause) next++;
      for (let op = 0; op < OPERATION_COUNT; op++) {
        let sum = 0;
        for (let j = i; j < next; j++) sum += counts.get(order[j].row, op);
        if (sum === 0) continue;
        lane.push(spec.name);
        process.push(first.process);
        cause.push(first.cause);
        operation.push(OPERATIONS[op]);
        count.push(sum);
      }
      i = next;
    }
  }
  return [
    text('lane', lane, 0),
    int32('process', process),
    text('cause', cause, 1),
    text('operation', operation, 2),
    int64('count', count),
  ];
}

function syscalls({ plan, replayed }: TableInput): readonly Column[] {
  const rows = plan.specs.flatMap((spec) =>
    replayed.syscalls.calls().map(([nr, calls]) => ({ lane: spec.name, nr, calls })),
  );
  return [
    text(
      'lane',
      rows.map(({ lane }) => lane),
      0,
    ),
    int32(
      'nr',
      rows.map(({ nr }) => nr),
    ),
    text(
      'name',
      rows.map(({ nr }) => syscallName(nr)),
      1,
    ),
    int64(
      'calls',
      rows.map(({ calls }) => calls),
    ),
    int64(
      'kernelNs',
      rows.map(({ nr }) => replayed.syscalls.kernelNs(nr)),
    ),
    ...addedCycles(rows.length),
  ];
}

function transitions({ plan, replayed, processes: outcomes }: TableInput): readonly Column[] {
  const rows = plan.specs.flatMap((spec) =>
    (replayed.optOuts[spec.replayed]?.transitions ?? []).map((transition) => ({ lane: spec.name, ...transition })),
  );
  return [
    text(
      'lane',
      rows.map(({ lane }) => lane),
      0,
    ),
    int64(
      'timeNs',
      rows.map(({ timeNs }) => timeNs),
    ),
    int32(
      'process',
      rows.map(({ process }) => outcomes.indexOf(process)),
    ),
    int32(
      'tid',
      rows.map(({ tid }) => tid),
    ),
    text(
      'event',
      rows.map(({ event }) => event),
      1,
    ),
    text(
      'rule',
      rows.map(({ rule }) => rule),
      2,
    ),
    text(
      'from',
      rows.map(({ from }) => from),
      3,
    ),
    text(
      'to',
      rows.map(({ to }) => to),
      4,
    ),
  ];
}

function health({ trace }: TableInput): readonly Column[] {
  const rows = trace.health.entries();
  return [
    text(
      'key',
      rows.map(({ key }) => key),
      0,
    ),
    text(
      'severity',
      rows.map(({ severity }) => severity),
      1,
    ),
    int64(
      'count',
      rows.map(({ count }) => count),
    ),
    int64(
      'firstNs',
      rows.map(({ first }) => first.ns),
    ),
    int64(
      'firstByte',
      rows.map(({ first }) => first.byte),
    ),
    text(
      'text',
      rows.map((row) => row.text),
      2,
    ),
  ];
}
