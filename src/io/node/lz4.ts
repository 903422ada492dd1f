import { inputError, printable } from '../../errors.ts';
import type { Decode } from '../decode.ts';
import { cursorOver, type Cursor } from './cursor.ts';

/*
 * The frames of an LZ4 file are taken apart here, and only their blocks go to a library: none on npm decodes frames as a stream without building
 * native code when it is installed. Format: lz4_Frame_format.md of the LZ4 project, version 1.6.4.
 */

const [MAGIC, LEGACY_MAGIC] = [0x184d_2204, 0x184c_2102];
const isSkippable = (magic: number): boolean => magic >>> 4 === 0x184d_2a5;
/** Of a frame, by the code in its header: 64 KiB, 256 KiB, 1 MiB, 4 MiB. */
const blockBytesOf = (code: number): number | undefined => (code < 4 ? undefined : 1 << (8 + 2 * code));
/** Blocks of one frame may refer to so much of what came before them. */
const WINDOW = 64 * 1024;
/** Of a block's size: it is stored as it is. */
const STORED = 0x8000_0000;
const CUT = 'it ends in the middle of an lz4 frame';

/**
 * Decodes .lz4: frames one after another, skippable ones among them. Every block before a tear is yielded; the checksums of headers, blocks and
 * content are compared where there are any.
 *
 * @throws PtilabError input: a frame needs a dictionary, or is of the legacy format; the library has no build for this machine
 */
export const unlz4: Decode = async function* (input, name) {
  const library = await libraryFor(name);
  const cursor = cursorOver(input);
  try {
    for (;;) {
      const start = cursor.consumed;
      if ((await cursor.peek()).length === 0) return undefined;
      const magic = await word(cursor);
      if (magic === LEGACY_MAGIC) throw refusal('lz4 in its legacy format', name);
      if (magic !== undefined && magic !== MAGIC && !isSkippable(magic))
        return { byte: start, reason: 'what follows is not an lz4 frame' };
      const broken =
        magic === undefined ? CUT : magic === MAGIC ? yield* frame(cursor, library, name) : await skipFrame(cursor);
      if (broken !== undefined) return { byte: cursor.consumed, reason: broken };
    }
  } finally {
    await cursor.close();
  }
};

interface Library {
  /** A block of at most `most` bytes, which may refer to `before`. Throws where it is corrupt. */
  readonly blockOf: (stored: Uint8Array, most: number, before: Uint8Array) => Uint8Array;
  readonly hash: (bytes: Uint8Array) => number;
  readonly hashing: () => { update(bytes: Uint8Array): unknown; digest(): number };
}

async function libraryFor(name: string): Promise<Library> {
  const { default: xxhash } = await import('xxhash-wasm');
  const [hasher, { uncompressSync }] = await Promise.all([
    xxhash(),
    import('lz4-napi').catch((error: unknown) => {
      throw refusal('compressed with lz4, and the decoder has no build for this machine', name, error);
    }),
  ]);
  return {
    blockOf(stored, most, before) {
      // The library wants the size of the content ahead of a block; the most it may be does as well.
      const sized = Buffer.alloc(4 + stored.length);
      sized.writeUInt32LE(most, 0);
      sized.set(stored, 4);
      return before.length === 0 ? uncompressSync(sized) : uncompressSync(sized, before);
    },
    hash: (bytes) => hasher.h32Raw(bytes),
    hashing: () => hasher.create32(),
  };
}

function refusal(what: string, name: string, cause?: unknown): Error {
  return inputError(
    what,
    printable(name),
    `pipe it: lz4 -dc ${name === '-' ? '' : `${printable(name)} `}| ptilab ... -`,
    cause,
  );
}

/** A frame behind its magic. Returns what is wrong with it. */
async function* frame(
  cursor: Cursor,
  library: Library,
  name: string,
): AsyncGenerator<Uint8Array, string | undefined, undefined> {
  const start = await cursor.exactly(2);
  if (!start) return CUT;
  const [flags, sizes] = start;
  const [linked, blockSums, hasSize, contentSum, hasDictionary] = [
    (flags & 0x20) === 0,
    (flags & 0x10) !== 0,
    (flags & 0x08) !== 0,
    (flags & 0x04) !== 0,
    (flags & 0x01) !== 0,
  ];
  const rest = await cursor.exactly((hasSize ? 8 : 0) + (hasDictionary ? 4 : 0));
  const sum = await cursor.exactly(1);
  if (!rest || !sum) return CUT;
  const most = blockBytesOf((sizes >> 4) & 7);
  const isGood = ((library.hash(Buffer.concat([start, rest])) >>> 8) & 0xff) === sum[0];
  if (!isGood || flags >> 6 !== 1 || most === undefined) return 'the header of an lz4 frame is corrupt';
  if (hasDictionary) throw refusal('lz4 frame needs a dictionary', name);
  const content = library.hashing();
  let before: Uint8Array = new Uint8Array(0);
  for (;;) {
    const size = await word(cursor);
    if (size === undefined) return CUT;
    if (size === 0) break;
    const length = size % STORED;
    if (length > most) return 'the size of an lz4 block is corrupt';
    const stored = await cursor.exactly(length);
    const blockSum = blockSums ? await word(cursor) : 0;
    if (!stored || blockSum === undefined) return CUT;
    if (blockSums && library.hash(stored) !== blockSum) return 'the checksum of an lz4 block is wrong';
    const block = size >= STORED ? stored : decoded(library, stored, most, before);
    if (!block) return 'an lz4 block is corrupt';
    content.update(block);
    yield block;
    if (linked) before = lastOf(before, block);
  }
  const told = contentSum ? await word(cursor) : undefined;
  if (!contentSum) return undefined;
  if (told === undefined) return CUT;
  return content.digest() === told
    ? undefined
    : 'the checksum of an lz4 frame is wrong: a byte somewhere in it was changed';
}

function decoded(library: Library, stored: Uint8Array, most: number, before: Uint8Array): Uint8Array | undefined {
  try {
    return library.blockOf(stored, most, before);
  } catch {
    // It says no more than that it cannot be decoded.
    return undefined;
  }
}

/** The end of what came so far, as much as blocks may refer to. */
function lastOf(before: Uint8Array, block: Uint8Array): Uint8Array {
  if (block.length >= WINDOW) return block.slice(block.length - WINDOW);
  const kept = before.subarray(Math.max(0, before.length + block.length - WINDOW));
  return new Uint8Array(Buffer.concat([kept, block]));
}

async function skipFrame(cursor: Cursor): Promise<string | undefined> {
  let left = await word(cursor);
  if (left === undefined) return CUT;
  while (left > 0) {
    const piece = await cursor.peek();
    if (piece.length === 0) return CUT;
    const taken = Math.min(piece.length, left);
    cursor.take(taken);
    left -= taken;
  }
  return undefined;
}

async function word(cursor: Cursor): Promise<number | undefined> {
  const bytes = await cursor.exactly(4);
  return bytes && new DataView(bytes.buffer).getUint32(0, true);
}
