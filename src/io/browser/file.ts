import { inputError, printable } from '../../errors.ts';
import type { Bytes } from '../bytes.ts';

const CHUNK = 4 * 1024 * 1024;

/**
 * {@link Bytes} over a browser's File or Blob, read slice by slice.
 *
 * `readAt` and `chunks` throw PtilabError input where the file changed or went away since it was picked.
 */
export function blobBytes(blob: Blob, name: string, chunkSize = CHUNK): Bytes {
  async function slice(from: number, size: number): Promise<Uint8Array> {
    try {
      return new Uint8Array(await blob.slice(from, from + size).arrayBuffer());
    } catch (error) {
      throw inputError('the browser could not read it', printable(name), 'pick the file again', error);
    }
  }
  return {
    name,
    length: blob.size,
    async readAt(offset, into) {
      const found = await slice(offset, into.length);
      into.set(found);
      return found.length;
    },
    async *chunks() {
      for (let at = 0; at < blob.size; at += chunkSize) yield await slice(at, chunkSize);
    },
    tear: undefined,
    close: () => Promise.resolve(),
  };
}
