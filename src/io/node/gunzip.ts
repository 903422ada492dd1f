import { crc32, createInflateRaw, type InflateRaw } from 'node:zlib';
import type { Decode } from '../decode.ts';
import { cursorOver, type Cursor } from './cursor.ts';

/*
 * The members of a gzip file are framed here and only their deflate streams go to zlib: `createGunzip` throws away the end of a
 * member when what follows it is broken, and does not tell trailing garbage from a broken member.
 */

/** Output is taken from zlib in pieces of this many bytes. Where deflate data is corrupt, at most this much before it is lost. */
const OUTPUT_ROOM = 64 * 1024;

/** Decodes gzip: members one after another; garbage after the last one is ignored, as `gunzip` does. */
export const gunzip: Decode = async function* (input) {
  const cursor = cursorOver(input);
  try {
    for (let members = 0; ; members++) {
      const first = await cursor.exactly(1);
      const second = first?.[0] === 0x1f ? await cursor.exactly(1) : undefined;
      if (second?.[0] !== 0x8b && members > 0) return undefined;
      const reason = (await skipHeader(cursor)) ?? (yield* inflateMember(cursor));
      if (reason !== undefined) return { byte: cursor.consumed, reason };
    }
  } finally {
    await cursor.close();
  }
};

const CUT = 'it ends in the middle of a gzip member';

/** RFC 1952, after the two bytes of magic. Returns why the header cannot be read. */
async function skipHeader(cursor: Cursor): Promise<string | undefined> {
  const fixed = await cursor.exactly(8);
  if (fixed === undefined) return CUT;
  const [method, flags] = fixed;
  if (method !== 8 || (flags & 0xe0) !== 0) return 'the header of a gzip member is corrupt';
  if ((flags & 4) !== 0) {
    const size = await cursor.exactly(2);
    if (size === undefined || (await cursor.exactly(size[0] | (size[1] << 8))) === undefined) return CUT;
  }
  for (const zeroTerminated of [8, 16]) {
    if ((flags & zeroTerminated) === 0) continue;
    for (let byte = await cursor.exactly(1); byte?.[0] !== 0; byte = await cursor.exactly(1)) {
      if (byte === undefined) return CUT;
    }
  }
  if ((flags & 2) !== 0 && (await cursor.exactly(2)) === undefined) return CUT;
  return undefined;
}

/** Yields one member's content and takes its trailer. Returns what is wrong with it. */
async function* inflateMember(cursor: Cursor): AsyncGenerator<Uint8Array, string | undefined, undefined> {
  const inflater = startInflate();
  let checksum = 0;
  let length = 0;
  try {
    while (!inflater.ended()) {
      const piece = await cursor.peek();
      if (piece.length === 0) return CUT;
      const taken = await inflater.push(piece);
      cursor.take(taken);
      for (const output of inflater.outputs()) {
        checksum = crc32(output, checksum);
        length = (length + output.length) >>> 0;
        yield output;
      }
      if (inflater.failed()) return 'the deflate data is corrupt';
    }
  } finally {
    inflater.destroy();
  }
  const trailer = await cursor.exactly(8);
  if (trailer === undefined) return CUT;
  const stored = new DataView(trailer.buffer);
  const good = stored.getUint32(0, true) === checksum && stored.getUint32(4, true) === length;
  return good ? undefined : 'the checksum of a gzip member is wrong: a byte somewhere in it was changed';
}

/** zlib's raw inflate, one piece at a time, without losing what it put out before an error. */
function startInflate() {
  const stream: InflateRaw = createInflateRaw({ chunkSize: OUTPUT_ROOM });
  const outputs: Uint8Array[] = [];
  let state: 'open' | 'ended' | 'failed' = 'open';
  let settle: () => void = () => undefined;
  stream.on('data', (output: Uint8Array) => outputs.push(output));
  stream.on('end', () => {
    state = 'ended';
    settle();
  });
  stream.on('error', () => {
    state = 'failed';
    settle();
  });
  return {
    /** Resolves to how many bytes of `piece` belong to the deflate stream. */
    async push(piece: Uint8Array): Promise<number> {
      const before = stream.bytesWritten;
      await new Promise<void>((resolve) => {
        settle = resolve;
        stream.write(piece, () => resolve());
      });
      return stream.bytesWritten - before;
    },
    outputs: () => outputs.splice(0),
    ended: () => state === 'ended',
    failed: () => state === 'failed',
    destroy: () => void stream.destroy(),
  };
}
