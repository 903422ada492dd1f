/** The files in a tar archive as sources of their own: how a set of many files, one a task or a CPU, travels. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import { inputError, printable, PtilabError } from '../../errors.ts';
import type { Bytes, Tear } from '../bytes.ts';

/** How many first bytes of a source {@link isTar} looks at. */
export const TAR_HEAD = 262;
const MAGIC_AT = 257;
const MAGIC: readonly number[] = [0x75, 0x73, 0x74, 0x61, 0x72]; // ustar
/** More than any recording has tasks. */
const MOST_MEMBERS = 100_000;
const PIECE = 256 * 1024;

/** Whether a source begins as archives do that were written since 1988 (ustar, GNU, pax). */
export const isTar = (head: Uint8Array): boolean => MAGIC.every((letter, i) => head[MAGIC_AT + i] === letter);

interface Member {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

/**
 * The files of an archive, in its order; empty ones, folders and links are left out. Nothing is unpacked: each is a range of
 * `archive`, which they share and do not close. Of an archive that breaks off, the last file has the tear.
 *
 * @param archive a source that can seek
 * @throws PtilabError input: there is no file in it, or nothing can be read ahead of the first
 */
export async function membersOf(archive: Bytes): Promise<readonly Bytes[]> {
  const where = printable(archive.name);
  const { members, fault } = await listed(archive);
  if (fault instanceof PtilabError) throw fault;
  if (members.length === 0)
    throw fault === undefined
      ? inputError('an archive without a file', where, 'name the recording itself')
      : inputError('the archive is damaged ahead of its first file', where, 'copy it again', fault);
  const { length = 0 } = archive;
  const tear: Tear | undefined =
    archive.tear ??
    (fault === undefined ? undefined : { byte: length, reason: 'the archive breaks off or is damaged' });
  return members.map((member, i) => rangeOf(archive, member, i === members.length - 1 ? tear : undefined));
}

async function listed(archive: Bytes): Promise<{ readonly members: readonly Member[]; readonly fault: unknown }> {
  const members: Member[] = [];
  const headers = extract();
  // Its types lack where the content begins.
  headers.on('entry', ({ name, size, type, byteOffset }: Header & { byteOffset?: number }, content, next) => {
    if (members.length === MOST_MEMBERS) {
      next(inputError(`an archive of more than ${MOST_MEMBERS} files`, printable(archive.name), 'unpack it'));
      return;
    }
    if ((type === 'file' || type === 'contiguous-file') && size > 0 && byteOffset !== undefined)
      members.push({ name, offset: byteOffset, size });
    content.on('end', () => next());
    content.on('error', (error) => next(error)); // the pipeline has it too
    content.resume();
  });
  try {
    await pipeline(Readable.from(archive.chunks()), headers);
    return { members, fault: undefined };
  } catch (fault) {
    return { members, fault };
  }
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
