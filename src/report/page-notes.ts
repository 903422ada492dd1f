/** Words of the page that do not depend on the figures. */
export const READING_NOTES: readonly (readonly [term: string, text: string])[] = [
  [
    'Intervals',
    'A best estimate, and round it the range that holds the true value in nine cases of ten: doubt of prices, of what was inferred, and of the time without isolation. The best estimates of parts add up to the whole, the ends of intervals do not.',
  ],
  [
    'Lanes',
    'The recording is replayed once for several kernels side by side: nopti without page-table isolation, pti with isolation of every process, optout with isolation and processes that have opted out of it.',
  ],
  [
    'Whose cost',
    'Cycles are those of the measured processes: the ones of which an entry into the kernel was recorded, without the recorder itself. Counts of CR3 writes, and what is shown over time, are of the whole machine.',
  ],
  ['Crossing', 'One way between user mode and the kernel, in or out.'],
];
