/** Who loses the opt-out by set*id calls in the recordings of the corpus that have such calls, beside a second account of the same events. */
import { beforeAll, describe, expect, test } from 'vitest';
import { Op } from '../../src/cpu-model/operations.ts';
import { openTrace } from '../../src/pipeline.ts';
import { replayTrace, type Replayed } from '../../src/replay/engine.ts';
import { kernelOf } from '../../src/replay/kernels.ts';
import { Lane } from '../../src/replay/lane.ts';
import { SIMULATED } from '../../src/replay/machine.ts';
import { parseSelector } from '../../src/replay/optout/selectors.ts';
import { hansen2018 } from '../../src/replay/policies/hansen-2018.ts';
import type { Trace } from '../../src/trace/trace.ts';
import { settled } from '../replay/script.ts';
import { SET_IDS, livesIn, lostAt, since, type Life } from '../replay/set-id-count.ts';
import { CORPUS, corpusRecording, tellIfAbsent } from '../support/corpus.ts';
import { withFile } from '../support/replay.ts';

tellIfAbsent();
const TIMEOUT_MS = 600_000;
const NAMES = ['setuid', 'pgbench-S', 'tree-switch-events-setu', 'kbuild-lib'];
/** From the loosest to the strictest. */
const CHOICES = ['never', 'gain', 'change', 'call'] as const;
const WRITES = [Op.cr3WriteKeep, Op.cr3WriteFlush, Op.cr3WriteNoPcid];
const NO_CROSSING = /^(switch|exec|exit|flush:.*|transition)$/;

const MACHINE = { pcid: true, invpcid: true, invpcidAll: true, kernel: kernelOf('6.1')!, deepIdleNs: undefined };
const laneOf = (setid: (typeof CHOICES)[number]): Lane =>
  new Lane({ ...hansen2018, optOut: { ...hansen2018.optOut!, secureExec: 'keep', setid } }, MACHINE, SIMULATED);

/** CR3 writes at crossings, by pid. */
function crossingWrites({ rows, causes, tree }: Replayed, { counts }: Lane): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  for (let row = 0; row < rows.size; row++) {
    if (NO_CROSSING.test(causes.name(rows.causeOf(row)))) continue;
    const { pid } = settled(tree.processes[rows.processOf(row)]);
    found.set(pid, (found.get(pid) ?? 0) + WRITES.reduce((all, op) => all + counts.get(row, op), 0));
  }
  return found;
}

/** By pid, its crossings after the first call that clears; pids come again. */
function writesBy(lives: readonly Life[], clears: (nr: number) => boolean): ReadonlyMap<number, number> {
  const all = new Map<number, number>();
  for (const life of lives) all.set(life.pid, (all.get(life.pid) ?? 0) + since(life, lostAt(life, clears)));
  return all;
}

describe.skipIf(CORPUS === undefined).each(NAMES)('cleared by setuid and friends, in %s', (name) => {
  const open = <T>(act: (trace: Trace) => Promise<T>): Promise<T> =>
    withFile(corpusRecording(name)!.path, async (source, host) => act(await openTrace(source, { host })));
  const lanes = CHOICES.map(laneOf);
  let lives: readonly Life[];
  let replayed: Replayed;
  beforeAll(async () => {
    lives = await livesIn(open);
    const root = { optOut: [parseSelector('root', { commandPid: undefined })], optIn: [] };
    replayed = await open((trace) => replayTrace(trace, lanes, root));
  }, TIMEOUT_MS);

  test('by setid=call, every crossing of who made such a call writes from then on, and of what it made', () => {
    // Whether setfsuid and setfsgid took effect is not in their results: where the caller is not known to be root, either is right.
    const [least, most] = [writesBy(lives, (nr) => SET_IDS.has(nr)), writesBy(lives, () => true)];
    const found = crossingWrites(replayed, lanes[CHOICES.indexOf('call')]);
    const off = [...new Set([...most.keys(), ...found.keys()])].filter((pid) => {
      const [low, writes, high] = [least, found, most].map((each) => each.get(pid) ?? 0);
      return writes !== low && writes !== high;
    });
    expect(off.map((pid) => [pid, least.get(pid), found.get(pid), most.get(pid)])).toEqual([]);
    expect([...least.values()].some((writes) => writes > 0)).toBe(true);
  });

  test('by setid=never nobody ever writes', () => {
    expect(lanes[CHOICES.indexOf('never')].sums.crossing).toBe(0);
  });

  test('the stricter the rule, the more crossings write: never, gain, change, call', () => {
    const writes = lanes.map(({ sums }) => sums.crossing);
    expect(writes).toEqual(writes.toSorted((a, b) => a - b));
  });
});
