/** A second account of who loses the opt-out by set*id calls, and of the crossings since: shares nothing with the replay. */
import { ARGS, Kind, type EventSink } from '../../src/trace/event.ts';
import type { Trace } from '../../src/trace/trace.ts';
import { countCrossings } from './counter.ts';

/** x86-64 numbers of setuid, setgid, setreuid, setregid, setresuid, setresgid. */
export const SET_IDS: ReadonlySet<number> = new Set([105, 106, 113, 114, 117, 119]);

/** setfsuid and setfsgid return the id before, never an error; -1 only asks. Whether they took effect is not in the result. */
const SET_FILESYSTEM_IDS: ReadonlySet<number> = new Set([122, 123]);
const ASKS = 0xffff_ffff;

/** One life of a process id. */
export interface Life {
  readonly pid: number;
  readonly from: number;
  readonly parent: Life | undefined;
  /** Successful calls that set an id. */
  readonly calls: { readonly nr: number; readonly time: number }[];
  /** Times of its crossings. */
  readonly crossings: number[];
}

/** Every process that has an event of its own, in the order of their births. */
export async function livesIn(open: <T>(act: (trace: Trace) => Promise<T>) => Promise<T>): Promise<readonly Life[]> {
  const all: Life[] = [];
  const byPid = new Map<number, Life[]>();
  const pidOf = new Map<number, number>();
  /** By task: the id that its set-filesystem-id call names. */
  const named = new Map<number, number>();
  const begin = (pid: number, from: number, parent: Life | undefined): Life => {
    const life: Life = { pid, from, parent, calls: [], crossings: [] };
    byPid.set(pid, [...(byPid.get(pid) ?? []), life]);
    all.push(life);
    return life;
  };
  const at = (pid: number, time: number): Life =>
    byPid.get(pid)?.findLast(({ from }) => from <= time) ?? begin(pid, -Infinity, undefined);
  const read: EventSink = (batch, from, to) => {
    for (let row = from; row < to; row++) {
      const { kind: kinds, time: times, tid: tids, pid: pids, nr: nrs } = batch;
      const [kind, time, tid, nr] = [kinds[row], times[row], tids[row], nrs[row]];
      const pid = pids[row] > 0 ? pids[row] : (pidOf.get(tid) ?? tid);
      if (pids[row] > 0) pidOf.set(tid, pid);
      if (kind === Kind.newTask) {
        const isThread = (Number(BigInt.asUintN(32, batch.args[row * ARGS])) & 0x10000) !== 0;
        if (isThread) pidOf.set(nr, pid);
        else begin(nr, time, at(pid, time));
      }
      if (kind === Kind.sysEnter && SET_FILESYSTEM_IDS.has(nr))
        named.set(tid, Number(BigInt.asUintN(32, batch.args[row * ARGS])));
      if (kind !== Kind.sysExit) continue;
      const isSet = SET_FILESYSTEM_IDS.has(nr) ? named.get(tid) !== ASKS : SET_IDS.has(nr) && batch.result[row] === 0n;
      if (isSet) at(pid, time).calls.push({ nr, time });
    }
  };
  await open((trace) => trace.readEvents(read));
  await open((trace) => countCrossings(trace, (tid, time) => at(pidOf.get(tid) ?? tid, time).crossings.push(time)));
  return all;
}

/** When a process lost what it had from the start: by its own first such call, or born of one that had; Infinity: never. */
export function lostAt({ calls, parent, from }: Life, clears: (nr: number) => boolean): number {
  if (parent && lostAt(parent, clears) <= from) return -Infinity;
  return calls.find(({ nr }) => clears(nr))?.time ?? Infinity;
}

export const since = ({ crossings }: Life, time: number): number => crossings.filter((each) => each > time).length;
