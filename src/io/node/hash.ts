import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Bytes } from '../bytes.ts';

/** What identifies a file: the bytes as stored, before any decompression. */
export interface Identity {
  /** 64 hexadecimal digits. */
  readonly sha256: string;
  /** Number of bytes hashed. */
  readonly size: number;
}

/** A source that hashes what is read from it. */
export interface HashingBytes extends Bytes {
  /** The SHA-256 of all bytes that `chunks` yielded so far, in hexadecimal. */
  digest(): string;
  /** How many bytes that were. */
  readonly count: number;
}

/** What is hashed at once: it stays in a CPU's own cache. */
const WINDOW_BYTES = 512 * 1024;
/** Windows after which the event loop runs, and with it Ctrl-C. */
const WINDOWS_BETWEEN = 128;

/** Reads the whole source once and hashes it. */
export async function sha256Of(bytes: Bytes): Promise<Identity> {
  return bytes.readAt === undefined ? streamed(bytes) : sought(bytes);
}

/** Through one window, whatever the length. */
async function sought(bytes: Bytes): Promise<Identity> {
  const hash = createHash('sha256');
  const window = new Uint8Array(WINDOW_BYTES);
  let size = 0;
  for (let windows = 1; ; windows++) {
    const n = await bytes.readAt!(size, window);
    if (n === 0) return { sha256: hash.digest('hex'), size };
    hash.update(n === window.length ? window : window.subarray(0, n));
    size += n;
    if (windows % WINDOWS_BETWEEN === 0) await setImmediate();
  }
}

async function streamed(bytes: Bytes): Promise<Identity> {
  const watched = hashing(bytes);
  const pieces = watched.chunks()[Symbol.asyncIterator]();
  while ((await pieces.next()).done !== true);
  return { sha256: watched.digest(), size: watched.count };
}

/** `bytes` as a stream, hashing what passes by: for a pipe, which cannot be read a second time. */
export function hashing(bytes: Bytes): HashingBytes {
  let hash = createHash('sha256');
  let count = 0;
  return {
    name: bytes.name,
    length: bytes.length,
    readAt: undefined,
    async *chunks() {
      hash = createHash('sha256');
      count = 0;
      for await (const piece of bytes.chunks()) {
        hash.update(piece);
        count += piece.length;
        yield piece;
      }
    },
    digest: () => hash.copy().digest('hex'),
    get count() {
      return count;
    },
    get tear() {
      return bytes.tear;
    },
    close: () => bytes.close(),
  };
}
