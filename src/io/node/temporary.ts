import { randomBytes } from 'node:crypto';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A name, never given twice, for a file or folder that goes away again. */
export function temporaryName(): string {
  return `ptilab-${process.pid}-${randomBytes(6).toString('hex')}`;
}

/** Whether `name` is such a name: inside a folder of ours, what a killed run left. */
export function isTemporaryName(name: string): boolean {
  return /^\.?ptilab-\d+-[0-9a-f]{12}$/.test(name);
}

/**
 * Has `cleanup` run if the process ends before the returned function is called: by `process.exit`, an uncaught error, or a
 * signal, which keeps its usual effect. `cleanup` must be synchronous.
 */
export function onEarlyEnd(cleanup: () => void): () => void {
  function onSignal(signal: NodeJS.Signals): void {
    stop();
    cleanup();
    // Our listener kept the signal from ending the process. If nobody else listens, it ends now.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  }
  function stop(): void {
    process.off('exit', cleanup);
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
  process.on('exit', cleanup);
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return stop;
}
