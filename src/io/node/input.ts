import { inputError, printable } from '../../errors.ts';
import type { Bytes } from '../bytes.ts';
import { CODEC_HEAD, codecOf, foreignCodecOf, type CodecId } from '../codecs.ts';
import { peek } from '../peek.ts';
import { decompressed } from './decompress.ts';
import { isDirectory, openDirectory } from './directory.ts';
import { openFile, standardInput } from './file.ts';
import { hashing, sha256Of, type Identity } from './hash.ts';
import { isTar, TAR_HEAD } from './tar.ts';

/** What a user named, decompressed. */
export interface Input extends Bytes {
  /** How it was compressed. */
  readonly codec: CodecId | undefined;
  /** It is a regular file, which can be read again by its name. */
  readonly isFile: boolean;
  /** It is not a recording but an archive of files: `membersOf` has them. */
  readonly isArchive: boolean;
  /**
   * Identifies the file as the user has it, that is compressed. A file is hashed now, in one pass over its stored bytes; of a
   * pipe, what was read so far is, so ask when `chunks` ended.
   */
  identity(): Promise<Identity>;
}

/**
 * Opens what a user named: a path (of a file, or of a folder that perf recorded into), or `-` for standard input. Decompresses it if its first bytes say so, whatever its name.
 *
 * @throws PtilabError input: cannot be opened, or compressed in a way we do not undo
 */
export async function openInput(path: string): Promise<Input> {
  const isStandardInput = path === '-' || path === '/dev/stdin'; // the latter cannot be opened where it is a socket
  const stored = isStandardInput
    ? standardInput()
    : (await isDirectory(path))
      ? await openDirectory(path)
      : await openFile(path);
  try {
    return await inputOf(stored);
  } catch (error) {
    await stored.close();
    throw error;
  }
}

/**
 * A source as it is stored, decompressed if its first bytes say so.
 *
 * @throws PtilabError input: compressed in a way we do not undo
 */
export async function inputOf(stored: Bytes): Promise<Input> {
  const passing = stored.readAt === undefined ? hashing(stored) : undefined;
  const { head, bytes } = await peek(passing ?? stored, CODEC_HEAD);
  refuseForeign(head, stored.name);
  const codec = codecOf(head);
  const { head: start, bytes: content } = await peek(
    codec === undefined ? bytes : decompressed(bytes, codec),
    TAR_HEAD,
  );
  return {
    name: content.name,
    length: content.length,
    readAt: content.readAt,
    chunks: () => content.chunks(),
    get tear() {
      return content.tear;
    },
    close: () => content.close(),
    codec,
    parts: content.parts,
    isArchive: isTar(start),
    isFile: passing === undefined && stored.parts === undefined,
    identity: async () =>
      passing === undefined ? sha256Of(stored) : { sha256: passing.digest(), size: passing.count },
  };
}

function refuseForeign(head: Uint8Array, name: string): void {
  const foreign = foreignCodecOf(head);
  if (foreign === undefined) return;
  const file = name === '-' ? '' : `${printable(name)} `;
  throw inputError(`compressed with ${foreign.id}`, printable(name), `pipe it: ${foreign.undo} ${file}| ptilab ... -`);
}
