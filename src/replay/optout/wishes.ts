/** What was asked for, and by whom: the flag that a call sets, on the process, the thread or the address space that the scope says. */
import type { Mm, Process, Task } from '../tasks.ts';
import type { OptOutRules } from './rules.ts';

export interface Wish {
  off: boolean;
  /** What it becomes at the next exec; undefined: it stays. */
  next: boolean | undefined;
  /** What children get in its stead; undefined: the same. */
  children: boolean | undefined;
}

type Holder = Process | Task | Mm;

const ISOLATED: Readonly<Wish> = { off: false, next: undefined, children: undefined };

/** Wishes by holder. A thread that never asked has what its process has. */
export class Wishes {
  readonly #wishes = new WeakMap<Holder, Wish>();

  constructor(private readonly scope: OptOutRules['scope']) {}

  of(process: Process, task?: Task): Readonly<Wish> {
    const own = this.scope === 'thread' && task ? this.#wishes.get(task) : undefined;
    return own ?? this.#wishes.get(this.#shared(process)) ?? ISOLATED;
  }

  /** Changes the wish of one thread where threads ask for themselves, else of all that share the flag. */
  set(process: Process, task: Task | undefined, change: Partial<Wish>): void {
    const holder = this.scope === 'thread' && task ? task : this.#shared(process);
    this.#wishes.set(holder, { ...this.of(process, task), ...change });
  }

  /** A thread has no wish of its own any more: its process's holds. */
  forget(task: Task): void {
    this.#wishes.delete(task);
  }

  #shared(process: Process): Holder {
    return this.scope === 'mm' ? process.mm : process;
  }
}
