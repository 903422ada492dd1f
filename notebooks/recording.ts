/** Opens a recording as the command line does. */
import { readFile } from 'node:fs/promises';
import { bytesOf, unzstd, type HostFacts, type Source } from 'ptilab';

export interface Recording {
  readonly source: Source;
  /** Facts of the machine that recorded, from the file beside it. */
  readonly host: HostFacts;
}

/**
 * @param path - a recording compressed with zstd, with a file `.host.json` beside it
 * @param name - what to call it
 */
export async function openRecording(path: string, name: string): Promise<Recording> {
  const stored = new Uint8Array(await readFile(path));
  const host = JSON.parse(await readFile(`${path}.host.json`, 'utf8')) as HostFacts;
  const bytes = bytesOf(await unpacked(stored, name), name);
  return {
    source: {
      bytes,
      seekable: () => Promise.resolve(bytes),
      identity: async () => ({ sha256: await sha256(stored), size: stored.length }),
    },
    host,
  };
}

async function unpacked(stored: Uint8Array, name: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of unzstd(bytesOf(stored, name).chunks(), name)) pieces.push(piece);
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
