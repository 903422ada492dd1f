/** What a policy says. A policy is data: one file in this folder and one line in `index.ts`; the replay asks, never branches on a name. */

/** The choices of an opt-out. Each is named as in `docs/architecture.md`. */
export interface OptOutRules {
  /** What a process is before anybody asks; with `off` nobody has to, and no selector acts. */
  readonly start: 'on' | 'off';
  /** Whom the opt-out covers. */
  readonly scope: 'process';
  /** What a new process and a new program keep of it. */
  readonly inherit: 'fork+exec';
  /** When it takes effect. */
  readonly effect: 'now';
  /** Which successful set*id call clears it: one that changes an id, one that gains one, any, none. */
  readonly setid: 'change' | 'gain' | 'call' | 'never';
}

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
}
