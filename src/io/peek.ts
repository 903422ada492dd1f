import type { Bytes } from './bytes.ts';

/** The beginning of a source, and the source with nothing lost. */
export interface Peeked {
  /** The first bytes; fewer than asked for only where the source is shorter. */
  readonly head: Uint8Array;
  /** Use this in place of the source that was peeked at. */
  readonly bytes: Bytes;
}

/** Looks at the first `n` bytes of any source. One that cannot seek is begun; the result yields those pieces again. */
export async function peek(bytes: Bytes, n: number): Promise<Peeked> {
  return bytes.readAt === undefined ? peekPipe(bytes, n) : { head: await headOf(bytes.readAt.bind(bytes), n), bytes };
}

async function headOf(readAt: NonNullable<Bytes['readAt']>, n: number): Promise<Uint8Array> {
  const head = new Uint8Array(n);
  let filled = 0;
  while (filled < n) {
    const got = await readAt(filled, head.subarray(filled));
    if (got === 0) break;
    filled += got;
  }
  return head.subarray(0, filled);
}

async function peekPipe(bytes: Bytes, n: number): Promise<Peeked> {
  const rest = bytes.chunks()[Symbol.asyncIterator]();
  const seen: Uint8Array[] = [];
  let count = 0;
  while (count < n) {
    const step = await rest.next();
    if (step.done === true) break;
    seen.push(step.value);
    count += step.value.length;
  }
  return { head: joined(seen, Math.min(n, count)), bytes: resumed(bytes, seen, rest) };
}

/** `bytes` with its begun iteration `rest`, starting over at the pieces already `seen`. */
function resumed(bytes: Bytes, seen: Uint8Array[], rest: AsyncIterator<Uint8Array>): Bytes {
  return {
    name: bytes.name,
    length: bytes.length,
    readAt: undefined,
    async *chunks() {
      try {
        for (let piece = seen.shift(); piece !== undefined; piece = seen.shift()) yield piece;
        for (let step = await rest.next(); step.done !== true; step = await rest.next()) yield step.value;
      } finally {
        await rest.return?.();
      }
    },
    get tear() {
      return bytes.tear;
    },
    async close() {
      await rest.return?.();
      await bytes.close();
    },
  };
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece.subarray(0, length - at), at);
    at += Math.min(piece.length, length - at);
  }
  return all;
}
