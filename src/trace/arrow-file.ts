/** Arrow files, read where they lie, batch by batch. */
import { RecordBatchReader, type AsyncRecordBatchFileReader } from 'apache-arrow';
import { assert, inputError, PtilabError } from '../errors.ts';
import type { Bytes } from '../io/bytes.ts';
import { checkFrames } from './arrow-frames.ts';

/**
 * Opens an Arrow file after a look at its frames. A damaged one makes this, and whatever reads on, throw errors of many kinds:
 * call it inside {@link damageIsInput}.
 */
export async function openArrowFile(bytes: Bytes): Promise<AsyncRecordBatchFileReader> {
  await checkFrames(bytes);
  const reader = (await RecordBatchReader.from(handleOf(bytes))) as unknown as AsyncRecordBatchFileReader;
  await reader.open();
  return reader;
}

/** apache-arrow throws errors of many kinds on a damaged file: each becomes one line. */
export async function damageIsInput<T>(where: string, todo: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof PtilabError) throw error;
    throw inputError('a damaged or torn Arrow file', where, todo, error);
  }
}

/** What apache-arrow asks of an open file. */
function handleOf(bytes: Bytes): Parameters<typeof RecordBatchReader.from>[0] {
  assert(bytes.readAt && bytes.length !== undefined, 'an Arrow file is read where it lies');
  const { readAt, length } = bytes;
  const handle = {
    fd: -1,
    stat: () => Promise.resolve({ size: length }),
    close: () => Promise.resolve(),
    async read(buffer: Uint8Array, offset: number, size: number, position: number) {
      return { buffer, bytesRead: await readAt(position, buffer.subarray(offset, offset + size)) };
    },
  };
  return handle as unknown as Parameters<typeof RecordBatchReader.from>[0];
}
