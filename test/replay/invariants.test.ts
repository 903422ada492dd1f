/** What must hold in every recording, whatever is in it; counts of the replay beside a second count of the same events. */
import { beforeAll, describe, expect, test } from 'vitest';
import { openTrace } from '../../src/pipeline.ts';
import type { Process } from '../../src/replay/tasks.ts';
import type { Trace } from '../../src/trace/trace.ts';
import { CORPUS, corpusRecording } from '../support/corpus.ts';
import { FIXTURES, KERNEL_BUILD, recordingsIn, type Recording } from '../support/fixtures.ts';
import { withFile } from '../support/replay.ts';
import { countCrossings } from './counter.ts';
import { replayScript, settled, type ReplayOptions, type ScriptRun } from './script.ts';

const TIMEOUT_MS = 300_000;
/** One CPU with PCIDs, one without. */
const CPUS = ['skylake-sp', 'nehalem'];
const LANES = CPUS.flatMap((cpu) => ['nopti', 'pti', 'optout'].map((policy) => `${policy}@${cpu}`));
/** Recordings in which a set*id call changes ids, so that not everybody stays out. */
const CLEARED = new Set(['setuid', 'fx-setu', 'tree-switch-events-setu', 'pgbench-S']);
const OF_THE_CORPUS = CORPUS === undefined ? [] : recordingsIn(CORPUS);

const opened = <T>(recording: Recording, act: (trace: Trace) => Promise<T>): Promise<T> =>
  withFile(recording.path, async (source, host) => act(await openTrace(source, { host })));
const replayed = (recording: Recording, options: ReplayOptions): Promise<ScriptRun> =>
  opened(recording, (trace) => replayScript(trace, { cpus: CPUS, ...options }));

function holdsIn(recording: Recording): void {
  let run: ScriptRun;
  let counted: { entries: number; exits: number };
  beforeAll(async () => {
    counted = await opened(recording, countCrossings);
    run = await replayed(recording, { optOut: ['root'] });
  }, TIMEOUT_MS);

  test('entries and exits are those of the second count', () => {
    const { entries, exits } = run.of('pti@skylake-sp');
    expect({ entries, exits }).toEqual(counted);
  });

  test.each(CPUS)('under isolation on %s each crossing is 1 write: entries + exits', (cpu) => {
    const { entries, exits, writes } = run.of(`pti@${cpu}`);
    expect(writes.crossing).toBe(entries + exits);
  });

  test.each(CPUS)('without isolation on %s no crossing writes', (cpu) => {
    expect(run.of(`nopti@${cpu}`).writes.crossing).toBe(0);
  });

  test('the crossings themselves are the same in every lane, but for those that changes of the opt-out interrupt', () => {
    const crossings = LANES.map((lane) => {
      const { entries } = run.transitions(lane);
      return [run.of(lane).entries - entries, run.of(lane).exits - entries];
    });
    expect(new Set(crossings.map(String)).size).toBe(1);
  });

  test.each(LANES)('the four sums of %s add up to its writes of all kinds', (lane) => {
    const { writes, cr3WriteKeep, cr3WriteFlush, cr3WriteNoPcid } = run.of(lane);
    const sum = writes.crossing + writes.switch + writes.flush + writes.other;
    expect(sum).toBe(cr3WriteKeep + cr3WriteFlush + cr3WriteNoPcid);
    expect(sum).toBeGreaterThan(0);
  });

  test.each(CPUS)(
    'writes of switches and flushes on %s are the same in every lane, but for coming back in place',
    (cpu) => {
      const lanes = ['nopti', 'pti', 'optout'].map((policy) => `${policy}@${cpu}`);
      expect(new Set(lanes.map((lane) => run.of(lane).writes.switch)).size).toBe(1);
      expect(new Set(lanes.map((lane) => run.of(lane).writes.flush - run.transitions(lane).reloads)).size).toBe(1);
      expect(run.of(lanes[0]).writes.switch).toBeGreaterThan(0);
    },
  );

  test('a CPU without PCIDs writes nothing but what drops all', () => {
    const kinds = LANES.filter((lane) => lane.endsWith('nehalem')).map((lane) => run.of(lane));
    expect(kinds.map((each) => [each.cr3WriteKeep, each.cr3WriteFlush])).toEqual([0, 1, 2].map(() => [0, 0]));
  });

  test('a CPU with PCIDs writes nothing that drops all', () => {
    const kinds = LANES.filter((lane) => lane.endsWith('skylake-sp')).map((lane) => run.of(lane).cr3WriteNoPcid);
    expect(kinds).toEqual([0, 0, 0]);
  });

  if (!CLEARED.has(recording.name))
    test('with everybody out from the start no crossing writes', () => {
      expect(CPUS.map((cpu) => run.of(`optout@${cpu}`).writes.crossing)).toEqual([0, 0]);
    });
  else
    test('only processes that a set*id call put back write, and those they made', () => {
      const since = transitionsTo('setid', run);
      expect(since.size).toBeGreaterThan(0);
      expect(writersBeside(run, since)).toEqual([]);
    });
}

/** When each process had a transition of this kind. */
function transitionsTo(wanted: string, run: ScriptRun): ReadonlyMap<Process, number> {
  const transitions = run.replayed.optOuts.find((each) => each !== undefined)!.transitions;
  return new Map(transitions.flatMap(({ event, process, timeNs }) => (event === wanted ? [[process, timeNs]] : [])));
}

/** Processes that write at crossings and were not put back, nor made by one that was by then. */
function writersBeside(run: ScriptRun, since: ReadonlyMap<Process, number>): readonly number[] {
  const isBack = (process: Process | undefined, at: number): boolean =>
    process !== undefined && ((since.get(process) ?? Infinity) <= at || isBack(process.parent, process.startNs));
  return run.replayed.tree.processes
    .filter((process) => process === settled(process) && !isBack(process, Infinity))
    .map((process) => process.pid)
    .filter((pid) => run.process('optout@skylake-sp', pid).crossing > 0);
}

describe.each(FIXTURES)('$name', holdsIn);
describe('kernel-build', () => holdsIn(KERNEL_BUILD));
describe.skipIf(CORPUS === undefined)('the large corpus, where PTILAB_CORPUS names its folder', () => {
  test('holds recordings', () => expect(OF_THE_CORPUS.length).toBeGreaterThan(0));
  describe.each(OF_THE_CORPUS)('$name', holdsIn);
});

describe.each([KERNEL_BUILD, ...[corpusRecording('kbuild-lib') ?? []].flat()])(
  'a wrapper and a second one in $name',
  (recording) => {
    test(
      'each compiler that was put back writes, and nobody else but what one of them made',
      async () => {
        const run = await replayed(recording, {
          cpus: ['skylake-sp', 'haswell'],
          optOut: ['root'],
          optIn: ['comm:cc1'],
        });
        const [, chosen] = run.replayed.wrappers.chosen;
        const since = transitionsTo('opt-in', run);
        expect(chosen.length).toBeGreaterThan(10);
        expect([...since.keys()]).toEqual(chosen);
        expect(writersBeside(run, since)).toEqual([]);
        expect(chosen.filter(({ pid }) => run.process('optout@skylake-sp', pid).crossing === 0)).toEqual([]);
      },
      TIMEOUT_MS,
    );
  },
);
