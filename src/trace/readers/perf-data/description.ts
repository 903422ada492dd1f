/** What a recording says of itself: in the header of a file, or in the records at the beginning of a pipe. */
import type { Attr } from './attrs.ts';
import type { Features } from './features.ts';
import type { Section } from './sections.ts';

export interface PerfHeader {
  readonly little: boolean;
  readonly attrs: readonly Attr[];
  /** Where the records lie: several stretches where the recording is a folder of files. */
  readonly sections: readonly Section[];
  readonly features: Features;
  /** First byte that the header points to but the file does not have. */
  readonly tornAt: number | undefined;
  /** perf wrote the header's end: it was not killed. */
  readonly finished: boolean;
}
