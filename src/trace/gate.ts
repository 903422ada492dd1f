/** A source that is read only as fast as somebody takes what its reader makes of it: how several recordings are merged in bounded memory. */
import type { Bytes } from '../io/bytes.ts';

export interface Gate {
  /** The source behind the gate. */
  readonly bytes: Bytes;
  /** From now on reads wait. */
  close(): void;
  /** Lets waiting reads go on. */
  open(): void;
}

export function gated(bytes: Bytes): Gate {
  let waiting: Promise<void> | undefined;
  let release: (() => void) | undefined;
  const { readAt } = bytes;
  return {
    bytes: {
      name: bytes.name,
      length: bytes.length,
      parts: bytes.parts,
      get tear() {
        return bytes.tear;
      },
      readAt:
        readAt &&
        ((offset, into) =>
          waiting ? waiting.then(() => readAt.call(bytes, offset, into)) : readAt.call(bytes, offset, into)),
      async *chunks() {
        for await (const chunk of bytes.chunks()) {
          yield chunk;
          if (waiting) await waiting;
        }
      },
      close: () => bytes.close(),
    },
    close() {
      waiting ??= new Promise((resolve) => (release = resolve));
    },
    open() {
      release?.();
      [waiting, release] = [undefined, undefined];
    },
  };
}
