/** What a policy says. A policy is data: one file in this folder and one line in `index.ts`; the replay asks, never branches on a name. */
import type { OptOutRules, RuleName } from '../optout/rules.ts';

export type { OptOutRules } from '../optout/rules.ts';

export interface Policy {
  readonly id: string;
  /** Other names for it. */
  readonly aliases: readonly string[];
  readonly label: string;
  readonly source: string;
  /** Two page tables per process, a CR3 write at every entry from and return to user mode. */
  readonly pti: boolean;
  /** The kernel has the opt-out, with these rules. */
  readonly optOut: OptOutRules | undefined;
  /** Rules whose choice no source states: ours. */
  readonly ours: readonly RuleName[];
}
