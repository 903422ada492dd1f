/** What must hold of an opt-out under any rules, whatever a machine does; see streams.ts for the machine. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Op } from '../../src/cpu-model/operations.ts';
import { Kind } from '../../src/trace/event.ts';
import type { Replayed } from '../../src/replay/engine.ts';
import { isExposed } from '../../src/replay/optout/states.ts';
import type { TimedCall } from '../../src/replay/optout/requests.ts';
import { parseSelector } from '../../src/replay/optout/selectors.ts';
import type { OptOutRules } from '../../src/replay/optout/rules.ts';
import { hansen2018 } from '../../src/replay/policies/hansen-2018.ts';
import type { Process } from '../../src/replay/tasks.ts';
import type { Birth } from './machine.ts';
import {
  anyRules,
  askedRules,
  callsOf,
  KEPT,
  loadedOn,
  watch,
  wishOf,
  type Watched,
  type Wish,
} from './optout-watch.ts';
import { script, THREAD, traceOf, type Recording } from './recording.ts';
import { optOutScenarios, scenarios, streamOf, type Scenario, type Stream } from './streams.ts';

fc.configureGlobal({ seed: 20_180_111, numRuns: 200 });

const EVERYBODY = { optOut: [parseSelector('root', { commandPid: undefined })] };
const someWishes = (...means: readonly Wish['means'][]): fc.Arbitrary<readonly Wish[]> =>
  fc.array(wishOf(...means), { maxLength: 8 });
const ANY = ['off', 'on', 'seal', 'force'] as const;

/** For every stream, rules and wishes. */
const always = <Rest extends unknown[]>(
  streams: fc.Arbitrary<Scenario>,
  rules: fc.Arbitrary<OptOutRules>,
  rest: { [Index in keyof Rest]: fc.Arbitrary<Rest[Index]> },
  holds: (stream: Stream, rules: OptOutRules, ...values: Rest) => Promise<void>,
): Promise<void> =>
  fc.assert(
    fc.asyncProperty(streams, rules, ...rest, (scenario, given, ...values) =>
      holds(streamOf(scenario), given, ...(values as unknown as Rest)),
    ),
  );
const withRules = (rules: fc.Arbitrary<OptOutRules>, fixed: Partial<OptOutRules>): fc.Arbitrary<OptOutRules> =>
  rules.map((given) => ({ ...given, ...fixed }));

/** Names of the timed calls that nothing came of: their process is not there, or the recording has ended. */
const unheard = ({ missed, late }: Replayed): readonly string[] => [...missed, ...late].map(({ name }) => name);

/** Pids of those that this one made, or that share an address space with one of them, and so on. */
function kinOf(pid: number, births: readonly Birth[]): ReadonlySet<number> {
  const kin = new Set([pid]);
  for (let size = 0; size !== kin.size;) {
    size = kin.size;
    for (const { parent, child, shares } of births) {
      if (kin.has(parent)) kin.add(child);
      if (shares && kin.has(child)) kin.add(parent);
    }
  }
  return kin;
}

/** All that a lane counted, by process and cause. */
const ledgerOf = ({ lane, replayed: { rows, causes } }: Watched): readonly string[] =>
  Array.from(
    { length: rows.size },
    (_, row) =>
    [rows.processOf(row), causes.name(rows.causeOf(row)), ...Object.values(Op).map((op) => lane.counts.get(row, op))].join(' '), // prettier-ignore
  );

describe('with everybody out from the start, and under rules by which nothing puts isolation back', () => {
  test.each([true, false])(
    'no crossing writes, and switches and flushes write as under isolation (PCIDs: %s)',
    (pcid) =>
      always(optOutScenarios, withRules(anyRules, KEPT), [], async ({ recording }, rules) => {
        const { lane, isolated } = await watch(traceOf(recording), rules, EVERYBODY, { pcid });
        expect(lane.sums).toEqual({ ...isolated.sums, crossing: 0 });
      }),
  );
});

describe('opting one process out, or back in', () => {
  test('changes no crossing of another, but for its kin', () =>
    always(
      optOutScenarios,
      askedRules,
      [wishOf('off', 'on', 'seal'), someWishes(...ANY), fc.boolean()],
      async (stream, rules, one, others, everybody) => {
        const [call, ...rest] = callsOf([one, ...others], stream);
        const start = everybody ? EVERYBODY : {};
        const without = await watch(traceOf(stream.recording), rules, { ...start, events: rest });
        const found = await watch(traceOf(stream.recording), rules, { ...start, events: [call, ...rest] });
        const kin = kinOf(call.pid!, stream.births);
        const strangers = [...without.crossings].filter(([pid]) => !kin.has(pid));
        expect(strangers.map(([pid]) => [pid, found.crossings.get(pid)])).toEqual(strangers);
      },
    ));

  test('earlier never writes more at crossings', () =>
    always(
      optOutScenarios,
      withRules(askedRules, KEPT),
      [wishOf('off'), fc.double({ min: 0, max: 1, noNaN: true })],
      async (stream, rules, wish, share) => {
        const calls = [wish, { ...wish, when: wish.when * share }].map((each) => callsOf([each], stream));
        const [late, early] = [
          await watch(traceOf(stream.recording), rules, { events: calls[0] }),
          await watch(traceOf(stream.recording), rules, { events: calls[1] }),
        ];
        expect(early.lane.sums.crossing).toBeLessThanOrEqual(late.lane.sums.crossing);
      },
    ));
});

describe('coming back in place', () => {
  const inPlace = (reenable: OptOutRules['reenable']) =>
    withRules(askedRules, { ...KEPT, effect: 'now', scope: 'process', reenable });

  test('under reenable=flush flushes on each CPU that has the address space loaded', async () => {
    let [changes, reloaded] = [0, 0];
    await always(optOutScenarios, inPlace('flush'), [wishOf('on')], async (stream, rules, wish) => {
      const events = callsOf([wish], stream);
      const [{ atNs, pid }] = events;
      let loaded: number | undefined;
      const before = (
        timeNs: number,
        { tree, lanes }: { tree: Watched['replayed']['tree']; lanes: Watched['replayed']['lanes'] },
      ) => {
        const process = tree.find(pid!)?.process;
        if (timeNs >= atNs && loaded === undefined) loaded = process ? loadedOn(lanes[1], process.mm) : 0;
      };
      const found = await watch(traceOf(stream.recording), rules, { ...EVERYBODY, events }, { before });
      const back = found.transitions.find(({ event, timeNs }) => event === 'opt-in' && timeNs === atNs);
      if (!back) return;
      const reloads = found.lane.sums.flush - found.isolated.sums.flush;
      expect(reloads).toBe(loaded);
      changes++;
      reloaded += reloads;
    });
    expect(changes).toBeGreaterThan(10);
    expect(reloaded).toBeGreaterThan(10);
  });

  test('under reenable=keep does nothing of its own but the change of the page tables', () =>
    always(
      optOutScenarios,
      inPlace('keep'),
      [someWishes(...ANY), fc.boolean()],
      async (stream, rules, wishes, everybody) => {
        const requests = { ...(everybody && EVERYBODY), events: callsOf(wishes, stream) };
        const { lane, isolated, count } = await watch(traceOf(stream.recording), rules, requests);
        expect(lane.sums).toEqual({ ...isolated.sums, crossing: lane.sums.crossing });
        const ops = Object.values(Op).filter((op) => op !== Op.optChange);
        expect(ops.map((op) => count(op, 'transition'))).toEqual(ops.map(() => 0));
      },
    ));

  test('under reenable=flush leaves nobody in user mode without isolation', () =>
    always(
      optOutScenarios,
      withRules(askedRules, { effect: 'now', reenable: 'flush' }),
      [someWishes(...ANY), fc.boolean()],
      async (stream, rules, wishes, everybody) => {
        // A thread that is put back by itself leaves the page table open for others: nothing is sent for it.
        if (rules.scope === 'thread' && rules.latch === 'switch') return;
        const events = callsOf(wishes, stream).filter(({ means }) => rules.scope !== 'thread' || means === 'force');
        const requests = { ...(everybody && EVERYBODY), events };
        expect((await watch(traceOf(stream.recording), rules, requests)).lane.stale).toEqual([]);
      },
    ));
});

describe('under effect=exec', () => {
  const rules = withRules(askedRules, { effect: 'exec' });

  test('nothing is changed in an address space in use, and nobody is interrupted', () =>
    always(
      optOutScenarios,
      rules,
      [someWishes('off', 'on', 'seal'), fc.boolean()],
      async (stream, given, wishes, everybody) => {
        const requests = { ...(everybody && EVERYBODY), events: callsOf(wishes, stream) };
        const { count } = await watch(traceOf(stream.recording), given, requests);
        const ops = Object.values(Op);
        expect(ops.map((op) => count(op, 'transition'))).toEqual(ops.map(() => 0));
      },
    ));

  test('an address space is isolated for its life, or not', () =>
    always(
      optOutScenarios,
      rules,
      [someWishes('off', 'on', 'seal'), fc.boolean()],
      async (stream, given, wishes, everybody) => {
        const requests = { ...(everybody && EVERYBODY), events: callsOf(wishes, stream) };
        const { lane } = await watch(traceOf(stream.recording), given, requests);
        const first = new Map<number, boolean>();
        const changed = lane.returns.filter(({ mm, flat }) => {
          const was = first.get(mm) ?? flat;
          first.set(mm, was);
          return was !== flat;
        });
        expect(changed).toEqual([]);
      },
    ));
});

describe('a call that is refused', () => {
  test('for want of the capability changes nothing at all', () =>
    always(
      scenarios,
      withRules(askedRules, KEPT).map((rules): OptOutRules => ({
        ...rules,
        cap: rules.cap === 'root' ? 'root' : 'sys-rawio',
      })),
      [someWishes('off')],
      async (stream, rules, wishes) => {
        const ids = { uid: 1000, euid: 1000, suid: 1000, fsuid: 1000 };
        const credentials = new Map([...stream.byPid.keys()].map((pid) => [pid, ids] as const));
        const [without, found] = [
          await watch(traceOf(stream.recording), rules, { credentials }),
          await watch(traceOf(stream.recording), rules, { credentials, events: callsOf(wishes, stream) }),
        ];
        expect(ledgerOf(found)).toEqual(ledgerOf(without));
        expect(found.transitions).toEqual([]);
        expect(found.refused + unheard(found.replayed).length).toBe(wishes.length);
      },
    ));

  test('by lock=none, to force or to seal, changes nothing at all', () =>
    always(
      optOutScenarios,
      withRules(askedRules, { lock: 'none' }),
      [someWishes('force', 'seal')],
      async (stream, rules, wishes) => {
        const [without, found] = [
          await watch(traceOf(stream.recording), rules, EVERYBODY),
          await watch(traceOf(stream.recording), rules, { ...EVERYBODY, events: callsOf(wishes, stream) }),
        ];
        expect(ledgerOf(found)).toEqual(ledgerOf(without));
        expect(found.refused + unheard(found.replayed).length).toBe(wishes.length);
      },
    ));
});

describe('for good', () => {
  test('forced, nobody returns to user mode without isolation any more', () =>
    always(
      optOutScenarios,
      askedRules.map((rules): OptOutRules => ({
        ...rules,
        latch: 'exit',
        lock: rules.lock === 'none' ? 'global' : rules.lock,
      })),
      [fc.double({ min: 0, max: 1, noNaN: true }), someWishes(...ANY), fc.boolean()],
      async (stream, rules, when, wishes, everybody) => {
        const events = callsOf([{ when, who: 0, means: 'force' }, ...wishes], stream);
        const requests = { ...(everybody && EVERYBODY), events };
        const { lane, transitions, replayed } = await watch(traceOf(stream.recording), rules, requests);
        const forced = events[0].atNs;
        const optOut = replayed.optOuts[0]!;
        if (unheard(replayed).includes(events[0].name)) return;
        expect(transitions.filter(({ timeNs, to }) => timeNs > forced && isExposed(to))).toEqual([]);
        const alive = replayed.tree.processes.filter(({ kernel, liveThreads }) => !kernel && liveThreads > 0);
        expect(alive.map((process) => optOut.stateOf(process))).not.toContain('off (opted out)');
        expect(lane.returns.filter(({ timeNs, flat }) => timeNs > forced && flat)).toEqual([]);
      },
    ));

  test('sealed, neither a process nor what it makes is without isolation any more', () =>
    always(
      optOutScenarios,
      withRules(askedRules, { lock: 'global+seal' }),
      [wishOf('seal'), someWishes('off', 'on', 'seal'), fc.boolean()],
      async (stream, given, wish, wishes, everybody) => {
        // Page tables that are what they are for their life stay so.
        const rules: OptOutRules = { ...given, effect: 'now' };
        const events = callsOf([wish, ...wishes], stream);
        const requests = { ...(everybody && EVERYBODY), events };
        const { transitions, replayed } = await watch(traceOf(stream.recording), rules, requests);
        const [{ atNs, pid }] = events;
        const sealed = replayed.tree.processes.find(
          (process) => process.pid === pid && process.startNs <= atNs && (process.endNs ?? Infinity) > atNs,
        );
        fc.pre(sealed !== undefined && !unheard(replayed).includes(events[0].name));
        // Who has had no event of its own is sealed with its first one.
        const seen =
          stream.recording.events.find((event) => event.pid === pid && event.kind !== Kind.switch)?.time ?? 0;
        const since = Math.max(atNs, seen);
        const isOf = (process: Process): boolean =>
          process === sealed || (process.startNs > since && process.parent !== undefined && isOf(process.parent));
        expect(
          transitions.filter(({ timeNs, process, to }) => timeNs > since && isExposed(to) && isOf(process)),
        ).toEqual([]);
      },
    ));
});

describe('found by the above, each in its smallest form', () => {
  const { optOut: hansen } = hansen2018;
  const root = (): Recording => script().call(10, 'getpid').after(100_000);
  const timed = (pid: number, atNs: number, means: TimedCall['means']): TimedCall => ({ name: 'x', pid, atNs, means });

  test('by latch=switch a process is out from its first return on, as its CPU has a copy of what it was', async () => {
    const { lane } = await watch(traceOf(root().call(10, 'getpid')), { ...hansen!, latch: 'switch' }, EVERYBODY);
    expect(lane.sums.crossing).toBe(0);
  });

  test('who is put back from outside while in user mode is interrupted too: 0 + 1, then 1 + 1', async () => {
    const events = [timed(10, 50_000, 'on')];
    const found = await watch(traceOf(root().call(10, 'getpid')), hansen!, { ...EVERYBODY, events });
    expect([found.count(Op.entries, 'transition'), found.count(Op.exits, 'transition')]).toEqual([1, 1]);
    expect(found.crossings.get(10)).toEqual([2, 2, 2]);
    expect(found.count(Op.ipiSend, 'transition')).toBe(1);
  });

  test('by effect=exec a new thread is as the others of its address space, whatever its maker wants by now', async () => {
    const recording = root().at(200_000).enter(10, 'clone').fork(10, 11, THREAD).exit(10).cpu(1).switch(0, 11).exit(11);
    const rules = { ...hansen!, scope: 'thread', effect: 'exec' } as const;
    const { lane } = await watch(traceOf(recording.call(11, 'getpid')), rules, {
      ...EVERYBODY,
      events: [timed(10, 150_000, 'on')],
    });
    expect(lane.sums.crossing).toBe(0);
  });

  test('by scope=thread and ptrace=clear a tracer puts back a thread that asked for itself', async () => {
    const recording = root().at(200_000).call(20, 'geteuid', [], 1000).call(20, 'ptrace', [16, 10]);
    const { replayed } = await watch(
      traceOf(recording),
      { ...hansen!, scope: 'thread', ptrace: 'clear' },
      {
        events: [timed(10, 150_000, 'off')],
      },
    );
    expect(replayed.optOuts[0]!.stateOf(replayed.tree.find(10)!.process)).toBe('on');
  });
});
