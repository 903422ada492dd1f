/** Which system calls and other entries isolation makes dearer. */
import type { ReportData } from '../report-data.ts';
import type { Chart } from './chart.ts';
import { plural } from './numbers.ts';
import { findingOf, missingOf, paidSpec, paidTable, type Payer } from './paid.ts';

interface CausePayer extends Payer {
  readonly entries: number;
}

const payersOf = (data: ReportData): readonly CausePayer[] =>
  data.causes.map(({ name, entries, added, saved }) => ({ name, entries, added, saved }));

export const causes: Chart = {
  id: 'causes',
  name: 'System calls and other causes',
  description:
    'System calls, faults and interrupts by what they add. Orange is paid while everybody is isolated, blue is what the opt-out gives back; thin lines are the intervals.',
  missing: (data) => missingOf(payersOf(data), 'cause of kernel entries'),
  title: (data) => findingOf(payersOf(data), 'makes up'),
  spec(data) {
    const payers = payersOf(data);
    return paidSpec(payers, this.title(data), (rest) => {
      const hidden = new Set(rest);
      const entries = payers.reduce((sum, payer) => sum + (hidden.has(payer) ? payer.entries : 0), 0);
      return `others (${plural(entries, 'entry', 'entries')})`;
    });
  },
  table: (data) => paidTable(payersOf(data), ['cause', 'entries'], (_, i) => data.causes[i].entries),
};
