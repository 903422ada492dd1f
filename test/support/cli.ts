/** The built command line as a user has it: another process. `npm test` builds it first. */
import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { ROOT } from './fixtures.ts';

export const CLI: string = join(ROOT, 'dist', 'cli.js');

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** What standard input gets: bytes, or the file at a path. Nothing: it is closed. */
  readonly input?: Uint8Array | string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Arguments of node itself. */
  readonly node?: readonly string[];
  /** When to kill it; then its status is null. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 60_000;

export function run(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...(options.node ?? []), CLI, ...args], {
      cwd: options.cwd ?? ROOT,
      env: { ...process.env, PTILAB_DEBUG: '', ...options.env },
      timeout: options.timeoutMs ?? TIMEOUT_MS,
      killSignal: 'SIGKILL',
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout?.on('data', (piece: Buffer) => out.push(piece));
    child.stderr?.on('data', (piece: Buffer) => err.push(piece));
    child.on('error', reject);
    child.on('close', (status) =>
      resolve({ status, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }),
    );
    const { stdin } = child;
    if (!stdin || options.input === undefined) return;
    stdin.on('error', () => undefined); // a command that has seen enough closes it
    if (typeof options.input === 'string') createReadStream(options.input).pipe(stdin);
    else stdin.end(options.input);
  });
}

/** A failure as the contract has it: this exit code, nothing on stdout, one line `ptilab: what: where: what to do` on stderr. */
export function expectFailure(ran: Ran, status: number): void {
  expect(ran.stderr).toMatch(/^ptilab: [^\n]+: [^\n]+: [^\n]+\n$/);
  expect(ran.stderr).not.toMatch(/ at .*:\d+:\d+/);
  expect(ran).toMatchObject({ status, stdout: '' });
}

/** A success that had nothing to say besides the answer. */
export function expectSuccess(ran: Ran): void {
  expect(ran).toMatchObject({ status: 0, stderr: '' });
}
