/** What state each process is in at a moment: its first one, and the transitions since. */
import type { Lane } from './lane.ts';
import { isExposed, type PtiState, type Transition } from './optout/states.ts';
import type { Process } from './tasks.ts';

/** The state of a process before anything happened to it. */
export const firstState = ({ policy }: Pick<Lane, 'policy'>): PtiState => (policy.pti ? 'on' : 'off (boot)');

/** Whether user mode runs on the kernel's page table. */
export const runsFlat = (state: PtiState): boolean => state === 'off (boot)' || isExposed(state);

/** By process, its transitions up to a moment, oldest first. */
export function historiesAt(
  transitions: readonly Transition[],
  timeNs: number,
): ReadonlyMap<Process, readonly Transition[]> {
  const histories = new Map<Process, Transition[]>();
  for (const transition of transitions) {
    if (transition.timeNs > timeNs) continue;
    const history = histories.get(transition.process);
    if (history) history.push(transition);
    else histories.set(transition.process, [transition]);
  }
  return histories;
}
