import { ZSTDDecoder } from 'zstddec/stream';
import { assert, inputError, printable } from '../errors.ts';
import type { Tear } from './bytes.ts';
import type { Decode } from './decode.ts';

/*
 * The decoder is zstd's own C code as WebAssembly, out of the npm package `zstddec`, driven block by block. The package's
 * `decodeStreaming` ignores error codes and never ends on a corrupt file; `node:zlib` (Node >= 22.15) drops every frame after
 * the first one of a write (nodejs/node#64741) and, in our loop, is the slower of the two.
 */

interface ZstdExports {
  readonly memory: WebAssembly.Memory;
  readonly malloc: (size: number) => number;
  readonly ZSTD_createDCtx: () => number;
  readonly ZSTD_decompressStream: (context: number, output: number, input: number) => number;
  readonly ZSTD_DStreamInSize: () => number;
  readonly ZSTD_DStreamOutSize: () => number;
}

/** The bytes `ZSTD_decompressStream` wants first: the shortest frame header. */
const FRAME_START = 5;
/** What it asks for includes the header of the next block; that comes by itself, lest it take the block before with it. */
const BLOCK_HEADER = 3;

/** From zstd_errors.h: stable numbers; `ZSTD_decompressStream` returns them negated. */
const ERRORS: ReadonlyMap<number, string> = new Map([
  [10, 'what follows is not a zstd frame'],
  [14, 'the frame header is corrupt'],
  [20, 'a compressed block is corrupt'],
  [22, 'the checksum of the frame is wrong: a byte somewhere in it was changed'],
  [70, 'a compressed block is corrupt'],
]);
const WINDOW_TOO_LARGE = 16;
const DICTIONARY_WRONG = 32;
const OUT_OF_MEMORY = 64;
/** `ZSTD_isError`: a size_t in the last few values of its range. */
const isError = (code: number): boolean => code < 0 && code > -120;

/**
 * Decodes zstd: frames one after another, skippable frames, unknown content sizes, windows up to 128 MiB. Every block before
 * a tear is yielded.
 *
 * @throws PtilabError input: a frame needs a larger window or a dictionary
 */
export const unzstd: Decode = async function* (input, name) {
  const zstd = await openZstd(name);
  for await (const piece of input) {
    const tear = yield* zstd.decode(piece);
    if (tear) return tear;
  }
  return zstd.end();
};

/** One stream of zstd, fed piece by piece. */
export interface ZstdStream {
  /** What the next bytes of the stream decode to: all of it, where the encoder flushed behind them. Returns where the stream is broken. */
  decode(piece: Uint8Array): Generator<Uint8Array, Tear | undefined, undefined>;
  /** Where the stream broke off, if the last piece was not its end. */
  end(): Tear | undefined;
}

/** As {@link unzstd}, for a stream that comes between other things. */
export async function openZstd(name: string): Promise<ZstdStream> {
  const zstd = openStream(
    (await WebAssembly.instantiate(await zstdModule(), imports())).exports as unknown as ZstdExports,
  );
  let consumed = 0;
  return {
    *decode(piece) {
      for (let at = 0; at < piece.length;) {
        const fed = zstd.feed(piece.subarray(at));
        // More output than fits its buffer comes in several calls; the input of all of them is one block at most.
        for (let more = true; more;) {
          const code = zstd.step();
          if (isError(code)) return { byte: consumed, reason: refuseOrTell(-code, name) };
          const output = zstd.output();
          more = !zstd.drained() || (output.full && code !== 0); // at 0 the frame is over: one more call would begin another
          if (output.bytes.length > 0) yield output.bytes;
        }
        at += fed;
        consumed += fed;
      }
      return undefined;
    },
    end: () => (zstd.insideFrame() ? { byte: consumed, reason: 'it ends in the middle of a zstd frame' } : undefined),
  };
}

function refuseOrTell(code: number, name: string): string {
  const pipe = `zstd -dc --long=31 ${name === '-' ? '' : `${printable(name)} `}| ptilab ... -`;
  switch (code) {
    case WINDOW_TOO_LARGE:
      throw inputError('zstd window above 128 MiB', printable(name), `compress it without --long, or: ${pipe}`);
    case DICTIONARY_WRONG:
      throw inputError('zstd frame needs a dictionary', printable(name), 'compress it without -D');
    case OUT_OF_MEMORY:
      throw inputError('not enough memory for the zstd window', printable(name), `free some, or: ${pipe}`);
    default:
      return ERRORS.get(code) ?? `the compressed data is corrupt (zstd error ${code})`;
  }
}

/** One decompression context, and the two C structs `{pointer, size, position}` through which it takes input and gives output. */
function openStream(wasm: ZstdExports) {
  const context = wasm.ZSTD_createDCtx();
  const inputRoom = wasm.ZSTD_DStreamInSize();
  const outputRoom = wasm.ZSTD_DStreamOutSize();
  const inputAt = wasm.malloc(inputRoom);
  const outputAt = wasm.malloc(outputRoom);
  const structs = wasm.malloc(24);
  const fields = () => new Uint32Array(wasm.memory.buffer, structs, 6); // made anew: growing the memory detaches old views
  /** How many bytes the decoder asks for next, which ends at a block's end; 0 between frames. */
  let wanted = 0;
  let begun = false;

  return {
    /** Takes the next bytes of `piece`, no more than end the current block, so that an error takes no earlier block with it. */
    feed(piece: Uint8Array): number {
      const whole = wanted === 0 ? FRAME_START : wanted > BLOCK_HEADER ? wanted - BLOCK_HEADER : wanted;
      const taken = piece.subarray(0, Math.min(whole, inputRoom));
      new Uint8Array(wasm.memory.buffer).set(taken, inputAt);
      fields().set([inputAt, taken.length, 0]);
      begun = true;
      return taken.length;
    },
    step(): number {
      fields().set([outputAt, outputRoom, 0], 3);
      const code = wasm.ZSTD_decompressStream(context, structs + 12, structs);
      wanted = code >>> 0;
      return code;
    },
    output() {
      const written = fields()[5];
      const bytes = new Uint8Array(wasm.memory.buffer).slice(outputAt, outputAt + written);
      return { bytes, full: written === outputRoom };
    },
    drained: () => fields()[2] === fields()[1],
    insideFrame: () => begun && wanted !== 0,
  };
}

/** Compiled once: the package gives its module to the first `init` only, so nothing else may import `zstddec`. */
const zstdModule = once(async (): Promise<WebAssembly.Module> => {
  let module: WebAssembly.Module | undefined;
  const decoder = new ZSTDDecoder();
  const init = decoder._init.bind(decoder);
  decoder._init = (result) => {
    module = result.module;
    init(result);
  };
  await decoder.init();
  assert(module !== undefined, 'zstddec was initialised by somebody else');
  return module;
});

const imports = () => ({ env: { emscripten_notify_memory_growth: () => undefined } });

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
