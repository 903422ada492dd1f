import { writeSync } from 'node:fs';
import { errnoOf } from './errno.ts';

/** How long to wait for a reader that is slower than we are, in milliseconds. */
const RETRY_MS = 5;

/** Writes all of `data` at the descriptor's position, however many calls that takes. Returns its length. */
export function writeFully(fd: number, data: Uint8Array): number {
  for (let done = 0; done < data.length;) {
    try {
      done += writeSync(fd, data, done);
    } catch (error) {
      if (errnoOf(error) !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
  return data.length;
}
