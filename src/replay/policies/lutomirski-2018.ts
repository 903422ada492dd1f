import { hansen2018 } from './hansen-2018.ts';
import type { Policy } from './policy.ts';

/**
 * The right to run without isolation as a capability of its own. It is taken to be handed on as an ambient one, so that it
 * survives an exec; giving up root gives it up.
 */
export const lutomirski2018: Policy = {
  id: 'lutomirski-2018',
  aliases: [],
  label:
    'a capability of its own, kept over exec as an ambient one, lost with root or in an exec that gains privileges',
  source: 'Andy Lutomirski, 11 Jan 2018, same thread (lkml.iu.edu/hypermail/linux/kernel/1801.1/04608.html)',
  pti: true,
  optOut: { ...hansen2018.optOut!, effect: 'exec', setid: 'drop', cap: 'disable-pti', lock: 'global' },
  ours: ['scope', 'inherit', 'latch', 'setid', 'setgroups', 'seccomp', 'lock'],
};
