import { hansen2018 } from './hansen-2018.ts';
import type { Policy } from './policy.ts';

/** What FreeBSD ships: a flag of the process that the next exec obeys. */
export const freebsd: Policy = {
  id: 'freebsd',
  aliases: [],
  label: 'a flag of the process that its next exec obeys, inherited by children, cleared by nothing',
  source: 'FreeBSD procctl(2) PROC_KPTI_CTL, proccontrol(1); reviews D15100, D19514 (rS345226, rS345227)',
  pti: true,
  optOut: {
    ...hansen2018.optOut!,
    effect: 'exec',
    setid: 'never',
    secureExec: 'keep',
    ptrace: 'ignore',
    cap: 'root',
    lock: 'none',
  },
  ours: ['latch', 'setgroups', 'userns', 'seccomp'],
};
