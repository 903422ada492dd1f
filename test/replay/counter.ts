/** A second count of entries into the kernel and returns to user mode: written apart from the replay, and sharing nothing with it. */
import { isNote, Kind } from '../../src/trace/event.ts';
import type { Trace } from '../../src/trace/trace.ts';
import { KERNEL } from './switch-counter.ts';

/** `found`: running on its CPU when the recording began; `unseen`: it came later, and nothing shows yet from where. */
type Doing = 'unseen' | 'found' | 'child' | 'call' | 'tail' | 'fault' | 'irq';
/** `last`: when it surely was in the kernel. */
const fresh = (tid: number, doing: Doing, parent = -1) => ({ tid, doing, parent, last: 0, away: false, dead: false });
type One = ReturnType<typeof fresh>;
type Limits = Partial<Record<Doing, number>>;

/** After this long a task is back in user mode: 1 us after a call, 2 us after a fault, 10 us after an interrupt. */
const BACK_NS: Limits = { found: -Infinity, tail: 1_000, fault: 2_000, irq: 10_000 };
/** A switch that comes later than this needs an interrupt that was not recorded: 10 us, after an interrupt 100 us. */
const PREEMPTED_NS: Limits = { tail: 10_000, fault: 10_000, irq: 100_000 };
const [SOFTIRQ, BOTTOM_HALVES_OFF, NOT_RUNNABLE, GONE] = [0x10, 0x80, 0xff, 0x30];
const RETURNS = new Set<Doing>(['tail', 'fault', 'irq']);
const NO_TASK = new Set<number>([Kind.tlbFlush, Kind.waking, Kind.lost, Kind.rename]);

/** @param onCrossing - told of each crossing: by which thread, and when it is known; one known at the end only, at Infinity */
export async function countCrossings(
  trace: Trace,
  onCrossing: (tid: number, time: number) => void = () => undefined,
): Promise<{ entries: number; exits: number }> {
  const [tasks, on, nmis] = [new Map<number, One>(), new Map<number, One>(), new Map<number, number>()];
  let [entries, exits] = [0, 0];
  const isKernel = (tid: number, name: number): boolean =>
    tid === 0 || tid === 2 || trace.host.kernelThreads?.includes(tid) === true || KERNEL.test(trace.strings.text(name));
  /** What a task still had to do before its return to user mode waits while it is away. */
  const runs = (cpu: number, tid: number, time: number): One => {
    const [one, before] = [tasks.get(tid) ?? fresh(tid, 'unseen'), on.get(cpu)];
    tasks.set(tid, one);
    if (cpu < 0 || before === one) return one;
    if (before) before.away = true;
    if (one.away && one.doing !== 'call') one.last = time;
    one.away = false;
    return on.set(cpu, one).get(cpu)!;
  };
  const later = (one: One, time: number, than: Limits): boolean => time - one.last > (than[one.doing] ?? Infinity);
  const crosses = ({ tid }: One, time: number): number => {
    onCrossing(tid, time);
    return 1;
  };
  const enters = (one: One, doing: Doing, last: number): void => {
    if (one.doing !== 'unseen' && one.doing !== 'found') exits += crosses(one, last);
    entries += crosses(one, last);
    Object.assign(one, { doing, last });
  };
  await trace.readEvents((batch, from, to) => {
    for (let row = from; row < to; row++) {
      const { time: times, cpu: cpus, tid: tids, kind: kinds, nr: nrs } = batch;
      const [time, cpu, tid, kind, nr] = [times[row], cpus[row], tids[row], kinds[row], nrs[row]];
      if (NO_TASK.has(kind) || isNote(kind)) continue;
      if (kind === Kind.exec && nr !== tid && tasks.has(nr)) {
        tasks.set(tid, Object.assign(tasks.get(nr)!, { tid })).delete(nr);
      }
      const state = kind === Kind.switch ? batch.resultWords[2 * row] : 0;
      const waits = (state & NOT_RUNNABLE) > 0;
      const first = cpu >= 0 && !on.has(cpu) && kind !== Kind.switchIn && !waits && !isKernel(tid, batch.text[row]);
      const one = runs(cpu, tid, time);
      if (first && one.doing === 'unseen') one.doing = 'found';
      if (kind === Kind.sysEnter) enters(one, 'call', time);
      if (kind === Kind.faultUser) enters(one, 'fault', time);
      if (kind === Kind.sysExit) {
        if (RETURNS.has(one.doing)) enters(one, 'call', time);
        Object.assign(one, { doing: 'tail', last: time });
      }
      const several = kind === Kind.nmi && time - (nmis.get(cpu) ?? -Infinity) <= 10_000;
      if (kind === Kind.nmi && !several) nmis.set(cpu, time);
      if ((kind === Kind.nmi && !several) || kind === Kind.irqVector || kind === Kind.deviceIrq) {
        const [depth, flags] = [batch.depth[row], batch.flags[row]];
        const inKernel = (depth > 0 && depth < 255) || (flags & (SOFTIRQ | BOTTOM_HALVES_OFF)) > 0;
        if (!inKernel && !one.dead && later(one, time, BACK_NS)) enters(one, 'irq', time);
      }
      if (kind === Kind.switch) {
        if (waits && one.doing === 'found') one.doing = 'unseen';
        if (!one.dead && !(one.doing === 'fault' && waits) && later(one, time, PREEMPTED_NS)) enters(one, 'irq', time);
        one.dead ||= (state & GONE) > 0;
        runs(cpu, nr, time);
        if (one.dead && waits) tasks.delete(tid);
      }
      const told = kind === Kind.fork && tasks.get(nr)?.dead === false && tasks.get(nr)?.parent === tid;
      if (kind === Kind.newTask || (kind === Kind.fork && !told)) tasks.set(nr, fresh(nr, 'child', tid));
      one.dead ||= kind === Kind.exit;
    }
  });
  for (const one of new Set(on.values())) if (RETURNS.has(one.doing)) exits += crosses(one, Infinity);
  return { entries, exits };
}
