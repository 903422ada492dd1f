/** The counts of a replay. */
import { OPERATION_COUNT } from '../cpu-model/operations.ts';
import { CountGroups, LANE_COUNTS, LANE_FACTS, type Counted, type CountedLane } from './counted.ts';
import type { TableInput } from './table-input.ts';

export function countedReplay({ result, plan, replayed, processes, priced }: TableInput): Counted {
  const { rows, tree, causes } = replayed;
  const lanes = result.lanes.map((lane, i): CountedLane => {
    const { cpu, replayed: at } = plan.specs[i];
    return { facts: pick(lane, LANE_FACTS), counts: pick(lane, LANE_COUNTS), cpu, policy: plan.lanes[at].policy };
  });
  return {
    model: result.model,
    files: result.trace.files,
    events: result.trace.events,
    durationNs: result.trace.durationNs,
    doubts: priced.doubts,
    baseline: priced.baseline,
    lanes,
    groups(wanted) {
      const counts = wanted.map((lane) => replayed.lanes[plan.specs[lanes.indexOf(lane)].replayed].counts);
      const groups = new CountGroups(wanted.length);
      for (let row = 0; row < rows.size; row++) {
        const { comm, scope } = processes.list[processes.indexOf(tree.processes[rows.processOf(row)])];
        const group = groups.of(comm, scope === 'measured', causes.name(rows.causeOf(row)));
        for (const [i, lane] of counts.entries())
          for (let op = 0; op < OPERATION_COUNT; op++) group.counts[i][op] += lane.get(row, op);
      }
      return Promise.resolve(groups.all());
    },
  };
}

const pick = <T, K extends keyof T>(from: T, names: readonly K[]): Pick<T, K> =>
  Object.fromEntries(names.map((name) => [name, from[name]])) as Pick<T, K>;
