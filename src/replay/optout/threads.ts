/** The threads of each process, kept only where each is in or out of isolation by itself. */
import type { Process, Task } from '../tasks.ts';

/** Ended threads are swept out when a list has doubled since. */
const SWEEP_FROM = 64;

export class Threads {
  readonly #lists = new WeakMap<Process, Task[]>();
  readonly #sweepAt = new WeakMap<Process, number>();

  add(task: Task): void {
    const { process } = task;
    const list = this.#lists.get(process);
    if (!list) {
      this.#lists.set(process, [task]);
      return;
    }
    list.push(task);
    if (list.length < (this.#sweepAt.get(process) ?? SWEEP_FROM)) return;
    const alive = this.of(process);
    this.#lists.set(process, [...alive]);
    this.#sweepAt.set(process, Math.max(SWEEP_FROM, 2 * alive.length));
  }

  /** Those that have not ended. */
  of(process: Process): readonly Task[] {
    return (this.#lists.get(process) ?? []).filter((task) => !task.ended && task.process === process);
  }

  /** The one whose state stands for the process: the thread with its id, else the oldest that is there. */
  leader(process: Process): Task | undefined {
    const list = this.#lists.get(process) ?? [];
    return list.find((task) => task.tid === process.pid) ?? list[0];
  }

  /** An exec ended all others. */
  only(task: Task): void {
    this.#lists.set(task.process, [task]);
  }
}
