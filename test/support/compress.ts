/** Compressed forms of bytes; the encoder of zstd is the one that stores. */
export { gzipSync } from 'node:zlib';

/** Most bytes of one block. */
const BLOCK = 128 * 1024;

/** A zstd frame of raw blocks: valid for every decoder, and no smaller than its content. */
export function zstdOf(data: Uint8Array): Uint8Array {
  const header = Buffer.alloc(9);
  header.writeUInt32LE(0xfd2f_b528, 0);
  header[4] = 0xa0; // one segment, four bytes of content size, no checksum
  header.writeUInt32LE(data.length, 5);
  const pieces: Uint8Array[] = [header];
  for (let at = 0; at === 0 || at < data.length; at += BLOCK) {
    const content = data.subarray(at, at + BLOCK);
    const last = at + BLOCK >= data.length ? 1 : 0;
    const block = Buffer.alloc(3);
    block.writeUIntLE((content.length << 3) | last, 0, 3);
    pieces.push(block, content);
  }
  return new Uint8Array(Buffer.concat(pieces));
}

/** A zstd frame of `blocks` times 128 KiB of one byte, each in four bytes. */
export function zstdBomb(byte: number, blocks: number): Uint8Array {
  // Magic; no content size, no checksum; a window of 128 KiB.
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38]);
  const block = Buffer.alloc(4);
  block.writeUIntLE((BLOCK << 3) | (1 << 1), 0, 3);
  block[3] = byte;
  return new Uint8Array(Buffer.concat([header, ...Array.from({ length: blocks }, () => block)]));
}
