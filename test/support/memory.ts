/** How much memory a command of the command line takes at its peak. */
import { expect } from 'vitest';
import { run, type Ran } from './cli.ts';

/** Tells the peak of resident memory when the process ends. What getrusage tells holds the process that started it too. */
const HOOK = `import { readFileSync } from 'node:fs';
process.on('exit', () => process.stderr.write(/^VmHWM.*$/m.exec(readFileSync('/proc/self/status', 'utf8'))[0] + '\\n'));`;

/** Elsewhere nothing tells it of one process alone. */
export const tellsPeak: boolean = process.platform === 'linux';

/** What a command that succeeds answers, and its peak of resident memory in MB. */
export async function runWithPeak(args: readonly string[]): Promise<Ran & { readonly peakMb: number }> {
  const ran = await run(args, {
    node: ['--import', `data:text/javascript,${encodeURIComponent(HOOK)}`],
    timeoutMs: 300_000,
  });
  expect(ran.status).toBe(0);
  const peakMb = Number(/^VmHWM:\s+(\d+) kB$/m.exec(ran.stderr)?.[1]) / 1024;
  // No Node runs in less.
  expect(peakMb).toBeGreaterThan(20);
  return { ...ran, peakMb };
}
