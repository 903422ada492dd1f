/**
 * What the kernel itself logged of its TLB work (`tlb:tlb_flush`): lanes that agree with the recorder follow it. Reason 0 is one CR3
 * write for another mm; 1 to 3 are flushes on the CPU that logs them; 4 and 5 are the interrupts between CPUs.
 */
import type { LedgerRows } from '../cpu-model/ledger.ts';
import { Op } from '../cpu-model/operations.ts';
import type { Health } from '../trace/health.ts';
import { syscallName } from '../trace/syscalls.ts';
import { Cause, type Causes } from './causes.ts';
import type { Inferred } from './crossings.ts';
import type { Lane } from './lane.ts';
import type { ProcessTree } from './process-tree.ts';
import { Mode, type CpuState, type Mm, type Task } from './tasks.ts';

const Reason = { taskSwitch: 0, remote: 1, localBatch: 2, local: 3, ipiSend: 4, remoteWrongCpu: 5 } as const;
const EXEC_CALLS: ReadonlySet<number> = new Set([59, 322]);

export class TlbRecord {
  readonly #switchCause: number;
  readonly #exitCause: number;
  /** By CPU slot: the last event was a request to other CPUs, whose echo may follow. */
  readonly #sent: boolean[] = [];

  constructor(
    private readonly tree: ProcessTree,
    private readonly lanes: readonly Lane[],
    private readonly rows: LedgerRows,
    private readonly causes: Causes,
    private readonly inferred: Inferred,
    private readonly health: Health,
    /** Told when the record shows the load of an exec's new mm: the exec's own event comes later. */
    private readonly onExecBegins: (state: CpuState, task: Task, time: number, flushed: boolean) => void,
  ) {
    this.#switchCause = causes.named(Cause.switch);
    this.#exitCause = causes.named(Cause.exit);
  }

  /**
   * One event.
   *
   * @param pages - -1 = all
   * @param tid - who logged it: at a switch still the task that leaves
   */
  event(state: CpuState, reason: number, pages: number, time: number, tid: number): void {
    const echo = this.#sent[state.slot] && reason === Reason.remote && pages === 0;
    if (reason !== Reason.remote || echo) this.#sent[state.slot] = reason === Reason.ipiSend;
    if (reason === Reason.taskSwitch) {
      this.#loaded(state, pages !== 0, time, tid);
      return;
    }
    if (state.pending?.prompt) this.settle(state, time);
    const row = this.rows.row(state.current?.process.index ?? this.tree.kernel.index, this.flushCause(state.current));
    switch (reason) {
      case Reason.local:
      case Reason.localBatch:
        this.#flushed(state, pages, row, reason === Reason.local);
        break;
      case Reason.remote:
        this.#count(Op.ipiReceive, row, echo);
        this.#flushed(state, pages, row, false, true);
        break;
      case Reason.ipiSend:
        this.#count(Op.ipiSend, row);
        break;
      case Reason.remoteWrongCpu:
        this.#count(Op.ipiReceive, row);
        break;
      default:
        this.health.count('unknown-event', { ns: time });
    }
  }

  /** A load that no event followed: a recorder limited to some tasks logs only part. The model decides it. */
  settle(state: CpuState, time: number): void {
    const { pending } = state;
    if (!pending) return;
    state.pending = undefined;
    let simulated = false;
    for (const { mmu, evidence } of this.lanes) {
      if (evidence.switches === 'simulated' || !mmu.wouldWrite(state.slot, pending.mm)) continue;
      mmu.switchTo(state.slot, pending.mm, pending.row);
      simulated = true;
    }
    if (!simulated) return;
    this.inferred.switches++;
    this.health.count('simulated-switch', { ns: time });
  }

  /** `flush:<call>`, `flush:fault` or `flush:kernel`: what the task that flushes is doing. */
  flushCause(task: Task | undefined): number {
    if (task?.mode === Mode.syscall) return this.causes.named(`flush:${syscallName(task.syscall) ?? task.syscall}`);
    return this.causes.named(task?.mode === Mode.fault ? 'flush:fault' : 'flush:kernel');
  }

  /** CR3 was written for another mm, or for the same one after missed flushes. */
  #loaded(state: CpuState, flushed: boolean, time: number, tid: number): void {
    const { pending, current } = state;
    state.pending = undefined;
    if (pending) this.#follow(state, pending.mm, pending.row, flushed);
    else if (current && isExecuting(current) && !current.process.execBegan)
      this.onExecBegins(state, current, time, flushed);
    else this.#unexpected(state, flushed, tid);
  }

  /** No switch of tasks explains the load: the end of a process, a deep idle state, or the kernel patching its text. */
  #unexpected(state: CpuState, flushed: boolean, tid: number): void {
    const task = state.current;
    const { tree } = this;
    const isLoaded = (mm: Mm): boolean =>
      this.lanes.some(({ mmu, evidence }) => evidence.switches === 'recorded' && mmu.loaded(state.slot) === mm);
    if (!task || task.process.kernel) {
      // Before it patches text, a lazy CPU loads the kernel's own mm; that is never loaded twice. Another task's event shows that a
      // switch is missing, not that text is patched.
      const mm = task?.tid === tid && isLoaded(tree.initMm) ? tree.pokingMm : tree.initMm;
      this.#follow(state, mm, this.rows.row(tree.kernel.index, this.#switchCause), flushed);
      return;
    }
    const row = (cause: number): number => this.rows.row(task.process.index, cause);
    if (task.ended || isExiting(task)) {
      this.#follow(state, tree.initMm, row(this.#exitCause), flushed);
      return;
    }
    const mm = isLoaded(task.process.mm) ? tree.pokingMm : task.process.mm;
    this.#follow(state, mm, row(this.#switchCause), flushed);
  }

  #follow(state: CpuState, mm: Mm, row: number, flushed: boolean): void {
    for (const { mmu, evidence } of this.lanes)
      if (evidence.switches === 'recorded') mmu.switchAsRecorded(state.slot, mm, row, flushed);
  }

  #flushed(state: CpuState, pages: number, row: number, request: boolean, remote = false): void {
    const bumped = new Set<Mm>();
    for (const { mmu, evidence, machine } of this.lanes) {
      if (evidence.flushes === 'simulated') continue;
      const mm = mmu.loaded(state.slot);
      if (request && mm && !bumped.has(mm)) {
        mm.flushes.recorded++;
        bumped.add(mm);
      }
      if (remote && pages === 0 && !machine.kernel.remoteZeroIsPage) continue;
      // 0 pages: a range smaller than its stride, such as one huge page.
      mmu.flushAsRecorded(state.slot, pages < 0 ? pages : Math.max(1, pages), row);
    }
  }

  /** @param echo - it is no operation in kernels that log their own echo */
  #count(operation: number, row: number, echo = false): void {
    for (const { evidence, machine, counts } of this.lanes)
      if (evidence.flushes === 'recorded' && !(echo && machine.kernel.logsOwnEcho)) counts.add(row, operation);
  }
}

export const isExecuting = (task: Task): boolean =>
  task.mode === Mode.syscall && EXEC_CALLS.has(task.syscall) && !task.process.kernel;

/** exit, exit_group. */
const isExiting = (task: Task): boolean => task.mode === Mode.syscall && (task.syscall === 60 || task.syscall === 231);
