/**
 * A lane that keeps CR3: the register of each CPU, changed by nothing but the writes that the lane counts, and read at each entry
 * from user mode. A write that the lane forgets, or one too many, is there to be seen at the next entry.
 */
import { Cr3Checker, type Violation } from './cr3-check.ts';
import { decodeCr3, kernelCr3, lowBits, pgdOf, withKernelHalf, withUserHalf, type Half } from './cr3-layout.ts';
import type { LiveReplay, ReplayWatch } from './engine.ts';
import { Lane } from './lane.ts';
import type { MmLoad } from './mmu.ts';
import { assert } from '../errors.ts';
import { firstState, runsFlat } from './states.ts';
import type { Process, Task } from './tasks.ts';

/** CR3 as an entry from user mode found it. */
export interface Cr3Entry {
  readonly timeNs: number;
  /** -1 where the trace does not show it. */
  readonly cpu: number;
  readonly tid: number;
  readonly pid: number;
  /** Id in the trace's string table. */
  readonly comm: number;
  /** What brought it into the kernel, as in the ledger. */
  readonly cause: string;
  readonly raw: number;
  /** The half that the rules say it must be. */
  readonly expected: Half;
  /** No return to user mode was seen before it: the value is what the lane takes it for, and its half is not checked. */
  readonly assumed: boolean;
  readonly violation: Violation | undefined;
}

const settledOf = (process: Process): Process => (process.partOf ? settledOf(process.partOf) : process);

/** The task in user mode on a CPU, by slot; none known. */
const NOBODY = -1;

export class Cr3Lane extends Lane implements ReplayWatch {
  readonly checker: Cr3Checker;
  /** By CPU slot. */
  readonly #cr3: (number | undefined)[] = [];
  /** By CPU slot: the task that returned to user mode there last, if nothing was written since. */
  readonly #returned: number[] = [];
  /** By CPU slot: its copy of the flag, where the rules say that it has one. */
  readonly #latchedFlat: boolean[] = [];
  #live: LiveReplay | undefined;
  #task: Task | undefined;
  #timeNs = 0;

  /** @param like - the lane whose register is wanted */
  constructor(
    like: Lane,
    private readonly onEntry: (entry: Cr3Entry) => void,
  ) {
    super(like.policy, like.machine, like.evidence);
    const { policy, machine } = like;
    const asids = machine.pcid ? machine.kernel.asids : 1;
    this.checker = new Cr3Checker({ pti: policy.pti, pcid: machine.pcid, asids });
    this.mmu.onLoad = (load) => this.#load(load);
  }

  begins(live: LiveReplay): void {
    this.#live = live;
  }

  crossing(task: Task, timeNs: number): void {
    this.#task = task;
    this.#timeNs = timeNs;
  }

  override enter(slot: number, row: number): void {
    const task = this.#task;
    const live = this.#live;
    assert(task && live && task.slot === slot, 'the watch was told who crosses');
    const { cpu, process, tid } = task;
    const assumed = this.#returned[cpu] !== slot;
    this.#recognise(task);
    if (assumed) this.#assume(task);
    const raw = this.#read(cpu);
    const expected = this.checker.halfOf(slot) ?? 'kernel';
    this.#cr3[cpu] = this.#writes(() => super.enter(slot, row)) ? withKernelHalf(raw) : raw;
    this.#returned[cpu] = NOBODY;
    this.onEntry({
      timeNs: this.#timeNs,
      cpu: cpu - 1,
      tid,
      pid: process.pid,
      comm: process.comm,
      cause: live.causes.name(live.rows.causeOf(row)),
      raw,
      expected,
      assumed,
      violation: this.checker.entered(cpu, slot, process.mm.id, raw),
    });
  }

  override exit(slot: number, mm: number, cpu: number, row: number): void {
    const task = this.#task;
    assert(task?.slot === slot, 'the watch was told who crosses');
    this.#recognise(task);
    const raw = this.#read(cpu);
    this.#cr3[cpu] = this.#writes(() => super.exit(slot, mm, cpu, row)) ? withUserHalf(raw, this.machine.pcid) : raw;
    this.#returned[cpu] = slot;
    this.checker.returned(slot, this.#isFlat(task));
  }

  override latch(cpu: number, slot: number, mm: number): void {
    super.latch(cpu, slot, mm);
    const byThread = this.policy.optOut?.scope === 'thread';
    this.#latchedFlat[cpu] = byThread ? this.isOpenTask(slot) : this.isOpen(mm);
  }

  /** Whether the lane counted a write for a crossing. */
  #writes(act: () => void): boolean {
    const before = this.sums.crossing;
    act();
    return this.sums.crossing !== before;
  }

  /** A return to user mode that nothing showed: before the recording, or after a switch that was not recorded. */
  #assume({ cpu, slot }: Task): void {
    const raw = this.#read(cpu);
    const flat = !this.policy.pti || this.isFlat(slot);
    this.#cr3[cpu] = flat ? withKernelHalf(raw) : withUserHalf(raw, this.machine.pcid);
    this.checker.returned(slot, flat);
  }

  /**
   * What was taken for a process of its own turns out to be a thread of another: the address space that it has loaded is the other's,
   * which only got a second number.
   */
  #recognise({ cpu, process }: Task): void {
    const raw = this.#read(cpu);
    const { id } = process.mm;
    if (raw - lowBits(raw) === pgdOf(id)) return;
    const { mm } = decodeCr3(raw, this.machine.pcid);
    const taken = this.#live?.tree.processes.find((each) => each.partOf && each.mm.id === mm);
    if (!taken || settledOf(taken) !== process) return;
    this.#cr3[cpu] = raw - pgdOf(mm) + pgdOf(id);
    this.checker.renumbered(cpu, mm, id);
  }

  #load({ cpu, mm, flushed, decidedBy }: MmLoad): void {
    const asid = this.mmu.asid(cpu);
    this.#cr3[cpu] = kernelCr3(mm.id, this.machine.pcid ? asid : undefined);
    this.#returned[cpu] = NOBODY;
    this.checker.loaded({ cpu, mm: mm.id, asid, flushed, decidedBy });
  }

  /** Before its first load, a CPU holds what it was found with. */
  #read(cpu: number): number {
    const known = this.#cr3[cpu];
    if (known !== undefined) return known;
    const mm = (this.mmu.loaded(cpu) ?? this.#task!.process.mm).id;
    return kernelCr3(mm, this.machine.pcid ? this.mmu.asid(cpu) : undefined);
  }

  /**
   * What the state of a process asks for, as `/proc` tells it; where a CPU has a copy of the flag, what it asked for when that was
   * taken.
   */
  #isFlat(task: Task): boolean {
    const optOut = this.#live?.optOuts[0];
    if (optOut?.rules.latch === 'switch') return this.#latchedFlat[task.cpu] ?? false;
    return runsFlat(optOut?.stateOf(task.process, task) ?? firstState(this));
  }
}
