/** A worker that identifies a file while the main thread replays it. Its bytes come from the page cache, so they are read twice cheaply. */
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../errors.ts';
import { openFile } from '../io/node/file.ts';
import { sha256Of } from '../io/node/hash.ts';

assert(parentPort, 'runs as a worker');
const file = await openFile(workerData as string);
try {
  parentPort.postMessage(await sha256Of(file));
} finally {
  await file.close();
}
