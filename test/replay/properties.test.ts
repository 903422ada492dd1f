/** What must hold for whatever a machine does; see streams.ts for the machine. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEPTH_UNKNOWN, Kind } from '../../src/trace/event.ts';
import { countCrossings } from './counter.ts';
import { Recording, script, THREAD } from './recording.ts';
import { replayScript, settled, traceOf, type ReplayOptions, type ScriptRun } from './script.ts';
import { scenarios, streamOf, type Stream } from './streams.ts';
import { countSwitchWrites } from './switch-counter.ts';

fc.configureGlobal({ seed: 20_180_111, numRuns: 200 });

const CPUS = ['skylake-sp', 'nehalem'];
const LANES = CPUS.flatMap((cpu) => ['nopti', 'pti', 'optout'].map((policy) => `${policy}@${cpu}`));
const run = (recording: Recording, options: ReplayOptions = {}): Promise<ScriptRun> =>
  replayScript(recording, { cpus: CPUS, ...options });
/** For every stream of a machine. */
const everyStream = (holds: (stream: Stream) => Promise<void>): Promise<void> =>
  fc.assert(fc.asyncProperty(scenarios, (scenario) => holds(streamOf(scenario))));
/** All that a lane counted, by process and cause. */
const ledgerOf = ({ replayed: { rows, causes, lanes } }: ScriptRun): readonly string[] =>
  Array.from(
    { length: rows.size },
    (_, row) =>
    [rows.processOf(row), causes.name(rows.causeOf(row)), ...lanes.flatMap((lane) => [0, 1, 2, 3, 4, 5, 12].map((op) => lane.counts.get(row, op)))].join(' '), // prettier-ignore
  );

describe('a recording that misses nothing', () => {
  test('has the entries and exits that the machine made, process by process', () =>
    everyStream(async ({ recording, byPid }) => {
      const found = await run(recording);
      for (const [pid, { entries, exits }] of byPid)
        expect(found.process('pti@skylake-sp', pid)).toMatchObject({ entries, exits });
    }));

  test('has the entries and exits of the second count', () =>
    everyStream(async ({ recording }) => {
      const { entries, exits } = (await run(recording)).of('pti@nehalem');
      expect({ entries, exits }).toEqual(await countCrossings(traceOf(recording)));
    }));

  test('has as many switch writes as the machine loads, in every lane', () =>
    everyStream(async ({ recording, switches }) => {
      const found = await run(recording);
      expect(LANES.map((lane) => found.of(lane).writes.switch)).toEqual(LANES.map(() => switches));
    }));

  test('has the switch writes of the second count', () =>
    everyStream(async ({ recording, switches }) => {
      expect(await countSwitchWrites(traceOf(recording))).toBe(switches);
    }));

  test('has 0 or 1 entry more than exits for each thread, where one that began inside the kernel had entered it', () =>
    everyStream(async ({ recording, byPid }) => {
      const found = await run(recording);
      for (const [pid, { threads, began }] of byPid) {
        const { entries, exits } = found.process('pti@skylake-sp', pid);
        expect(entries + began - exits).toBeGreaterThanOrEqual(0);
        expect(entries + began - exits).toBeLessThanOrEqual(threads);
      }
    }));

  test('needs no inference of switches or entries', () =>
    everyStream(async ({ recording }) => {
      expect((await run(recording)).replayed.inferred).toMatchObject({ switches: 0, syscallEntries: 0 });
    }));
});

describe('lanes', () => {
  test('write at every crossing under isolation, at none without it', () =>
    everyStream(async ({ recording }) => {
      const found = await run(recording);
      for (const cpu of CPUS) {
        const { entries, exits, writes } = found.of(`pti@${cpu}`);
        expect(writes.crossing).toBe(entries + exits);
        expect(found.of(`nopti@${cpu}`).writes).toMatchObject({ crossing: 0, other: 0 });
      }
    }));

  test('have sums that add up to the writes of all kinds', () =>
    everyStream(async ({ recording }) => {
      const found = await run(recording, { optOut: ['pid:10'] });
      for (const lane of LANES) {
        const { writes, cr3WriteKeep, cr3WriteFlush, cr3WriteNoPcid } = found.of(lane);
        const sum = writes.crossing + writes.switch + writes.flush + writes.other;
        expect(sum).toBe(cr3WriteKeep + cr3WriteFlush + cr3WriteNoPcid);
      }
    }));

  test('write alike at switches and flushes, isolated or not, out or in', () =>
    everyStream(async ({ recording }) => {
      const found = await run(recording, { optOut: ['root'] });
      for (const cpu of CPUS) {
        const [off, on, out] = ['nopti', 'pti', 'optout'].map((policy) => found.of(`${policy}@${cpu}`).writes);
        expect([on.switch, on.flush]).toEqual([off.switch, off.flush]);
        const { reloads } = found.transitions(`optout@${cpu}`);
        expect([out.switch, out.flush - reloads]).toEqual([on.switch, on.flush]);
      }
    }));

  test('with everybody out from the start write at no crossing', () =>
    everyStream(async ({ recording }) => {
      const found = await run(recording, { optOut: ['root'] });
      expect(CPUS.map((cpu) => found.of(`optout@${cpu}`).writes.crossing)).toEqual([0, 0]);
    }));

  test('with one process out, or put back, count for the others as before', () =>
    fc.assert(
      fc.asyncProperty(scenarios, fc.nat(), fc.boolean(), async (scenario, which, back) => {
        const { recording, byPid } = streamOf(scenario);
        const pid = [...byPid.keys()][which % byPid.size];
        const one = [`pid:${pid}`];
        const options = back ? { optOut: ['root'], optIn: one } : { optOut: one };
        const found = await run(recording, options);
        const others = await run(recording, back ? { optOut: ['root'] } : {});
        for (const other of untouchedBy(pid, found))
          expect(found.process('optout@skylake-sp', other)).toEqual(others.process('optout@skylake-sp', other));
      }),
    ));

  test('of a second replay are the same to the last count', () =>
    everyStream(async ({ recording }) => {
      const options = { optOut: ['pid:10', 'pid:100'] };
      expect(ledgerOf(await run(recording, options))).toEqual(ledgerOf(await run(recording, options)));
    }));
});

/** Pids of processes that neither are this one, nor come from it, nor share an address space. */
function untouchedBy(pid: number, { replayed: { tree } }: ScriptRun): readonly number[] {
  const touched = new Set<number>();
  for (const process of tree.processes) {
    const comesFrom = process.pid === pid || (process.parent !== undefined && touched.has(process.parent.index));
    if (comesFrom) touched.add(process.index);
  }
  const mine = new Set([...touched].map((index) => tree.processes[index].pid));
  return tree.processes.filter((each) => each === settled(each) && !mine.has(each.pid)).map((each) => each.pid);
}

describe('what comes from kernel mode', () => {
  test('writes at no crossing: interrupts above depth 0, in softirqs, and faults change no count at all', () =>
    fc.assert(
      fc.asyncProperty(scenarios, async (scenario) => {
        const [quiet, noisy] = [false, true].map((noise) => streamOf(scenario, noise));
        const [before, after] = [await run(quiet.recording), await run(noisy.recording)];
        expect(LANES.map((lane) => after.of(lane))).toEqual(LANES.map((lane) => before.of(lane)));
      }),
    ));
});

describe('threads of one process on one CPU', () => {
  test('switch without a write, over idle and kernel threads too', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(0, 10, 11, 12, 30), { maxLength: 40 }), async (order) => {
        const recording = script()
          .named(30, 'kworker/0:1')
          .call(10, 'getpid')
          .fork(10, 11, THREAD)
          .fork(10, 12, THREAD);
        let current = 10;
        for (const next of order) {
          if (next !== current) recording.switch(current, next, 'R');
          current = next;
        }
        const found = await run(recording);
        expect(LANES.map((lane) => found.of(lane).writes.switch)).toEqual(LANES.map(() => 0));
      }),
    ));
});

describe('a recording with holes', () => {
  /** Leaves out the events at some places, with or without a mark that some were lost. */
  const withHoles = (recording: Recording, holes: readonly boolean[], marked: boolean): Recording => {
    const torn = new Recording();
    recording.events.forEach((event, i) => {
      if (!holes[i % holes.length]) torn.events.push(event);
      else if (marked) torn.events.push({ ...event, kind: Kind.lost, tid: -1, pid: -1, depth: DEPTH_UNKNOWN });
    });
    return torn;
  };
  const everyTorn = (holds: (found: ScriptRun) => void): Promise<void> =>
    fc.assert(
      fc.asyncProperty(scenarios, fc.array(fc.boolean(), { minLength: 1, maxLength: 60 }), fc.boolean(), async (scenario, holes, marked) =>
        holds(await run(withHoles(streamOf(scenario).recording, holes, marked), { optOut: ['root'] })),
      ),
    ); // prettier-ignore

  test('still replays, and each crossing under isolation is 1 write', () =>
    everyTorn((found) => {
      const { entries, exits, writes } = found.of('pti@skylake-sp');
      expect(writes.crossing).toBe(entries + exits);
    }));

  test('still adds up', () =>
    everyTorn((found) => {
      for (const lane of LANES) {
        const { writes, cr3WriteKeep, cr3WriteFlush, cr3WriteNoPcid } = found.of(lane);
        const sum = writes.crossing + writes.switch + writes.flush + writes.other;
        expect(sum).toBe(cr3WriteKeep + cr3WriteFlush + cr3WriteNoPcid);
      }
    }));

  test('still writes at no crossing with everybody out', () =>
    everyTorn((found) => {
      expect(found.of('optout@skylake-sp').writes.crossing).toBe(0);
    }));
});
