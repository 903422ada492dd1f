/** The whole way from bytes to the answer, inside this process. */
import { openSource } from '../../src/cli/source.ts';
import { bytesOf } from '../../src/io/memory.ts';
import type { Bytes } from '../../src/io/bytes.ts';
import { sha256Of } from '../../src/io/node/hash.ts';
import { seekable } from '../../src/io/node/spool.ts';
import { openTrace, runPipeline, type PipelineResult, type ReplayRequest, type Source } from '../../src/pipeline.ts';
import type { ReplayResult } from '../../src/report/result.ts';
import type { HostFacts, Trace } from '../../src/trace/trace.ts';
import { writeCanonical } from '../../src/trace/canonical-writer.ts';

/** A source over bytes that are already here. */
export const sourceOf = (bytes: Bytes): Source => ({ bytes, seekable, identity: () => sha256Of(bytes) });

export const openBytes = (data: Uint8Array, name?: string, strict = false): Promise<Trace> =>
  openTrace(sourceOf(bytesOf(data, name)), { strict });

export const replayBytes = (data: Uint8Array, request: ReplayRequest = {}): Promise<PipelineResult> =>
  runPipeline(sourceOf(bytesOf(data)), request);

/** Opens a file as the command line does, decompressed and with the facts beside it, for as long as `act` takes. */
export async function withFile<T>(path: string, act: (source: Source, host: HostFacts) => Promise<T>): Promise<T> {
  const opened = await openSource([path], {});
  try {
    return await act(opened.source, opened.host);
  } finally {
    await opened.close();
  }
}

/** All bytes of a file, decompressed. */
export const wholeOf = (path: string): Promise<Uint8Array> =>
  withFile(path, async ({ bytes }) => {
    const pieces: Uint8Array[] = [];
    for await (const piece of bytes.chunks()) pieces.push(Uint8Array.from(piece));
    return new Uint8Array(Buffer.concat(pieces));
  });

export const replayFile = (path: string, request: ReplayRequest = {}): Promise<PipelineResult> =>
  withFile(path, (source, host) => runPipeline(source, { host, ...request }));

export const importFile = (path: string): Promise<Uint8Array> =>
  withFile(path, async (source, host) => canonicalOf(await openTrace(source, { host })));

/** The canonical trace of an opened one. */
export async function canonicalOf(trace: Trace, redact = false): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  await writeCanonical(trace, { redact }, (chunk) => chunks.push(chunk.slice()));
  return new Uint8Array(Buffer.concat(chunks));
}

export const importBytes = async (data: Uint8Array, redact = false): Promise<Uint8Array> =>
  canonicalOf(await openBytes(data), redact);

/** An answer without what the contract lets differ between formats: the files and places in them. */
export function withoutFiles(result: ReplayResult): unknown {
  const health = result.trace.health.map(({ first, ...entry }) => ({ ...entry, ns: first.ns }));
  return { ...result, trace: { ...result.trace, files: [], health } };
}
