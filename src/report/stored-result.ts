/** The counts of a result directory: its manifest and three of its tables, read back. */
import type { RecordBatch } from 'apache-arrow';
import { inputError } from '../errors.ts';
import { findCpu } from '../cpu-model/cpus/index.ts';
import { Op, OPERATIONS, type Operation } from '../cpu-model/operations.ts';
import { findPolicy } from '../replay/policies/index.ts';
import { numbersOf, textsOf, valueOf } from './arrow-columns.ts';
import { CountGroups, LANE_FACTS, type Counted, type CountedLane, type CountGroup } from './counted.ts';
import { AGAIN, parseManifest } from './stored-manifest.ts';

/** Tables that are read: each must be of this version. */
export const STORED_TABLES = ['lanes', 'processes', 'ledger'] as const;
export type StoredTable = (typeof STORED_TABLES)[number];

/** Batch by batch, from its beginning each time. Damage ends it with one line. */
export type ReadTable = (table: StoredTable, take: (rows: RecordBatch) => void) => Promise<void>;

/**
 * @param where - the directory, printable
 * @throws an input error where it is damaged, of another version, or its tables do not belong together
 */
export async function storedResult(manifest: string, read: ReadTable, where: string): Promise<Counted> {
  const { model, files, events, durationNs, doubts, baseline } = parseManifest(manifest, where);
  const lanes: CountedLane[] = [];
  await read('lanes', (rows) => {
    for (let row = 0; row < rows.numRows; row++) lanes.push(laneOf(rows, row, where));
  });
  return {
    model,
    files,
    events,
    durationNs,
    doubts,
    baseline,
    lanes,
    async groups(wanted) {
      const processes = await processesOf(read);
      return groupsOf(read, wanted, processes, where);
    },
  };
}

function laneOf(rows: RecordBatch, row: number, where: string): CountedLane {
  const facts = Object.fromEntries(LANE_FACTS.map((name) => [name, valueOf(rows, name, row)])) as CountedLane['facts'];
  const counts = (name: string): number => {
    const value = valueOf(rows, name, row);
    if (typeof value !== 'number' || !Number.isFinite(value)) throw new RangeError(`no good column ${name}`);
    return value;
  };
  for (const name of LANE_FACTS) if (typeof facts[name] !== FACT_TYPES[name]) throw new RangeError(`no fact ${name}`);
  const [cpu, policy] = [findCpu(facts.cpu), findPolicy(facts.policy)];
  if (!cpu || !policy)
    throw inputError(`a result with a ${cpu ? 'policy' : 'CPU'} that this ptilab does not know`, where, AGAIN);
  return {
    facts,
    counts: {
      operations: Object.fromEntries(OPERATIONS.map((name) => [name, counts(`operations.${name}`)])) as Record<
        Operation,
        number
      >,
      crossingCr3Writes: counts('crossingCr3Writes'),
      switchCr3Writes: counts('switchCr3Writes'),
      flushCr3Writes: counts('flushCr3Writes'),
      otherCr3Writes: counts('otherCr3Writes'),
    },
    cpu,
    policy,
  };
}

const FACT_TYPES: Readonly<Record<(typeof LANE_FACTS)[number], 'string' | 'boolean' | 'number'>> = {
  lane: 'string',
  policy: 'string',
  cpu: 'string',
  kernel: 'string',
  virt: 'string',
  pcid: 'boolean',
  invpcid: 'boolean',
  ptiMode: 'string',
  affected: 'boolean',
  decidedBy: 'string',
  ghz: 'number',
};

interface StoredProcess {
  readonly comm: string;
  readonly measured: boolean;
}

/** By index. The table has them once a lane, always the same. */
async function processesOf(read: ReadTable): Promise<ReadonlyMap<number, StoredProcess>> {
  const found = new Map<number, StoredProcess>();
  await read('processes', (rows) => {
    const process = numbersOf(rows, 'process', Int32Array);
    const [comm, scope] = [textsOf(rows, 'comm'), textsOf(rows, 'scope')];
    for (let row = 0; row < rows.numRows; row++)
      if (!found.has(process[row])) found.set(process[row], { comm: comm(row), measured: scope(row) === 'measured' });
  });
  return found;
}

async function groupsOf(
  read: ReadTable,
  wanted: readonly CountedLane[],
  processes: ReadonlyMap<number, StoredProcess>,
  where: string,
): Promise<readonly CountGroup[]> {
  const groups = new CountGroups(wanted.length);
  const places = new Map<string, number[]>();
  wanted.forEach(({ facts }, i) => places.set(facts.lane, [...(places.get(facts.lane) ?? []), i]));
  await read('ledger', (rows) => {
    const [lane, cause, operation] = ['lane', 'cause', 'operation'].map((name) => textsOf(rows, name));
    const process = numbersOf(rows, 'process', Int32Array);
    const count = numbersOf(rows, 'count', BigInt64Array);
    for (let row = 0; row < rows.numRows; row++) {
      const into = places.get(lane(row));
      if (!into) continue;
      const who = processes.get(process[row]);
      const op = OPERATION_INDICES.get(operation(row));
      if (!who) throw inputError(NOT_TOGETHER, where, AGAIN);
      if (op === undefined) throw new RangeError('a row of no operation');
      const { counts } = groups.of(who.comm, who.measured, cause(row));
      for (const i of into) counts[i][op] += Number(count[row]);
    }
  });
  demandSums(wanted, groups.all(), where);
  return groups.all();
}

const OPERATION_INDICES: ReadonlyMap<string, number> = new Map(Object.entries(Op));

const NOT_TOGETHER = 'a result whose tables do not belong together';

/** Tables of different replays do not add up. */
function demandSums(lanes: readonly CountedLane[], groups: readonly CountGroup[], where: string): void {
  lanes.forEach(({ counts: { operations } }, i) => {
    for (const name of OPERATIONS) {
      const sum = groups.reduce((all, { counts }) => all + counts[i][Op[name]], 0);
      if (sum !== operations[name]) throw inputError(NOT_TOGETHER, where, AGAIN);
    }
  });
}
