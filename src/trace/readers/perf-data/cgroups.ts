/** Cgroups: records name them, samples say by id in which one the running task is. Of that, events are made where it changes. */
import { clearRows, createBatch, Kind, type EventSink } from '../../event.ts';
import type { Health } from '../../health.ts';
import type { StringTable } from '../../strings.ts';

/** Text of a cgroup's path by its id; 0, and counted, where no record names it. */
export function cgroupTexts(
  paths: ReadonlyMap<number, string>,
  strings: StringTable,
  health: Health,
): (id: number) => number {
  const texts = new Map([...paths].map(([id, path]) => [id, strings.intern(path)]));
  return (id) => {
    if (id === 0) return 0;
    const text = texts.get(id);
    if (text === undefined) health.count('unknown-cgroup');
    return text ?? 0;
  };
}

/** A sink that tells the cgroup of a task before the first event that shows it, and before each that shows another. */
export function tellingCgroups(sink: EventSink): EventSink {
  /** By task. */
  const known = new Map<number, number>();
  const told = createBatch(1);
  clearRows(told, 0);
  told.length = 1;
  told.kind[0] = Kind.cgroup;
  return (batch, from, to) => {
    let start = from;
    for (let row = from; row < to; row++) {
      const kind = batch.kind[row];
      // An id that is used again is another task.
      if (kind === Kind.fork || kind === Kind.newTask || kind === Kind.notedFork) known.delete(batch.nr[row]);
      const [cgroup, tid] = [batch.cgroup[row], batch.tid[row]];
      if (cgroup === 0 || tid <= 0 || known.get(tid) === cgroup) continue;
      known.set(tid, cgroup);
      if (row > start) sink(batch, start, row);
      start = row;
      told.time[0] = batch.time[row];
      told.cpu[0] = batch.cpu[row];
      told.tid[0] = tid;
      told.pid[0] = batch.pid[row];
      told.text[0] = cgroup;
      told.place[0] = batch.place[row];
      sink(told, 0, 1);
    }
    if (to > start) sink(batch, start, to);
  };
}
