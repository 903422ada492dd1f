import type { Bytes, Tear } from '../bytes.ts';
import type { CodecId } from '../codecs.ts';
import { cutTo, refuseBomb, type Decode } from '../decode.ts';
import { unzstd } from '../zstd.ts';
import { gunzip } from './gunzip.ts';
import { unlz4 } from './lz4.ts';
import { unxz } from './xz.ts';

const DECODERS: Readonly<Record<CodecId, Decode>> = { gzip: gunzip, zstd: unzstd, xz: unxz, lz4: unlz4 };

/** Input goes to the decoder in pieces this small, so that output is set against the input that made it. */
const PIECE = 64 * 1024;

/**
 * The content of a compressed source, decoded as it is read. A source that broke off yields what came before and then has its
 * `tear`, at a byte of the compressed file.
 *
 * `chunks` throws PtilabError input: content that only a bomb has, a zstd window that does not fit.
 */
export function decompressed(bytes: Bytes, codec: CodecId): Bytes {
  let tear: Tear | undefined;
  return {
    name: bytes.name,
    length: undefined,
    readAt: undefined,
    async *chunks() {
      tear = undefined;
      tear = yield* decoded(bytes, DECODERS[codec]);
    },
    get tear() {
      return tear;
    },
    close: () => bytes.close(),
  };
}

async function* decoded(bytes: Bytes, decode: Decode): AsyncGenerator<Uint8Array, Tear | undefined, undefined> {
  let consumed = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const piece of cutTo(PIECE, bytes.chunks())) {
      consumed += piece.length;
      yield piece;
    }
  }
  const output = decode(counted(), bytes.name);
  try {
    let produced = 0;
    for (;;) {
      const step = await output.next();
      if (step.done === true) return step.value;
      produced += step.value.length;
      refuseBomb(bytes.name, consumed, produced);
      yield step.value;
    }
  } finally {
    await output.return(undefined);
  }
}
