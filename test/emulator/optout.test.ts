/** A kernel that has the opt-out agrees: who was out when, and what that did to CR3, beside what the emulator counted. */
import { describe, expect, test } from 'vitest';
import { isExposed, type Transition } from '../../src/replay/optout/states.ts';
import { RECORDED } from '../../src/replay/machine.ts';
import {
  isNear,
  OPT_OUT_CONFIGURATIONS,
  optOutLogOf,
  optOutsOf,
  replayRun,
  truthOf,
  type LoggedChange,
} from './runs.ts';

const LIMITED = ['crossings', 'rest', 'reads'] as const;
const SHARE = 0.01;
const NUMBER = 20;
/** A text has microseconds, the kernel's log nanoseconds; a call's change is at its end in one, within it in the other. */
const SLACK_NS = 20_000;
/** An exec commits its ids well before its event. */
const EXEC_SLACK_NS = 200_000;

describe.each(OPT_OUT_CONFIGURATIONS)('with somebody out, $name', (configuration) => {
  test.each(optOutsOf(configuration))('%s', async (workload) => {
    const { counts, replayed, originNs } = await replayRun(configuration, workload, RECORDED);
    const truth = truthOf(configuration, workload);
    const off = LIMITED.filter((key) => !isNear(counts[key]!, truth[key]!, SHARE, NUMBER));
    expect(off.map((key) => `${key}: ${counts[key]}, counted ${truth[key]}`)).toEqual([]);

    const logged = optOutLogOf(configuration, workload)!.events;
    const seen = replayed.optOuts[0]!.transitions.filter(isChange);
    expect(seen.map(said)).toEqual(logged.map(({ pid, what }) => `${pid} ${what}`));
    const late = seen.filter((change, i) => !isAt(change, Number(originNs), logged[i]));
    expect(late.map(said)).toEqual([]);
  });
});

/** Changes of the caller itself: what it made others inherit or share, the log has elsewhere. */
const isChange = ({ event, from, to }: Transition): boolean =>
  !['start', 'fork', 'clone-vm', 'exec', 'sharer-left'].includes(event) && isExposed(from) !== isExposed(to);

const said = ({ tid, event, to }: Transition): string =>
  `${tid} ${isExposed(to) ? 'off' : event === 'opt-in' ? 'on' : 'cleared'}`;

const isAt = ({ timeNs, event }: Transition, originNs: number, logged: LoggedChange): boolean =>
  Math.abs(timeNs + originNs - logged.timeNs) <= (event === 'secure-exec' ? EXEC_SLACK_NS : SLACK_NS);
