/** Which programs pay for isolation, and which would gain. */
import type { ReportData } from '../report-data.ts';
import type { Chart } from './chart.ts';
import { plural } from './numbers.ts';
import { findingOf, missingOf, paidSpec, paidTable, type Payer } from './paid.ts';

interface ProgramPayer extends Payer {
  readonly processes: number;
}

const payersOf = (data: ReportData): readonly ProgramPayer[] =>
  data.programs.map(({ program, processes, added, saved }) => ({ name: program, processes, added, saved }));

export const programs: Chart = {
  id: 'programs',
  name: 'Programs',
  description:
    'Processes of the same name are one program. Orange is what it pays while everybody is isolated, blue what the opt-out gives back; thin lines are the intervals.',
  missing: (data) => missingOf(payersOf(data), 'program'),
  title: (data) => findingOf(payersOf(data), 'pays'),
  spec(data) {
    const payers = payersOf(data);
    return paidSpec(payers, this.title(data), (rest) => {
      const hidden = new Set(rest);
      const processes = payers.reduce((sum, payer) => sum + (hidden.has(payer) ? payer.processes : 0), 0);
      return plural(processes, 'other process', 'other processes');
    });
  },
  table: (data) => paidTable(payersOf(data), ['program', 'processes'], (_, i) => data.programs[i].processes),
};
