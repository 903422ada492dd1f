import { hansen2018 } from './hansen-2018.ts';
import type { Policy } from './policy.ts';

/** The bound of what any opt-out can give back: the kernel still has isolation, and so no global pages, but nobody is isolated. */
export const globalOff: Policy = {
  id: 'global-off',
  aliases: [],
  label:
    'isolation on, but every process opted out from the first event and never cleared: the most an opt-out can give',
  source: 'ours: no proposal has it; it bounds them all',
  pti: true,
  optOut: {
    ...hansen2018.optOut!,
    start: 'off',
    setid: 'never',
    secureExec: 'keep',
    ptrace: 'ignore',
    cap: 'none',
    lock: 'none',
  },
  ours: ['start', 'setid', 'secureExec', 'ptrace', 'cap', 'lock'],
};
