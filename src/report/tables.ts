/** The tables of a result directory: one entry a file, in the order they are written. */
import type { Estimate } from '../units.ts';
import { estimateOf, type Moved } from '../cpu-model/intervals.ts';
import { OPERATIONS } from '../cpu-model/operations.ts';
import { COMPONENTS } from '../cpu-model/prices.ts';
import { syscallName } from '../trace/syscalls.ts';
import { bool, float64, int32, int64, text, writeTable, type Column, type Values } from './arrow.ts';
import { rowsByCause } from './groups.ts';
import { costs, ledger, timeline } from './long-tables.ts';
import type { TableInput } from './table-input.ts';

export interface TableFile {
  readonly name: string;
  readonly version: number;
  /** At least one. */
  batches(input: TableInput): Iterable<readonly Column[]>;
}

const ESTIMATE = ['low', 'mid', 'high'] as const;
const TLB = ['l1iMiss', 'l1dMiss', 'stlbHit', 'walks', 'pcidHits', 'pcidMisses', 'flushedEntries'] as const;

export const TABLES: readonly TableFile[] = [
  { name: 'lanes', version: 1, batches: whole(lanes) },
  { name: 'processes', version: 1, batches: whole(processes) },
  { name: 'ledger', version: 1, batches: ledger },
  { name: 'costs', version: 1, batches: costs },
  { name: 'syscalls', version: 1, batches: whole(syscalls) },
  { name: 'timeline', version: 1, batches: timeline },
  { name: 'transitions', version: 1, batches: whole(transitions) },
  { name: 'health', version: 1, batches: whole(health) },
];

export const fileNameOf = (table: TableFile): string => `${table.name}.arrow`;
/** The bytes of a table's file. */
export function bytesOfTable(table: TableFile, input: TableInput): Uint8Array {
  const chunks: Uint8Array[] = [];
  writeTableFile(table, input, (chunk) => chunks.push(chunk.slice()));
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

export const writeTableFile = (table: TableFile, input: TableInput, write: (chunk: Uint8Array) => void): void =>
  writeTable(`ptilab.${table.name}`, table.version, table.batches(input), write);

/** A table that is small whatever the recording. */
function whole(columns: (input: TableInput) => readonly Column[]): TableFile['batches'] {
  return (input) => [columns(input)];
}

const estimated = (moved: Moved | undefined): Estimate | undefined => moved && estimateOf(moved);
const absent = (rows: number): Values<number> => new Array<undefined>(rows).fill(undefined);
const estimates = (prefix: string, values: Values<Estimate>): readonly Column[] =>
  ESTIMATE.map((part) =>
    float64(
      `${prefix}.${part}`,
      values.map((value) => value?.[part]),
    ),
  );
const addedCycles = (values: Values<Estimate>): readonly Column[] =>
  ESTIMATE.map((part) =>
    float64(
      `addedCycles${part[0].toUpperCase()}${part.slice(1)}`,
      values.map((value) => value?.[part]),
    ),
  );

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
    ...TLB.map((name) => int64(`tlb.${name}`, absent(rows.length))),
    ...COMPONENTS.flatMap((component) =>
      estimates(
        `cycles.${component}`,
        rows.map((lane) => lane.cycles?.[component]),
      ),
    ),
    ...(['addedCycles', 'baselineCycles', 'overheadPercent'] as const).flatMap((name) =>
      estimates(
        name,
        rows.map((lane) => lane[name] ?? undefined),
      ),
    ),
    ...COMPONENTS.flatMap((component) =>
      estimates(
        `bystanders.cycles.${component}`,
        rows.map(({ bystanders }) => bystanders.cycles?.[component]),
      ),
    ),
    ...estimates(
      'bystanders.addedCycles',
      rows.map(({ bystanders }) => bystanders.addedCycles ?? undefined),
    ),
  ];
}

function processes({ priced, processes: { list } }: TableInput): readonly Column[] {
  const rows = priced.lanes.flatMap((lane) => list.map((process) => ({ lane, spec: lane.spec, process })));
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
      rows.map(({ process }) => process.cgroup),
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
    ...addedCycles(rows.map(({ lane, process }) => estimated(lane.addedOf(priced.rowsOfProcess[process.index])))),
  ];
}

function syscalls({ priced, replayed }: TableInput): readonly Column[] {
  const rowsOf = rowsByCause(priced.rowsOf.measured, replayed);
  const rows = priced.lanes.flatMap((lane) =>
    replayed.syscalls.calls().map(([nr, calls]) => ({
      lane: lane.spec.name,
      nr,
      calls,
      added: estimated(lane.addedOf(rowsOf.get(`syscall:${nr}`) ?? [])),
    })),
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
    ...addedCycles(rows.map(({ added }) => added)),
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
