/** The tables that grow with the recording, in batches. */
import { estimateOf } from '../cpu-model/intervals.ts';
import { OPERATIONS, OPERATION_COUNT } from '../cpu-model/operations.ts';
import { COMPONENTS } from '../cpu-model/prices.ts';
import { dictionaryOf, float64s, int32s, int64s, keyed, type Column } from './arrow.ts';
import { BatchRows } from './batch-rows.ts';
import { causeOrder, ledgerGroups } from './groups.ts';
import type { TableInput } from './table-input.ts';
import { timelineOf } from './timeline.ts';

/** Rows with a count only, by lane, process, cause, operation. */
export function* ledger({ plan, replayed, processes: outcomes }: TableInput): Generator<readonly Column[]> {
  const order = causeOrder(replayed);
  const words = [
    dictionaryOf(
      plan.specs.map(({ name }) => name),
      0,
    ),
    dictionaryOf(order.names, 1),
    dictionaryOf(OPERATIONS, 2),
  ] as const;
  const rows = new BatchRows(['lane', 'process', 'cause', 'operation'], ['count']);
  const columns = (): readonly Column[] => [
    keyed('lane', rows.ints('lane'), words[0]),
    int32s('process', rows.ints('process')),
    keyed('cause', rows.ints('cause'), words[1]),
    keyed('operation', rows.ints('operation'), words[2]),
    int64s('count', rows.floats('count')),
  ];
  for (const [lane, spec] of plan.specs.entries()) {
    const { counts } = replayed.lanes[spec.replayed];
    for (const group of ledgerGroups(replayed, outcomes, order))
      for (let operation = 0; operation < OPERATION_COUNT; operation++) {
        const count = group.rows.reduce((sum, row) => sum + counts.get(row, operation), 0);
        if (count === 0) continue;
        if (rows.full) yield columns();
        rows.add([lane, group.process, group.cause, operation], [count]);
      }
  }
  yield columns();
}

/** What each process and cause costs, by component; rows that cost nothing whatever the prices are left out. */
export function* costs({ priced, replayed, processes: outcomes }: TableInput): Generator<readonly Column[]> {
  const order = causeOrder(replayed);
  const words = [
    dictionaryOf(
      priced.lanes.map(({ spec }) => spec.name),
      0,
    ),
    dictionaryOf(order.names, 1),
    dictionaryOf(COMPONENTS, 2),
  ] as const;
  const rows = new BatchRows(['lane', 'process', 'cause', 'component'], ['low', 'mid', 'high']);
  const columns = (): readonly Column[] => [
    keyed('lane', rows.ints('lane'), words[0]),
    int32s('process', rows.ints('process')),
    keyed('cause', rows.ints('cause'), words[1]),
    keyed('component', rows.ints('component'), words[2]),
    float64s('cyclesLow', rows.floats('low')),
    float64s('cyclesMid', rows.floats('mid')),
    float64s('cyclesHigh', rows.floats('high')),
  ];
  for (const [index, lane] of priced.lanes.entries())
    for (const group of ledgerGroups(replayed, outcomes, order)) {
      const quantities = lane.quantitiesOf(group.rows);
      for (const [component, name] of COMPONENTS.entries()) {
        const moved = lane.cyclesOf(quantities, name);
        if (!moved?.some((cycles) => cycles !== 0)) continue;
        if (rows.full) yield columns();
        const { low, mid, high } = estimateOf(moved);
        rows.add([index, group.process, group.cause, component], [low, mid, high]);
      }
    }
  yield columns();
}

/** By lane, CPU and time; bins in which nothing happened are left out. */
export function* timeline(input: TableInput): Generator<readonly Column[]> {
  const lanes = dictionaryOf(
    input.priced.lanes.map(({ spec }) => spec.name),
    0,
  );
  const rows = new BatchRows(['lane', 'cpu'], ['startNs', 'lengthNs', 'crossings', 'switches', 'flushes', 'added']);
  const columns = (): readonly Column[] => [
    keyed('lane', rows.ints('lane'), lanes),
    int32s('cpu', rows.ints('cpu')),
    int64s('startNs', rows.floats('startNs')),
    int64s('lengthNs', rows.floats('lengthNs')),
    int64s('crossings', rows.floats('crossings')),
    int64s('switches', rows.floats('switches')),
    int64s('flushes', rows.floats('flushes')),
    float64s('addedCyclesMid', rows.floats('added')),
  ];
  for (const [index, lane] of input.priced.lanes.entries())
    for (const { cpu, startNs, lengthNs, crossings, switches, flushes, added } of timelineOf(lane, input.replayed)) {
      if (rows.full) yield columns();
      rows.add([index, cpu], [startNs, lengthNs, crossings, switches, flushes, added ?? Number.NaN]);
    }
  yield columns();
}
