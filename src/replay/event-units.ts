/**
 * What one event of a kind makes a lane issue, for counts without a recording: a fresh lane of the same policy and machine is told one
 * such event, and its ledger read. So counts and recordings share one set of mechanics.
 */
import { OPERATION_COUNT, Op } from '../cpu-model/operations.ts';
import type { Purpose } from './causes.ts';
import { Lane } from './lane.ts';
import { RECORDED } from './machine.ts';
import { ALL_PAGES } from './mmu.ts';
import { newMm } from './tasks.ts';

const ROW = 0;
const CPU = 0;
const TASK = 0;
const OWN_MM = newMm(3);
const OTHER_MM = newMm(4);

interface Unit {
  readonly purpose: Purpose;
  /** What happened before, which is not counted. */
  readonly before?: (lane: Lane) => void;
  readonly event: (lane: Lane) => void;
  /** The difference to another unit is meant, not the whole. */
  readonly over?: EventUnit;
}

const inUserMode = (lane: Lane): void => {
  lane.mmu.adopt(CPU, OWN_MM);
  lane.assumeInUserMode(TASK, OWN_MM.id);
};
const roundTrip = (lane: Lane): void => {
  lane.enter(TASK, ROW);
  lane.exit(TASK, OWN_MM.id, CPU, ROW);
};
const load = (flushed: boolean) => (lane: Lane) => {
  lane.mmu.switchAsRecorded(CPU, OTHER_MM, ROW, flushed);
};
const flush = (pages: number) => (lane: Lane) => {
  lane.mmu.flushAsRecorded(CPU, pages, ROW);
};
/** A return of the address space after something that emptied its part of the TLB, over a return without. */
const returnAfter = (event: (lane: Lane) => void): Unit => ({
  purpose: 'crossing',
  before: (lane) => {
    inUserMode(lane);
    event(lane);
  },
  event: roundTrip,
  over: 'crossing',
});

export type EventUnit =
  | 'crossing'
  | 'loadKept'
  | 'loadFlushed'
  | 'flushAll'
  | 'flushPage'
  | 'ipiSent'
  | 'ipiReceived'
  | 'returnAfterFlush'
  | 'returnAfterPages';

const UNITS: Readonly<Record<EventUnit, Unit>> = {
  crossing: { purpose: 'crossing', before: inUserMode, event: roundTrip },
  loadKept: { purpose: 'switch', before: inUserMode, event: load(false) },
  loadFlushed: { purpose: 'switch', before: inUserMode, event: load(true) },
  flushAll: { purpose: 'flush', before: inUserMode, event: flush(ALL_PAGES) },
  flushPage: { purpose: 'flush', before: inUserMode, event: flush(1) },
  ipiSent: { purpose: 'flush', event: ({ counts }) => counts.add(ROW, Op.ipiSend) },
  ipiReceived: { purpose: 'flush', event: ({ counts }) => counts.add(ROW, Op.ipiReceive) },
  returnAfterFlush: returnAfter(flush(ALL_PAGES)),
  returnAfterPages: returnAfter(flush(1)),
};

export const purposeOfUnit = (unit: EventUnit): Purpose => UNITS[unit].purpose;

/**
 * Operations of one event, by operation.
 *
 * @param like - a lane of the policy and machine that is meant; it is not changed
 * @param open - the processes are opted out, where the policy has an opt-out
 */
export function operationsOf(unit: EventUnit, like: Lane, open: boolean): Float64Array {
  const { before, event, over } = UNITS[unit];
  const lane = new Lane(like.policy, like.machine, RECORDED);
  lane.setOpen(OWN_MM.id, open && like.policy.optOut !== undefined);
  before?.(lane);
  const counted = (): Float64Array =>
    Float64Array.from({ length: OPERATION_COUNT }, (_, op) => lane.counts.get(ROW, op));
  const first = counted();
  event(lane);
  const less = over === undefined ? undefined : operationsOf(over, like, open);
  return counted().map((count, op) => count - first[op] - (less?.[op] ?? 0));
}
