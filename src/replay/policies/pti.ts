import type { Policy } from './policy.ts';

/** Page-table isolation for every process, forced on whatever the CPU. */
export const pti: Policy = {
  id: 'pti',
  aliases: [],
  label: 'page-table isolation on for every process (pti=on)',
  source: 'Linux Documentation/arch/x86/pti.rst',
  pti: true,
  optOut: undefined,
  ours: [],
};
