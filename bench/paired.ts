/**
 * What `perf trace -s` does, in a process of its own: reads a perf.data, puts its events in order, pairs calls with their returns, and sums up
 * each call of each task. `replay.ts` runs it beside perf; it prints how many were paired.
 */
import { openInput } from '../src/io/node/input.ts';
import { Kind, type EventSink } from '../src/trace/event.ts';
import { perfData } from '../src/trace/readers/perf-data.ts';

const MOST_CALLS = 1024;

/** Of one task. */
class Calls {
  /** The call it is in, -1 for none, and since when. */
  nr = -1;
  since = 0;
  readonly counts = new Uint32Array(MOST_CALLS);
  readonly sums = new Float64Array(MOST_CALLS);
  readonly least = new Float64Array(MOST_CALLS).fill(Infinity);
  readonly most = new Float64Array(MOST_CALLS);
}

const bytes = await openInput(process.argv[2]);
const trace = await perfData.open(bytes, { strict: false });
const tasks = new Map<number, Calls>();
let [paired, lastTid] = [0, -1];
let last = new Calls();
const sink: EventSink = ({ kind, tid, nr, time }, from, to) => {
  for (let row = from; row < to; row++) {
    if (kind[row] !== Kind.sysEnter && kind[row] !== Kind.sysExit) continue;
    if (tid[row] !== lastTid) {
      lastTid = tid[row];
      last = tasks.get(lastTid) ?? new Calls();
      tasks.set(lastTid, last);
    }
    if (kind[row] === Kind.sysEnter) {
      last.nr = nr[row];
      last.since = time[row];
      continue;
    }
    if (last.nr !== nr[row] || last.nr >= MOST_CALLS) continue;
    const took = time[row] - last.since;
    last.counts[last.nr]++;
    last.sums[last.nr] += took;
    if (took < last.least[last.nr]) last.least[last.nr] = took;
    if (took > last.most[last.nr]) last.most[last.nr] = took;
    last.nr = -1;
    paired++;
  }
};
await trace.readEvents(sink);
await bytes.close();
process.stdout.write(`${trace.samples} events, ${tasks.size} tasks, ${paired} calls paired\n`);
