/** A compression that `decompressed` undoes. */
export type CodecId = 'gzip' | 'zstd' | 'xz' | 'lz4';

interface Codec<Id extends string> {
  readonly id: Id;
  readonly sniff: (head: Uint8Array) => boolean;
}

/** A compression we only recognise, and the shell command that undoes it. */
export interface ForeignCodec extends Codec<string> {
  readonly undo: string;
}

/** The longest head any `sniff` looks at, in bytes. */
export const CODEC_HEAD = 10;

/** A new codec is one line here and one decoder in the table of `node/decompress.ts`. */
const CODECS: readonly Codec<CodecId>[] = [
  { id: 'gzip', sniff: startsWith(0x1f, 0x8b) },
  { id: 'zstd', sniff: (head) => startsWith(0x28, 0xb5, 0x2f, 0xfd)(head) || startsWithSkippableFrame(head) },
  { id: 'xz', sniff: startsWith(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00) },
  { id: 'lz4', sniff: startsWith(0x04, 0x22, 0x4d, 0x18) },
];

/** Names of the compressions that are undone. */
export const CODEC_IDS: readonly CodecId[] = CODECS.map(({ id }) => id);

const FOREIGN: readonly ForeignCodec[] = [
  { id: 'lz4 in its legacy format', sniff: startsWith(0x02, 0x21, 0x4c, 0x18), undo: 'lz4 -dc' },
  {
    id: 'bzip2',
    sniff: (head) => startsWith(0x42, 0x5a, 0x68)(head) && startsWithPi(head.subarray(4)),
    undo: 'bzip2 -dc',
  },
  { id: 'zip', sniff: startsWith(0x50, 0x4b, 0x03, 0x04), undo: 'unzip -p' },
];

/** Which codec the first bytes of a source show; undefined for anything that is not compressed in a way we undo. */
export function codecOf(head: Uint8Array): CodecId | undefined {
  return CODECS.find((codec) => codec.sniff(head))?.id;
}

/** Which compression that we do not undo the first bytes of a source show, for an error that says what to do. */
export function foreignCodecOf(head: Uint8Array): ForeignCodec | undefined {
  return FOREIGN.find((codec) => codec.sniff(head));
}

function startsWith(...magic: readonly number[]): (head: Uint8Array) => boolean {
  return (head) => magic.every((byte, at) => head[at] === byte);
}

/** Magic 0x184D2A50 to 0x184D2A5F, little-endian; pzstd begins its files with one. */
function startsWithSkippableFrame(head: Uint8Array): boolean {
  return (head[0] & 0xf0) === 0x50 && startsWith(0x2a, 0x4d, 0x18)(head.subarray(1));
}

/** `BZh` alone is too likely in text; the first block's magic is the digits of pi. */
function startsWithPi(head: Uint8Array): boolean {
  return startsWith(0x31, 0x41, 0x59, 0x26, 0x53, 0x59)(head);
}
