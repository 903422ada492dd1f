/** Which cgroups (services, containers) pay for isolation, and which would gain. */
import type { ReportData } from '../report-data.ts';
import type { Chart } from './chart.ts';
import { plural } from './numbers.ts';
import { findingOf, missingOf, paidSpec, paidTable, type Payer } from './paid.ts';

interface CgroupPayer extends Payer {
  readonly processes: number;
}

/** Of processes that no event shows in a cgroup. */
const NOT_SHOWN = '(not shown)';

const payersOf = ({ cgroups: rows = [] }: ReportData): readonly CgroupPayer[] =>
  rows.map(({ cgroup, processes, added, saved }) => ({
    name: cgroup === '' ? NOT_SHOWN : cgroup,
    processes,
    added,
    saved,
  }));

export const cgroups: Chart = {
  id: 'cgroups',
  name: 'Cgroups',
  description:
    'Each process counts for the cgroup it was in last. Orange is what a cgroup pays while everybody is isolated, blue what the opt-out gives back; thin lines are the intervals.',
  missing: (data) =>
    data.cgroups === undefined
      ? 'the recording does not tell cgroups (perf record --all-cgroups does)'
      : missingOf(payersOf(data), 'cgroup'),
  title: (data) => findingOf(payersOf(data), 'pays'),
  spec(data) {
    const payers = payersOf(data);
    return paidSpec(payers, this.title(data), (rest) => {
      const hidden = new Set(rest);
      const processes = payers.reduce((sum, payer) => sum + (hidden.has(payer) ? payer.processes : 0), 0);
      return plural(processes, 'other process', 'other processes');
    });
  },
  table: (data) => {
    const payers = payersOf(data);
    return paidTable(payers, ['cgroup', 'processes'], (_, i) => payers[i].processes);
  },
};
