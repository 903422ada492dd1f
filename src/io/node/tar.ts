/** The files in a tar archive as sources of their own: how a set of many files, one a task or a CPU, travels. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import { inputError, printable, PtilabError } from '../../errors.ts';
import type { Bytes, Tear } from '../bytes.ts';

/** How many first bytes of a source {@link isTar} looks at. */
export const TAR_HEAD = 512;
const BLOCK = 512;
const MAGIC_AT = 257;
const MAGIC: readonly number[] = [0x75, 0x73, 0x74, 0x61, 0x72]; // ustar
/** Where a header's checksum lies; it is of the header with spaces there. */
const [SUM_AT, SUM_END, SPACE] = [148, 156, 0x20];
/** More than any recording has tasks. */
const MOST_MEMBERS = 100_000;
const PIECE = 256 * 1024;

/** Whether a source begins as archives do that were written since 1988 (ustar, GNU, pax): a text may hold their mark by chance. */
export function isTar(head: Uint8Array): boolean {
  if (head.length < BLOCK || !MAGIC.every((letter, i) => head[MAGIC_AT + i] === letter)) return false;
  const told = parseInt(String.fromCharCode(...head.subarray(SUM_AT, SUM_END)), 8);
  return (
    told === head.subarray(0, BLOCK).reduce((sum, byte, at) => sum + (at >= SUM_AT && at < SUM_END ? SPACE : byte), 0)
  );
}

interface Member {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

/**
 * The files of an archive, in its order; empty ones, folders, links and devices are left out. Nothing is unpacked: each is a range of
 * `archive`, which they share and do not close. Of an archive that breaks off, the last file has the tear.
 *
 * @param archive a source that can seek
 * @throws PtilabError input: there is no file in it, the same twice, or a sparse one; nothing can be read ahead of the first
 */
export async function membersOf(archive: Bytes): Promise<readonly Bytes[]> {
  const where = printable(archive.name);
  const { members, fault, end } = await listed(archive);
  if (fault instanceof PtilabError) throw fault;
  if (members.length === 0)
    throw fault === undefined
      ? inputError('an archive without a file', where, 'name the recording itself')
      : inputError('the archive is damaged ahead of its first file', where, 'copy it again', fault);
  const { length = 0 } = archive;
  const broken: Tear = { byte: Math.min(end, length), reason: 'the archive breaks off or is damaged' };
  const tear = archive.tear ?? (fault === undefined && (await endsAt(archive, end)) ? undefined : broken);
  return members.map((member, i) => rangeOf(archive, member, i === members.length - 1 ? tear : undefined));
}

interface Listing {
  readonly members: readonly Member[];
  readonly fault: unknown;
  /** Behind the last entry that could be read. */
  readonly end: number;
}

/** What is left out: nothing of these is a recording. */
const LEFT_OUT: ReadonlySet<unknown> = new Set([
  'directory',
  'link',
  'symlink',
  'fifo',
  'character-device',
  'block-device',
]);

async function listed(archive: Bytes): Promise<Listing> {
  const members: Member[] = [];
  const names = new Set<string>();
  let end = 0;
  const refused = (what: string, todo: string): Error => inputError(what, printable(archive.name), todo);
  /** Takes an entry; returns why it cannot. */
  const take = ({ name, size, type, pax, byteOffset }: Entry): Error | undefined => {
    const offset = byteOffset ?? 0;
    end = offset + (type === 'directory' ? 0 : BLOCK * Math.ceil(size / BLOCK));
    if (LEFT_OUT.has(type)) return undefined;
    const isSparse = Object.keys(pax ?? {}).some((key) => key.startsWith('GNU.sparse.'));
    if (isSparse || (type !== 'file' && type !== 'contiguous-file'))
      return refused(`a file in the archive that is sparse, or of a kind of its own: ${printable(name)}`, 'unpack it');
    if (size === 0) return undefined;
    if (names.has(name))
      return refused(`the same file twice in the archive: ${printable(name)}`, 'unpack it, and name the files');
    if (members.length === MOST_MEMBERS) return refused(`an archive of more than ${MOST_MEMBERS} files`, 'unpack it');
    names.add(name);
    members.push({ name, offset, size });
    return undefined;
  };
  const headers = extract();
  headers.on('entry', (entry: Entry, content, next) => {
    content.on('error', () => undefined); // the pipeline has it too
    const refusal = take(entry);
    if (refusal) {
      next(refusal);
      return;
    }
    content.on('end', () => next());
    content.resume();
  });
  try {
    await pipeline(Readable.from(archive.chunks()), headers);
    return { members, fault: undefined, end };
  } catch (fault) {
    return { members, fault, end };
  }
}

/** An entry's header; its types lack where the content begins. */
type Entry = Header & { readonly byteOffset?: number };

/** Whether the mark of an archive's end, a block of zeros, stands where its last entry ends. */
async function endsAt(archive: Bytes, end: number): Promise<boolean> {
  const block = new Uint8Array(BLOCK);
  return (await archive.readAt!(end, block)) === BLOCK && block.every((byte) => byte === 0);
}

function rangeOf(archive: Bytes, { name, offset, size }: Member, tear: Tear | undefined): Bytes {
  const length = Math.max(0, Math.min(size, (archive.length ?? 0) - offset));
  const readAt = (from: number, into: Uint8Array): number | Promise<number> =>
    archive.readAt!(offset + from, into.subarray(0, Math.max(0, length - from)));
  return {
    name: `${archive.name}:${name}`,
    length,
    readAt,
    async *chunks() {
      for (let at = 0; at < length;) {
        const piece = new Uint8Array(Math.min(PIECE, length - at));
        const got = await readAt(at, piece);
        if (got === 0) return;
        at += got;
        yield piece.subarray(0, got);
      }
    },
    tear,
    close: () => Promise.resolve(),
  };
}
