/** An opt-out that costs more than isolation for all: why, in words. */
import { Op } from '../cpu-model/operations.ts';
import { Cause } from '../replay/causes.ts';
import { count, plural } from './numbers.ts';
import type { PricedLane } from './priced.ts';
import { exposureOf, type Outcome } from './views.ts';

const midOf = (lane: PricedLane, rows: readonly number[], component?: 'test'): number =>
  lane.cyclesOf(lane.quantitiesOf(rows), component)?.[0] ?? 0;

/** The larger of what it adds: the tests, which everybody pays, or the changes in address spaces in use. */
export function whyItLoses(outcome: Outcome, lane: PricedLane): string {
  const { plan, priced, replayed } = outcome;
  const rows = priced.rowsOf.measured;
  const { counts } = plan.lanes[lane.spec.replayed];
  const sum = (operation: number): number => rows.reduce((all, row) => all + counts.get(row, operation), 0);
  const crossings = plural(sum(Op.entries) + sum(Op.exits), 'crossing');
  const optOut = replayed.optOuts[lane.spec.replayed];
  if (optOut && exposureOf(outcome, optOut).exposed.length === 0)
    return `nobody is without isolation, and each of ${crossings} is tested for it`;
  const changing = rows.filter((row) => replayed.causes.name(replayed.rows.causeOf(row)) === Cause.transition);
  const changes = sum(Op.optChange);
  return midOf(lane, changing) > midOf(lane, rows, 'test')
    ? `${count(changes)} ${changes === 1 ? 'change' : 'changes'} of isolation in address spaces in use cost more than being without it saves`
    : `the test at each of ${crossings} costs more than those without isolation save`;
}
