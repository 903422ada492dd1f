/** Hand-written recordings with flushes of the TLB, calls that map pages and faults at addresses; replayed through one lane. */
import { Op, OPERATIONS } from '../../../src/cpu-model/operations.ts';
import { replayTrace, type Replayed } from '../../../src/replay/engine.ts';
import { Kind } from '../../../src/trace/event.ts';
import { Recording, traceOf, type WrittenEvent } from '../recording.ts';
import { laneOf, type BenchOptions, type Issued } from './bench.ts';

const PAGE = 4096n;
/** Numbers of the calls that map. */
const MAPS = { mmap: 9, mprotect: 10, munmap: 11, brk: 12, mremap: 25, madvise: 28 } as const;

export class TlbScript extends Recording {
  #here = 0;

  override cpu(number: number): this {
    this.#here = number;
    return super.cpu(number);
  }
  /** `tlb_flush`; pages: -1 = all. By default idle logs it. */
  tlb(reason: number, pages: number, tid = 0): this {
    return this.#push({ kind: Kind.tlbFlush, tid, nr: reason, args: [pages] });
  }
  /** A whole call that maps; pages and results are counted in pages where they are addresses. */
  maps(tid: number, call: keyof typeof MAPS, args: readonly (number | bigint)[], result: number | bigint = 0): this {
    const nr = MAPS[call];
    return this.#push({ kind: Kind.sysEnter, tid, nr, args }).#push({
      kind: Kind.sysExit,
      tid,
      nr,
      result: Number(result),
    });
  }
  /** A write fault of user mode: to a page that is not there, or to one that is there read-only. */
  write(tid: number, page: number, present = false): this {
    const address = BigInt(page) * PAGE;
    return this.#push({ kind: Kind.faultUser, tid, args: [address, 0, present ? 7 : 6] });
  }

  #push(event: Omit<WrittenEvent, 'time' | 'cpu' | 'pid'>): this {
    const time = (this.events.at(-1)?.time ?? 0) + 1;
    this.events.push({ time, cpu: this.#here, pid: -1, ...event });
    return this;
  }
}

export const tlbScript = (): TlbScript => new TlbScript();

export interface TlbRun {
  readonly replayed: Replayed;
  /** All but crossings: with the policy `nopti` no crossing reads or writes CR3. */
  readonly issued: Issued;
  /** Those of causes of this name alone. */
  readonly of: (cause: RegExp) => Issued;
}

export async function replayTlb(recording: Recording, options: BenchOptions = {}): Promise<TlbRun> {
  const lane = laneOf({ policy: 'nopti', ...options });
  const replayed = await replayTrace(traceOf(recording), [lane], { optOut: [], optIn: [] });
  const { rows, causes } = replayed;
  const of = (cause: RegExp): Issued => {
    const issued: Issued = {};
    for (let row = 0; row < rows.size; row++) {
      if (!cause.test(causes.name(rows.causeOf(row)))) continue;
      for (const name of OPERATIONS) {
        const by = lane.counts.get(row, Op[name]);
        if (by > 0 && name !== 'entries' && name !== 'exits') issued[name] = (issued[name] ?? 0) + by;
      }
    }
    return issued;
  };
  return { replayed, issued: of(/./), of };
}
