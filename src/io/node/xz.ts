import { assert, inputError, printable } from '../../errors.ts';
import type { Decode } from '../decode.ts';

/*
 * The decoder is XZ Embedded as WebAssembly, out of the npm package `xz-decompress`, driven piece by piece. The package's own stream lets one
 * file be decoded at a time in a process, does not tell where a file broke off, and drops what it had decoded of the piece that broke.
 */

/** What the package's WebAssembly offers. */
interface XzExports {
  readonly memory: WebAssembly.Memory;
  readonly create_context: () => number;
  readonly destroy_context: (context: number) => void;
  readonly supply_input: (context: number, length: number) => void;
  readonly get_next_output: (context: number) => number;
}

/** Not in its types: pinned by the exact version. */
interface XzStreams {
  _moduleInstance?: { readonly exports: WebAssembly.Exports };
  readonly _getModuleInstance: () => Promise<void>;
}

/** Fields of a context, in words of 32 bits. */
const Field = { room: 0, input: 1, inputAt: 2, inputSize: 3, output: 4, outputAt: 5 } as const;
const FIELDS = 6;

/** `enum xz_ret` of XZ Embedded. */
const Code = { ok: 0, streamEnd: 1, memory: 3, limit: 4, format: 5, options: 6, data: 7, truncated: 8 } as const;

/**
 * Decodes .xz: streams one after another, with padding between or behind them, and blocks that several threads made. What comes before a tear is
 * yielded, up to the last byte that could be decoded.
 *
 * @throws PtilabError input: a filter or a check that the decoder does not know, a window for which there is no memory
 */
export const unxz: Decode = async function* (input, name) {
  const exports = await instantiated();
  const decoder = decoderIn(exports);
  let consumed = 0;
  try {
    for await (const piece of input) {
      for (let at = 0; at < piece.length;) {
        const fed = decoder.feed(piece.subarray(at));
        for (let more = true; more;) {
          const { code, output, isFull } = decoder.step();
          if (output.length > 0) yield output;
          if (code !== Code.ok) return { byte: consumed + decoder.taken(), reason: refuseOrTell(code, name) };
          more = isFull || decoder.taken() < fed;
        }
        at += fed;
        consumed += fed;
      }
    }
    // Another stream could follow, so that only the end of the input tells a whole one.
    decoder.feed(new Uint8Array(0));
    const { code, output } = decoder.step();
    if (output.length > 0) yield output;
    return code === Code.streamEnd ? undefined : { byte: consumed, reason: refuseOrTell(code, name) };
  } finally {
    decoder.close();
  }
};

function refuseOrTell(code: number, name: string): string {
  const pipe = `xz -dc ${name === '-' ? '' : `${printable(name)} `}| ptilab ... -`;
  switch (code) {
    case Code.options:
      throw inputError('xz with a filter or a check that is not known here', printable(name), `pipe it: ${pipe}`);
    case Code.memory:
    case Code.limit:
      throw inputError('not enough memory for the xz window', printable(name), `free some, or: ${pipe}`);
    case Code.format:
      return 'what follows is not an xz stream';
    case Code.ok:
    case Code.truncated:
      return 'it ends in the middle of an xz stream';
    default:
      return 'the xz data is corrupt';
  }
}

/** One context, which has room for a piece of input and one of output in the memory of the module. */
function decoderIn(wasm: XzExports) {
  const context = wasm.create_context();
  const fields = () => new Uint32Array(wasm.memory.buffer, context, FIELDS); // made anew: growing the memory detaches old views
  return {
    /** Takes the next bytes of `piece`; returns how many. */
    feed(piece: Uint8Array): number {
      const taken = piece.subarray(0, fields()[Field.room]);
      new Uint8Array(wasm.memory.buffer).set(taken, fields()[Field.input]);
      wasm.supply_input(context, taken.length);
      return taken.length;
    },
    step() {
      const code = wasm.get_next_output(context);
      const now = fields();
      const length = now[Field.outputAt];
      const output = new Uint8Array(wasm.memory.buffer).slice(now[Field.output], now[Field.output] + length);
      now[Field.outputAt] = 0;
      return { code, output, isFull: length === now[Field.room] };
    },
    /** How much of what was fed is used up. */
    taken: () => fields()[Field.inputAt],
    close: () => wasm.destroy_context(context),
  };
}

/** The module, instantiated once: its contexts share its memory. */
async function instantiated(): Promise<XzExports> {
  const { XzReadableStream: streams } = (await import('xz-decompress')).default;
  const inside = streams as unknown as XzStreams;
  if (!inside._moduleInstance) await inside._getModuleInstance();
  assert(inside._moduleInstance !== undefined, 'xz-decompress instantiates its module');
  return inside._moduleInstance.exports as unknown as XzExports;
}
