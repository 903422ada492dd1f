/**
 * From counts of a group to amounts of what a lane is told: crossings, loads, flushes. An amount is a value at every setting of the
 * doubts; one that nothing bounds has no `high`.
 */
import type { CountGroup } from '../../counts/counts.ts';
import type { Signal } from '../../counts/signals.ts';
import { combine, type Moved, type Settings, type Variable } from '../../cpu-model/intervals.ts';
import { variableOf } from '../../cpu-model/prices.ts';
import type { EventUnit } from '../../replay/event-units.ts';
import { DOUBT_NAMES, STAT_DOUBTS, type StatDoubt } from './doubts.ts';

/** What the model is told of, in the order of the answer. */
export const AMOUNTS = [
  'syscalls',
  'userFaults',
  'interrupts',
  'loadsKept',
  'loadsFlushed',
  'flushesAll',
  'flushedPages',
  'ipisSent',
  'ipisReceived',
  'returnsAfterFlush',
  'returnsAfterPages',
] as const;
export type AmountName = (typeof AMOUNTS)[number];

/** What one of each makes a lane issue. */
export const UNIT_OF: Readonly<Record<AmountName, EventUnit>> = {
  syscalls: 'crossing',
  userFaults: 'crossing',
  interrupts: 'crossing',
  loadsKept: 'loadKept',
  loadsFlushed: 'loadFlushed',
  flushesAll: 'flushAll',
  flushedPages: 'flushPage',
  ipisSent: 'ipiSent',
  ipisReceived: 'ipiReceived',
  returnsAfterFlush: 'returnAfterFlush',
  returnsAfterPages: 'returnAfterPages',
};

/** How an amount is known. */
export type Evidence = 'counted' | 'inferred' | 'absent';

export interface Amount {
  readonly moved: Moved;
  readonly evidence: Evidence;
  /** Nothing says how much more it may be: no count, and no time that a rate could be taken of. */
  readonly unbounded: boolean;
}
export type Amounts = Readonly<Record<AmountName, Amount>>;

export interface AmountsInput {
  readonly group: CountGroup;
  /** CPU seconds of the group, as far as known: rates of what is absent are of these. */
  readonly seconds: number | undefined;
  /** User mode's part of that time. */
  readonly userShare: number | undefined;
  /** Interrupts that were counted without a filter hit idle CPUs too. */
  readonly idleToo: boolean;
  /** Which loads are not counted for the group, though its own; undefined: none. */
  readonly loadsInto: 'loadsIntoTasks' | 'loadsIntoCgroups' | undefined;
  /** The host's PCIDs are off: its loads say nothing of what a lane with PCIDs keeps. */
  readonly hostPcid: boolean;
}

const SCALED = 'scaled';
const scaledName = (signal: Signal): string => `${SCALED}.${signal}`;

/** All doubts of counts. Signals that were counted a part of the time have one each, the widest of all groups. */
export function amountVariables(groups: readonly CountGroup[]): readonly Variable[] {
  const least = new Map<Signal, number>();
  for (const { counts } of groups)
    for (const [signal, { share }] of counts)
      if (share < 0.9999) least.set(signal, Math.min(share, least.get(signal) ?? 1));
  return [
    ...DOUBT_NAMES.map((name) => variableOf(name, STAT_DOUBTS[name])),
    // The rest of the time may have had none, or twice as many.
    ...[...least].map(([signal, share]) => ({ name: scaledName(signal), low: share, mid: 1, high: 2 - share })),
  ];
}

export function amountsOf(input: AmountsInput, settings: Settings): Amounts {
  const { group, seconds } = input;
  const doubt = (name: StatDoubt): Moved => settings.values(name);
  const fill = (value: number): Moved => new Float64Array(settings.count).fill(value);
  const scaled = new Set(settings.variables.map(({ name }) => name));
  const known = (signal: Signal): Moved | undefined => {
    const count = group.counts.get(signal);
    if (!count) return undefined;
    const values = fill(count.value);
    return count.share < 0.9999 && scaled.has(scaledName(signal))
      ? times(values, settings.values(scaledName(signal)))
      : values;
  };
  const counted = (moved: Moved): Amount => ({ moved, evidence: 'counted', unbounded: false });
  const inferred = (moved: Moved, unbounded = false): Amount => ({ moved, evidence: 'inferred', unbounded });
  const absent = (rate: StatDoubt): Amount => ({
    moved: seconds === undefined ? fill(0) : doubt(rate).map((each) => each * seconds),
    evidence: 'absent',
    unbounded: seconds === undefined,
  });
  const rest = (moved: Moved): Moved => moved.map((each) => 1 - each);

  const syscalls = known('syscalls');
  const userFaults = known('userFaults');
  const faults = known('faults');

  const { loadsKept, loadsFlushed } = loads();
  const flushes = flushesOf();
  const returnsAfterFlush = plus(
    times(loadsFlushed.moved, doubt('returnsPerFlushedLoad')),
    times(flushes.all.moved, doubt('returnsPerFlush')),
  );
  const unboundedReturns = loadsFlushed.unbounded || flushes.all.unbounded;
  return {
    syscalls: syscalls ? counted(syscalls) : absent('absent.syscalls'),
    userFaults: userFaults
      ? counted(userFaults)
      : faults
        ? inferred(times(faults, doubt('faultsFromUser')))
        : absent('absent.userFaults'),
    interrupts: interrupts(),
    loadsKept,
    loadsFlushed,
    flushesAll: flushes.all,
    flushedPages: flushes.pages,
    ipisSent: ipis('ipisSent'),
    ipisReceived: ipis('ipisReceived'),
    returnsAfterFlush: inferred(returnsAfterFlush, unboundedReturns),
    returnsAfterPages: inferred(times(flushes.some.moved, doubt('returnsPerFlush')), flushes.some.unbounded),
  };

  function interrupts(): Amount {
    const [busy, any] = [known('busyInterrupts'), known('interrupts')];
    if (!busy && !any) return absent('absent.interrupts');
    const hit = plus(busy ?? fill(0), any ? times(any, input.idleToo ? doubt('busyShare') : fill(1)) : fill(0));
    const share = input.userShare === undefined ? doubt('userTimeShare') : fill(input.userShare);
    const fromUser = combine(
      (place, user) => (place <= 0.5 ? 2 * place * user : user + (2 * place - 1) * (1 - user)),
      doubt('interruptsFromUser'),
      share,
    );
    return inferred(times(hit, fromUser));
  }

  function loads(): { readonly loadsKept: Amount; readonly loadsFlushed: Amount } {
    const [kept, flushed, switches] = [known('loadsKept'), known('loadsFlushed'), known('switches')];
    if (kept && flushed && input.hostPcid) {
      const further = furtherLoads(plus(kept, flushed), switches);
      return { loadsKept: further(kept), loadsFlushed: further(flushed) };
    }
    const all: Amount =
      kept && flushed
        ? furtherLoads(plus(kept, flushed), switches)(plus(kept, flushed))
        : switches
          ? inferred(times(switches, doubt('loadsPerSwitch')))
          : absent('absent.loads');
    const of = (share: Moved): Amount => ({
      ...all,
      evidence: all.evidence === 'absent' ? 'absent' : 'inferred',
      moved: times(all.moved, share),
    });
    return { loadsKept: of(rest(doubt('loadsFlushed'))), loadsFlushed: of(doubt('loadsFlushed')) };
  }

  /** Counted loads, with their part of those that are missing where not whole CPUs were counted. */
  function furtherLoads(all: Moved, switches: Moved | undefined): (loads: Moved) => Amount {
    const { loadsInto } = input;
    if (loadsInto === undefined) return counted;
    const missing = switches ? counted(times(switches, doubt(loadsInto))) : absent('absent.loads');
    return (loads) => ({
      moved: combine((own, of, more) => own + (of > 0 ? (more * own) / of : more / 2), loads, all, missing.moved),
      evidence: loadsInto === 'loadsIntoTasks' ? 'inferred' : 'counted',
      unbounded: missing.unbounded,
    });
  }

  function flushesOf(): { readonly all: Amount; readonly some: Amount; readonly pages: Amount } {
    const [all, one, few] = [known('flushesAll'), known('flushesOne'), known('flushesFew')];
    const some = one && few && plus(one, few);
    const pagesFew = known('pagesFew') ?? (few && times(few, doubt('pagesPerFew')));
    if (all && some && pagesFew && one)
      return {
        all: counted(all),
        some: counted(some),
        pages: group.counts.has('pagesFew') ? counted(plus(one, pagesFew)) : inferred(plus(one, pagesFew)),
      };
    // All events of tlb_flush are more than flushes: loads and requests are among them.
    const total = known('tlbFlushes');
    const any: Amount = total
      ? inferred(
          combine((events, less) => Math.max(0, events - less), total, plus(loadsKept.moved, loadsFlushed.moved)),
        )
      : absent('absent.flushes');
    const of = (share: Moved): Amount => ({ ...any, moved: times(any.moved, share) });
    const less = of(rest(doubt('flushesAllShare')));
    return {
      all: of(doubt('flushesAllShare')),
      some: less,
      pages: { ...less, moved: times(less.moved, doubt('pagesPerFlush')) },
    };
  }

  function ipis(signal: 'ipisSent' | 'ipisReceived'): Amount {
    const count = known(signal);
    return count ? counted(count) : absent('absent.ipis');
  }
}

const times = (a: Moved, b: Moved): Moved => combine((x, y) => x * y, a, b);
const plus = (a: Moved, b: Moved): Moved => combine((x, y) => x + y, a, b);
