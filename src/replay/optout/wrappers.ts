/** Wrappers in the manner of nice(1): put on a process where it first execs, or from the start where it is older than the trace. */
import { assert } from '../../errors.ts';
import type { StringTable } from '../../trace/strings.ts';
import type { OptOut } from './optout.ts';
import type { Selector } from './selectors.ts';
import type { Process } from '../tasks.ts';

export interface WrapperSelectors {
  readonly optOut: readonly Selector[];
  readonly optIn: readonly Selector[];
}

/** {@link Process.wrappers} is a bit mask. */
const MOST_SELECTORS = 31;

export class Wrappers {
  /** Processes each selector chose, in the order of {@link all}. */
  readonly chosen: Process[][];
  /** Opt-outs before opt-ins: the second wrapper has the last word. */
  readonly all: readonly { readonly selector: Selector; readonly off: boolean }[];

  constructor(
    selectors: WrapperSelectors,
    private readonly optOuts: readonly OptOut[],
    private readonly names: StringTable,
  ) {
    this.all = [
      ...selectors.optOut.map((selector) => ({ selector, off: true })),
      ...selectors.optIn.map((selector) => ({ selector, off: false })),
    ];
    assert(this.all.length <= MOST_SELECTORS, 'selectors fit the mask');
    this.chosen = this.all.map(() => []);
  }

  atStart(process: Process, tid: number): void {
    this.#apply(process, 0, tid, true);
  }

  atExec(process: Process, timeNs: number, tid: number): void {
    this.#apply(process, timeNs, tid, false);
  }

  #apply(process: Process, timeNs: number, tid: number, start: boolean): void {
    this.all.forEach(({ selector, off }, i) => {
      if ((process.wrappers & (1 << i)) !== 0 || !selector.matches(process, this.names)) return;
      process.wrappers |= 1 << i;
      this.chosen[i].push(process);
      const event = start ? 'start' : off ? 'opt-out' : 'opt-in';
      const rule = `${off ? '--opt-out' : '--opt-in'} ${selector.text}`;
      for (const optOut of this.optOuts) optOut.set(process, off, event, rule, { timeNs, tid });
    });
  }
}
