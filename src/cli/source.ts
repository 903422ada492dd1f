/** From a path on the command line to a source the pipeline can read, with the facts beside it. */
import { Worker } from 'node:worker_threads';
import { usageError } from '../errors.ts';
import type { Identity } from '../io/node/hash.ts';
import { openInput } from '../io/node/input.ts';
import { seekable } from '../io/node/spool.ts';
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

/** Opens the trace that a command was given. */
export async function openSource(
  traces: readonly string[],
  options: InputOptions & { readonly jobs?: number; readonly untraced?: string },
): Promise<OpenedSource> {
  const [path, ...others] = traces;
  if (path === undefined) throw usageError('no trace was named', 'TRACE', 'name a recording, or - for standard input');
  if (others.length > 0)
    throw usageError(
      'several files are not one recording in any format read so far',
      others.join(' '),
      'name one file; compare recordings one by one',
    );
  const given = options.host === undefined ? {} : await hostFromOption(options.host);
  const beside = await sidecarOf(path);
  const untraced = options.untraced === undefined ? undefined : await untracedFromOption(options.untraced);
  const tgids = options.tgids === undefined ? undefined : await tgidsFrom(options.tgids);
  const bytes = await openInput(path);
  const opened: Bytes[] = [bytes];
  const hashing = bytes.isFile && (options.jobs ?? 1) > 1 ? hashBeside(path) : undefined;
  return {
    host: { ...beside, ...given, ...(untraced && { untraced: untraced.times }) },
    tgids,
    untracedCpu: untraced?.cpu,
    source: {
      bytes,
      identity: () => hashing?.identity ?? bytes.identity(),
      async seekable(from) {
        const spooled = await seekable(from);
        if (spooled !== from) opened.push(spooled);
        return spooled;
      },
    },
    async close() {
      await hashing?.stop();
      for (const each of opened) await each.close();
    },
  };
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
