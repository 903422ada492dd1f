/** Wrappers in the manner of nice(1): put on a process where it first execs, or from the start where it is older than the trace. */
import { assert } from '../../errors.ts';
import type { StringTable } from '../../trace/strings.ts';
import type { Process } from '../tasks.ts';
import type { OptOut } from './optout.ts';
import type { WrapperSelectors } from './requests.ts';
import type { Selector } from './selectors.ts';
import type { Moment } from './states.ts';

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

  atStart(process: Process, at: Moment): void {
    this.#each(process, (optOut, off, rule) => optOut.start(process, off ? 'off' : 'on', rule, at));
  }

  atExec(process: Process, at: Moment): void {
    this.#each(process, (optOut, off, rule) => optOut.wrapped(process, off ? 'off' : 'on', rule, at));
  }

  #each(process: Process, act: (optOut: OptOut, off: boolean, rule: string) => void): void {
    this.all.forEach(({ selector, off }, i) => {
      if ((process.wrappers & (1 << i)) !== 0 || !selector.matches(process, this.names)) return;
      process.wrappers |= 1 << i;
      this.chosen[i].push(process);
      const rule = `${off ? '--opt-out' : '--opt-in'} ${selector.text}`;
      for (const optOut of this.optOuts) act(optOut, off, rule);
    });
  }
}
