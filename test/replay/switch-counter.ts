/**
 * A second count of the same events, written apart from the replay and sharing no code with it: how often CR3 is loaded with
 * another address space, where nothing flushes one meanwhile.
 */
import { ARGS, isNote, Kind } from '../../src/trace/event.ts';
import type { Trace } from '../../src/trace/trace.ts';

interface Space {
  processes: number;
}
interface Process {
  readonly pid: number;
  space: Space;
  threads: number;
}
/** Without a process: a kernel thread, or idle. */
interface One {
  process?: Process | undefined;
  gone?: boolean;
  readonly parent: number;
}

/** Names of kernel threads in the recordings that the tests read. */
export const KERNEL = /\/|^(rcu_preempt|kcompactd0|kdamond\.0|damon-regions|hwrng)$/;
const [CLONE_VM, CLONE_THREAD, NOT_RUNNABLE, GONE] = [0x100, 0x10000, 0xff, 0x30];
const NO_TASK = new Set<number>([Kind.tlbFlush, Kind.waking, Kind.lost, Kind.rename]);

export async function countSwitchWrites(trace: Trace): Promise<number> {
  const [tasks, processes, listed] = [
    new Map<number, One>(),
    new Map<number, Process>(),
    new Map<number, [number, number]>(),
  ];
  const [on, loaded, kernelSpace] = [new Map<number, One>(), new Map<number, Space>(), { processes: 1 }];
  let writes = 0;
  const processOf = (pid: number, space: () => Space = () => ({ processes: 0 })): Process => {
    if (!processes.has(pid)) processes.set(pid, { pid, space: space(), threads: 0 }).get(pid)!.space.processes++;
    return processes.get(pid)!;
  };
  const joins = (one: One, process: Process): void => {
    process.threads++;
    one.process = process;
  };
  const make = (tid: number, process: Process | undefined, parent = -1): One => {
    const one = { parent };
    if (process) joins(one, process);
    return tasks.set(tid, one).get(tid)!;
  };
  /** Whether nobody is left in its address space. */
  const leaves = ({ process }: One): boolean => {
    if (!process || --process.threads > 0) return false;
    if (processes.get(process.pid) === process) processes.delete(process.pid);
    return --process.space.processes === 0;
  };
  const dies = (one: One | undefined): boolean => one !== undefined && !one.gone && (one.gone = true) && leaves(one);
  const find = (tid: number, pid: number, shown: number): One => {
    const [known, [toldPid, toldName]] = [tasks.get(tid), listed.get(tid) ?? [tid, 0]];
    const kernel = tid === 0 || tid === 2 || trace.host.kernelThreads?.includes(tid) === true;
    if (!known && (kernel || KERNEL.test(trace.strings.text(shown || toldName)))) return make(tid, undefined);
    if (!known) return make(tid, processOf(pid > 0 ? pid : toldPid));
    if (!known.process || pid <= 0 || known.process.pid === pid) return known;
    const home = processOf(pid);
    leaves(known);
    joins(known, home);
    return known;
  };
  const load = (cpu: number, space: Space): void => {
    if (loaded.has(cpu) && loaded.get(cpu) !== space) writes++;
    loaded.set(cpu, space);
  };
  const runs = (cpu: number, one: One): One => {
    if (cpu >= 0 && on.get(cpu) !== one && one.process && !one.gone) load(cpu, one.process.space);
    return on.set(cpu, one).get(cpu)!;
  };
  const born = (tid: number, by: number, { process }: One, thread: boolean, shares: boolean): void => {
    dies(tasks.get(tid));
    if (!process || by === 2) return void make(tid, undefined, by);
    if (!thread) processes.delete(tid);
    make(tid, thread ? process : processOf(tid, () => (shares ? process.space : { processes: 0 })), by);
  };
  await trace.readEvents((batch, from, to) => {
    for (let row = from; row < to; row++) {
      const [cpu, tid, pid, kind, nr] = [
        batch.cpu[row],
        batch.tid[row],
        batch.pid[row],
        batch.kind[row],
        batch.nr[row],
      ];
      const [text, arg] = [batch.text[row], batch.argWords[2 * row * ARGS]];
      if (kind === Kind.rename && cpu < 0) listed.set(tid, [pid, text]);
      if (NO_TASK.has(kind) || isNote(kind)) continue;
      if (kind === Kind.exec && nr !== tid && tasks.has(nr)) {
        dies(tasks.get(tid));
        tasks.set(tid, tasks.get(nr)!).delete(nr);
      }
      const one = runs(cpu, find(tid, pid, kind === Kind.switch ? text : 0));
      const known = tasks.get(nr);
      // A kernel thread only by its name.
      const isUser = kind === Kind.sysEnter || kind === Kind.faultUser || kind === Kind.exec;
      if (isUser && !one.process && tid > 0) joins(one, processOf(pid > 0 ? pid : tid));
      if (kind === Kind.newTask) born(nr, tid, one, (arg & CLONE_THREAD) > 0, (arg & CLONE_VM) > 0);
      if (kind === Kind.fork && (known?.gone !== undefined || known?.parent !== tid))
        born(nr, tid, one, arg === one.process?.pid, false);
      if (kind === Kind.exec && one.process) {
        one.process.space.processes--;
        one.process.space = { processes: 1 };
        writes++;
        loaded.set(cpu, one.process.space);
      }
      if (kind === Kind.exit && dies(one) && loaded.get(cpu) === one.process?.space) load(cpu, kernelSpace);
      if (kind !== Kind.switch) continue;
      const state = batch.resultWords[2 * row];
      if ((state & GONE) > 0) dies(one);
      if (one.gone && (state & NOT_RUNNABLE) > 0) tasks.delete(tid);
      runs(cpu, find(nr, -1, batch.text2[row]));
    }
  });
  return writes;
}
