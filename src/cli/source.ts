/** From a path on the command line to a source the pipeline can read, with the facts beside it. */
import { Worker } from 'node:worker_threads';
import { printable, usageError } from '../errors.ts';
import type { Identity } from '../io/node/hash.ts';
import { inputOf, openInput, type Input } from '../io/node/input.ts';
import { seekable } from '../io/node/spool.ts';
import { membersOf } from '../io/node/tar.ts';
import type { Source } from '../pipeline.ts';
import type { HostFacts } from '../trace/trace.ts';
import type { Bytes } from '../io/bytes.ts';
import { hostFromOption, sidecarOf, tgidsFrom, untracedFromOption } from './host-facts.ts';
import type { InputOptions } from './lane-options.ts';

export interface OpenedSource {
  readonly source: Source;
  readonly host: HostFacts;
  readonly tgids: ReadonlyMap<number, number> | undefined;
  /** Id of the CPU that untraced times were taken on, where they were given with one. */
  readonly untracedCpu: string | undefined;
  /** Gives back descriptors and temporary files. */
  close(): Promise<void>;
}

/** Opens the trace that a command was given; several files are parts of one recording. */
export async function openSource(
  traces: readonly string[],
  options: InputOptions & { readonly jobs?: number; readonly untraced?: string },
): Promise<OpenedSource> {
  const [path, ...others] = traces;
  if (path === undefined) throw usageError('no trace was named', 'TRACE', 'name a recording, or - for standard input');
  const twice = traces.find((each, i) => traces.indexOf(each) !== i);
  if (twice !== undefined) throw usageError('the same file twice', printable(twice), 'name each part once');
  const given = options.host === undefined ? {} : await hostFromOption(options.host);
  const beside = await sidecarOf(path);
  const untraced = options.untraced === undefined ? undefined : await untracedFromOption(options.untraced);
  const tgids = options.tgids === undefined ? undefined : await tgidsFrom(options.tgids);
  const opened: Bytes[] = [];
  const hashed: { stop(): Promise<unknown> }[] = [];
  const sought = async (whole: Bytes): Promise<Bytes> => {
    const spooled = await seekable(whole);
    if (spooled !== whole) opened.push(spooled);
    return spooled;
  };
  const sourceOf = (bytes: Input, hashing?: Promise<Identity>): Source => ({
    bytes,
    identity: () => hashing ?? bytes.identity(),
    seekable: sought,
  });
  /** What a path names: one recording, or the files of an archive. */
  const sourcesAt = async (from: string): Promise<readonly Source[]> => {
    const input = await openInput(from);
    opened.push(input);
    if (input.isArchive) {
      const members = await membersOf(await sought(input));
      return await Promise.all(members.map(async (member) => sourceOf(await inputOf(member))));
    }
    // Parts are hashed as they are read.
    const hashing = input.isFile && others.length === 0 && (options.jobs ?? 1) > 1 ? hashBeside(from) : undefined;
    if (hashing) hashed.push(hashing);
    return [sourceOf(input, hashing?.identity)];
  };
  const close = async (): Promise<void> => {
    for (const each of hashed) await each.stop();
    for (const each of opened) await each.close();
  };
  try {
    const sources: Source[] = [];
    for (const each of traces) sources.push(...(await sourcesAt(each)));
    const [source, ...parts] = sources;
    return {
      host: { ...beside, ...given, ...(untraced && { untraced: untraced.times }) },
      tgids,
      untracedCpu: untraced?.cpu,
      source: { ...source, others: parts },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Hashes a file in a worker; `stop` ends it, done or not. A failure is that of a bug: the file was opened before. */
function hashBeside(path: string): { readonly identity: Promise<Identity>; readonly stop: () => Promise<unknown> } {
  const worker = new Worker(new URL('./hash-worker.js', import.meta.url), { workerData: path });
  const identity = new Promise<Identity>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  // Where the replay fails first, nobody waits for it.
  identity.catch(() => undefined);
  return { identity, stop: () => worker.terminate() };
}
