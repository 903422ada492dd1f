import { hansen2018 } from './hansen-2018.ts';
import type { Policy } from './policy.ts';

/** The same flag, but a page table is what it is for its life: changes wait for the next one. */
export const linus2018: Policy = {
  id: 'linus-2018',
  aliases: [],
  label: 'as hansen-2018, but a change takes effect with the next address space only: no coming back in place',
  source:
    'Linus Torvalds, 10 and 11 Jan 2018, same thread (lkml.iu.edu/hypermail/linux/kernel/1801.1/04562.html): disable at execve, isolation comes back only with a new page table',
  pti: true,
  optOut: { ...hansen2018.optOut!, effect: 'exec', lock: 'global' },
  ours: ['latch', 'setid', 'setgroups', 'ptrace', 'seccomp', 'cap', 'lock'],
};
