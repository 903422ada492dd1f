/** One lane of our own, driven step by step, and what it issued since it was last asked. */
import { Op, OPERATIONS, type Operation } from '../../../src/cpu-model/operations.ts';
import { kernelOf } from '../../../src/replay/kernels.ts';
import { Lane } from '../../../src/replay/lane.ts';
import { RECORDED, SIMULATED, type Evidence, type Machine } from '../../../src/replay/machine.ts';
import { ALL_PAGES, TRIM_NS } from '../../../src/replay/mmu.ts';
import { findPolicy } from '../../../src/replay/policies/index.ts';
import { INIT_MM, newMm, type Mm } from '../../../src/replay/tasks.ts';

export interface BenchOptions {
  readonly kernel?: string;
  readonly policy?: string;
  readonly pcid?: boolean;
  readonly invpcid?: boolean;
  readonly invpcidAll?: boolean;
  readonly deepIdleNs?: number | undefined;
  readonly evidence?: Evidence;
}

/** Operations that were issued, without those that were not. */
export type Issued = Partial<Record<Operation, number>>;

const ROW = 0;
const FIRST_MM = 10;

export function machineOf(options: BenchOptions = {}): Machine {
  const { kernel = '6.1', pcid = true, invpcid = pcid, invpcidAll = invpcid, deepIdleNs } = options;
  return { pcid, invpcid, invpcidAll, kernel: kernelOf(kernel)!, deepIdleNs };
}

export const laneOf = (options: BenchOptions = {}): Lane =>
  new Lane(findPolicy(options.policy ?? 'pti')!, machineOf(options), options.evidence ?? SIMULATED);

export class Bench {
  readonly lane: Lane;
  readonly initMm = newMm(INIT_MM);
  readonly #mms: Mm[] = [];
  #before: readonly number[] = OPERATIONS.map(() => 0);

  constructor(options: BenchOptions = {}) {
    this.lane = laneOf(options);
  }

  /** The address space with this number. */
  mm(number: number): Mm {
    return (this.#mms[number] ??= newMm(FIRST_MM + number));
  }
  /** An address space that is made in the trace. */
  born(number: number, ns: number): this {
    this.#mms[number] = newMm(FIRST_MM + number, ns);
    return this;
  }
  /** The trace begins with this address space loaded. */
  start(number: number, cpu = 1): this {
    this.lane.mmu.adopt(cpu, this.mm(number));
    return this;
  }
  to(number: number, cpu = 1): this {
    this.lane.mmu.switchTo(cpu, this.mm(number), ROW);
    return this;
  }
  idle(cpu = 1): this {
    this.lane.mmu.switchToKernel(cpu, this.initMm, ROW, true);
    return this;
  }
  /** Idle ended, that had been expected to last this long. */
  slept(ns: number, cpu = 1): this {
    this.lane.mmu.idleEnded(cpu, ns, this.initMm, ROW);
    return this;
  }
  /** The address space has a flush that this lane's CPUs hear nothing of. */
  missed(number: number): this {
    this.mm(number).flushes.simulated++;
    return this;
  }
  flush(number: number, pages: number, { cpu = 1, freedTables = false, at = 0 } = {}): this {
    this.missed(number);
    this.lane.mmu.flush(cpu, this.mm(number), { pages, freedTables }, ROW, this.initMm, at);
    return this;
  }
  /** A range of the kernel's own pages. */
  flushKernel(pages: number, cpu = 1): this {
    this.lane.mmu.flushKernel(cpu, pages, ROW);
    return this;
  }
  flushAll(number: number, cpu = 1): this {
    return this.flush(number, ALL_PAGES, { cpu, freedTables: true });
  }
  dead(number: number, cpu = 1): this {
    this.missed(number);
    this.lane.mmu.dropDead(cpu, this.mm(number), this.initMm, ROW);
    return this;
  }
  /** The CR3 write of a return to user mode, which it counts apart: whatever was issued before is left out. */
  exit(number: number, cpu = 1): Issued {
    this.take();
    this.lane.exit(0, this.mm(number).id, cpu, ROW);
    const { exits, cr3Read, ...writes } = this.take();
    if (exits !== 1 || cr3Read !== (this.lane.policy.pti ? 1 : undefined)) throw new Error('it is no return');
    return writes;
  }
  /** What was issued since this was last called. */
  take(): Issued {
    const now = OPERATIONS.map((name) => this.lane.counts.get(ROW, Op[name]));
    const issued = OPERATIONS.map((name, i) => [name, now[i] - this.#before[i]] as const).filter(([, by]) => by !== 0);
    this.#before = now;
    return Object.fromEntries(issued);
  }
}

export const bench = (options: BenchOptions = {}): Bench => new Bench(options);
export { ALL_PAGES, RECORDED, SIMULATED, TRIM_NS };
