/** The command as a child that waits for a word before it becomes itself. */
import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { cannotTellError } from '../../errors.ts';
import type { Resources } from '../../record/same-work.ts';
import type { Measurer } from './measure.ts';

const SHELL = '/bin/sh';
/** Tells its id, waits, and becomes the command. Nobody to say go, because we died: nothing is run. */
const GATE = 'echo $$ >&4; read -r go <&3 || exit 125; exec 3<&- 4>&-; exec "$@"';

export interface Ended {
  /** As a shell has it: 128 and the signal's number where one ended it. */
  readonly status: number;
  /** Undefined where nobody could tell them. */
  readonly resources: Resources | undefined;
}

export interface HeldCommand {
  readonly pid: number;
  /** Tasks of ours around it. */
  readonly helpers: readonly number[];
  go(): void;
  readonly ended: Promise<Ended>;
  readonly kill: (signal: NodeJS.Signals) => void;
}

export interface CommandOptions {
  readonly argv: readonly string[];
  readonly measurer: Measurer;
  /** A file that does not exist, for the measurer. */
  readonly scratch: string;
  /** Whether its output goes to our standard error: ours is for an answer. */
  readonly quiet: boolean;
}

/** The first three of the command. */
export const stdioOf = ({ quiet }: CommandOptions): readonly ('inherit' | number)[] => [
  'inherit',
  quiet ? 2 : 'inherit',
  'inherit',
];

export async function holdCommand(options: CommandOptions): Promise<HeldCommand> {
  const { argv, measurer, scratch } = options;
  const [program, ...args] = [...measurer.command(scratch), SHELL, '-c', GATE, SHELL, ...argv];
  const usage = measurer.start(scratch);
  const child = spawn(program, args, { stdio: [...stdioOf(options), 'pipe', 'pipe'] });
  let startNs = 0n;
  const ended = endOf(child).then((status): Ended => {
    const used = usage();
    if (!used) return { status, resources: undefined };
    const { endNs = process.hrtime.bigint(), ...rest } = used;
    return { status, resources: { ...rest, wall: Number(endNs - startNs) / 1e9 } };
  });
  const gate = child.stdio[3] as Writable;
  gate.on('error', () => undefined); // it ended before it heard: its status says so
  const pid = await Promise.race([firstNumber(child.stdio[4] as Readable), ended.then(() => undefined)]);
  if (pid === undefined)
    throw cannotTellError('the command could not be started', SHELL, 'see whether the shell runs here at all');
  return {
    pid,
    helpers: measurer.id === undefined || child.pid === undefined ? [] : [child.pid],
    go() {
      startNs = process.hrtime.bigint();
      gate.end('\n');
    },
    ended,
    kill: (signal) => killQuietly(pid, signal),
  };
}

/** How a child ended, as a shell has it. */
export const endOf = (child: ChildProcess): Promise<number> =>
  new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });

/** A task that is gone already needs no signal. */
export function killQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

const firstNumber = (stream: Readable): Promise<number | undefined> =>
  new Promise((resolve) => {
    let text = '';
    stream.on('data', (piece: Buffer) => {
      text += piece.toString();
      if (text.includes('\n')) resolve(Number.parseInt(text, 10));
    });
    stream.on('close', () => resolve(undefined));
    stream.on('error', () => resolve(undefined));
  });
