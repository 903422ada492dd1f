/** The ledger in the order of its tables: by process, then cause. */
import type { Replayed } from '../replay/engine.ts';
import type { ProcessOutcomes } from '../replay/outcome.ts';

/** Causes by name, in alphabetical order: a cause's place is its key in a table. */
export interface CauseOrder {
  readonly names: readonly string[];
  /** Key by id of the replay. */
  readonly keys: Int32Array;
}

/** Ledger rows of one process and cause. */
export interface LedgerGroup {
  readonly process: number;
  /** Key in {@link CauseOrder.names}. */
  readonly cause: number;
  readonly rows: readonly number[];
}

export function causeOrder({ rows, causes }: Replayed): CauseOrder {
  let ids = 0;
  for (let row = 0; row < rows.size; row++) ids = Math.max(ids, rows.causeOf(row) + 1);
  const order = Array.from({ length: ids }, (_, id) => id).sort((a, b) =>
    causes.name(a) < causes.name(b) ? -1 : causes.name(a) > causes.name(b) ? 1 : 0,
  );
  const keys = new Int32Array(ids);
  order.forEach((id, key) => (keys[id] = key));
  return { names: order.map((id) => causes.name(id)), keys };
}

/** One at a time, so that a long ledger takes no memory of its own but the order of its rows. */
export function* ledgerGroups(
  { rows, tree }: Replayed,
  outcomes: ProcessOutcomes,
  { keys }: CauseOrder,
): Generator<LedgerGroup> {
  const processes = new Int32Array(rows.size);
  for (let row = 0; row < rows.size; row++) processes[row] = outcomes.indexOf(tree.processes[rows.processOf(row)]);
  const key = (row: number): number => keys[rows.causeOf(row)];
  const order = Uint32Array.from(processes, (_, row) => row).sort(
    (a, b) => processes[a] - processes[b] || key(a) - key(b) || a - b,
  );
  for (let i = 0; i < order.length;) {
    const [process, cause] = [processes[order[i]], key(order[i])];
    let next = i + 1;
    // Rows of a task that turned out to be a thread of another process join that process's.
    while (next < order.length && processes[order[next]] === process && key(order[next]) === cause) next++;
    yield { process, cause, rows: Array.from(order.subarray(i, next)) };
    i = next;
  }
}

/** Some ledger rows by the name of their cause. */
export function rowsByCause(rows: readonly number[], replayed: Replayed): ReadonlyMap<string, readonly number[]> {
  const byCause = new Map<string, number[]>();
  for (const row of rows) {
    const cause = replayed.causes.name(replayed.rows.causeOf(row));
    const found = byCause.get(cause);
    if (found) found.push(row);
    else byCause.set(cause, [row]);
  }
  return byCause;
}
