/** All processes as they were when the events of a trace passed a moment: names change, threads come and go. */
import { Op } from '../cpu-model/operations.ts';
import { isNote, type EventSink } from '../trace/event.ts';
import type { LiveReplay, ReplayWatch } from './engine.ts';
import type { Process } from './tasks.ts';

/** What may be different at another moment. */
export interface Look {
  /** Ids in the trace's string table. */
  readonly comm: number;
  readonly exe: number;
  /** Those seen so far. */
  readonly threads: number;
  /** Crossings between user mode and the kernel so far, both ways. */
  readonly crossings: number;
  /** Id of its address space. */
  readonly mm: number;
}

export class MomentWatch implements ReplayWatch {
  #live: LiveReplay | undefined;
  #looks: ReadonlyMap<Process, Look> | undefined;

  /** @param timeNs - since the start of the recording; Infinity: its end */
  constructor(private readonly timeNs: number) {}

  begins(live: LiveReplay): void {
    this.#live = live;
  }

  around = (replay: EventSink): EventSink => {
    return (batch, from, to) => {
      let row = from;
      if (!this.#looks) {
        while (row < to && (isNote(batch.kind[row]) || batch.time[row] <= this.timeNs)) row++;
        if (row > from) replay(batch, from, row);
        if (row < to) this.#looks = this.#look();
      }
      if (row < to) replay(batch, row, to);
    };
  };

  /** By process; of those first seen later, what they are by now. */
  at(process: Process): Look {
    return (this.#looks ??= this.#look()).get(process) ?? this.#lookAt(process, 0);
  }

  #look(): ReadonlyMap<Process, Look> {
    const live = this.#live;
    if (!live) return new Map();
    const { tree, rows, lanes } = live;
    const crossings = new Float64Array(tree.processes.length);
    const [{ counts }] = lanes;
    for (let row = 0; row < rows.size; row++)
      crossings[rows.processOf(row)] += counts.get(row, Op.entries) + counts.get(row, Op.exits);
    return new Map(tree.processes.map((process) => [process, this.#lookAt(process, crossings[process.index])]));
  }

  #lookAt({ comm, exe, liveThreads, mm }: Process, crossings: number): Look {
    return { comm, exe, threads: liveThreads, crossings, mm: mm.id };
  }
}
