import type { Policy } from './policy.ts';

/** The per-process opt-out as proposed in January 2018. */
export const hansen2018: Policy = {
  id: 'hansen-2018',
  aliases: ['optout'],
  label:
    'isolation on, with an opt-out for whole processes: inherited over fork and exec, cleared by a set*id that changes an id',
  source: "Dave Hansen, 11 Jan 2018, re [RFC PATCH v2 6/6] x86/entry/pti: don't switch PGD on when pti_disable is set",
  pti: true,
  optOut: {
    start: 'on',
    scope: 'process',
    inherit: 'fork+exec',
    effect: 'now',
    reenable: 'flush',
    latch: 'exit',
    setid: 'change',
    secureExec: 'clear',
    setgroups: 'keep',
    userns: 'ignore',
    ptrace: 'deny',
    seccomp: 'ignore',
    cap: 'sys-rawio',
    lock: 'global+seal',
  },
  ours: ['latch', 'setgroups', 'userns', 'ptrace', 'seccomp', 'cap'],
};
