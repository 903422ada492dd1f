/** What charts ask about lanes: which is which, what colour, which machine. */
import type { ReportData, ReportLane } from '../report-data.ts';
import { label } from './labels.ts';
import { ISOLATED, NEITHER, OPTED_OUT, OTHER_POLICIES } from './theme.ts';

const roleOf = (data: ReportData, name: string | undefined): ReportLane | undefined =>
  name === undefined ? undefined : data.lanes.find(({ lane }) => lane === name);

export const isolatedLane = (data: ReportData): ReportLane | undefined => roleOf(data, data.views.isolated);
export const optedOutLane = (data: ReportData): ReportLane | undefined => roleOf(data, data.views.optedOut);

/** The lanes that others are compared with: they add nothing to themselves. */
export function isBaseline({ addedCycles }: ReportLane): boolean {
  return addedCycles?.low === 0 && addedCycles.mid === 0 && addedCycles.high === 0;
}

/** The colour of each policy: the same in every chart of a report. */
export function policyColours(data: ReportData): ReadonlyMap<string, string> {
  const colours = new Map<string, string>();
  const isolated = isolatedLane(data);
  const optedOut = optedOutLane(data);
  if (isolated) colours.set(isolated.policy, ISOLATED);
  if (optedOut) colours.set(optedOut.policy, OPTED_OUT);
  let others = 0;
  for (const lane of data.lanes) {
    if (colours.has(lane.policy)) continue;
    colours.set(lane.policy, isBaseline(lane) ? NEITHER : OTHER_POLICIES[others++ % OTHER_POLICIES.length]);
  }
  return colours;
}

/** What a lane's name says besides its policy: what varies of CPU, kernel and features. Empty where nothing does. */
export const machineOf = ({ lane, policy }: ReportLane): string =>
  lane.startsWith(policy) ? lane.slice(policy.length) : lane;

/** The CPUs by name, or how many. */
export function cpuLabels(data: ReportData): string {
  const names = [...new Set(data.lanes.map(({ cpuLabel }) => label(cpuLabel, 60)))];
  if (names.length > 3) return `${names.length} CPUs`;
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}`;
}
