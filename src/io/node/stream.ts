import { close, read, type Stats } from 'node:fs';
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { assert } from '../../errors.ts';
import type { Bytes } from '../bytes.ts';
import { errnoOf, inputFailure } from './errno.ts';

/** How long to wait for a descriptor that another process made non-blocking, in milliseconds. */
const RETRY_MS = 5;

const readAsync = promisify(read);
const closeAsync = promisify(close);

/** {@link Bytes} over an open descriptor that can only be read once from front to back: a pipe, a device, standard input. */
export function streamBytes(fd: number, name: string, stats: Stats, chunkSize: number): Bytes {
  // A blocked `read` of a pipe would keep a thread, and with it `process.exit`, until the writer speaks. A socket does not.
  const isPipe = stats.isFIFO() || stats.isSocket();
  let socket: Socket | undefined;
  let asked = false;
  let closing: Promise<void> | undefined;

  async function release(): Promise<void> {
    if (socket !== undefined) socket.destroy();
    else if (fd !== 0) await closeAsync(fd);
  }

  return {
    name,
    length: undefined,
    readAt: undefined,
    chunks() {
      assert(!asked, 'a source that cannot seek was asked twice for its chunks');
      asked = true;
      if (!isPipe) return deviceChunks(fd, name, chunkSize);
      socket = new Socket({ fd, readable: true, writable: false });
      return pipeChunks(socket, name);
    },
    tear: undefined,
    close: () => (closing ??= release()),
  };
}

async function* pipeChunks(socket: Socket, name: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of socket) yield piece as Uint8Array;
  } catch (error) {
    throw inputFailure(error, name);
  }
}

async function* deviceChunks(fd: number, name: string, chunkSize: number): AsyncGenerator<Uint8Array> {
  for (;;) {
    const piece = new Uint8Array(chunkSize);
    const got = await readOnce(fd, piece, name);
    if (got === 0) return;
    yield piece.subarray(0, got);
  }
}

async function readOnce(fd: number, into: Uint8Array, name: string): Promise<number> {
  for (;;) {
    try {
      return (await readAsync(fd, into, 0, into.length, null)).bytesRead;
    } catch (error) {
      const code = errnoOf(error);
      if (code === 'EOF') return 0; // how Windows tells the end of a pipe
      if (code !== 'EAGAIN') throw inputFailure(error, name);
      await sleep(RETRY_MS);
    }
  }
}
