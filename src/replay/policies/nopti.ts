import type { Policy } from './policy.ts';

/** No page-table isolation: the kernel is mapped, and global, in every address space. */
export const nopti: Policy = {
  id: 'nopti',
  aliases: [],
  label: 'page-table isolation off (pti=off)',
  source: 'Linux Documentation/arch/x86/pti.rst',
  pti: false,
  optOut: undefined,
  ours: [],
};
