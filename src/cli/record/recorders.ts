/** One run of the command under a recorder. */
import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { assert, cannotTellError, printable } from '../../errors.ts';
import { sizeText, smallerBuffer } from '../../record/buffers.ts';
import type { MachineFacts } from '../../record/machine-facts.ts';
import type { Plan } from '../../record/recorder.ts';
import { cgroupName, enterCgroup, leaveCgroup, type CommandCgroup } from './cgroup.ts';
import {
  endOf,
  holdCommand,
  killQuietly,
  stdioOf,
  type CommandOptions,
  type Ended,
  type HeldCommand,
} from './held-command.ts';
import { textOf } from './machine.ts';

/** What the recorder runs, and waits for: it says that recording has begun, and ends when we say so or die. */
const SITTER = ['/bin/sh', '-c', 'echo >&3; read -r end <&4 || :', 'ptilab'];

export interface RecordedRun extends Ended {
  readonly plan: Plan;
  /** The recorder's buffer for each CPU as it was in the end. */
  readonly buffer: number | undefined;
  /** The command's own task, where it is known. */
  readonly pid: number | undefined;
  readonly recorderPids: readonly number[];
}

export interface RunRequest extends CommandOptions {
  readonly facts: MachineFacts;
  /** Best first. */
  readonly plans: readonly Plan[];
  /** Where the recorder writes. */
  readonly output: string;
  readonly note: (line: string) => void;
  /** Called with how to send it a signal, once it runs. */
  readonly onRunning: (kill: (signal: NodeJS.Signals) => void) => void;
  /** Whether the user has had enough. */
  readonly interrupted: () => boolean;
}

/** @throws PtilabError cannot-tell: no plan worked */
export function runRecorded(request: RunRequest): Promise<RecordedRun> {
  const [plan] = request.plans;
  assert(plan, 'a plan to run');
  return plan.joining === 'wrap' ? runWrapped(plan, request) : runAttached(request);
}

async function runAttached(request: RunRequest): Promise<RecordedRun> {
  const command = await holdCommand(request);
  request.onRunning(command.kill);
  let refusal = '';
  for (const plan of request.plans) {
    const started = await start(plan, command, request);
    if ('refusal' in started) {
      ({ refusal } = started);
      if (request.interrupted()) break;
      request.note(`ptilab: perf refused to record the ${plan.scope}: ${refusal}: trying another way`);
      continue;
    }
    const { recorder, buffer, cgroup } = started;
    command.go();
    const ended = await command.ended;
    await recorder.stop();
    if (cgroup && !(await cgroup.remove()))
      request.note(`ptilab: processes of the command live on: ${cgroup.folder}: rmdir it when they have ended`);
    const recorderPids = [process.pid, ...command.helpers, ...recorder.pids];
    return { ...ended, plan, buffer, pid: command.pid, recorderPids };
  }
  command.kill('SIGKILL');
  await command.ended;
  throw cannotTellError('perf does not record here', refusal, 'try perf record by hand, or take --recorder strace');
}

interface Running {
  readonly recorder: StartedRecorder;
  readonly buffer: number | undefined;
  readonly cgroup: CommandCgroup | undefined;
}

/** Starts the recorder by one plan, with smaller and smaller buffers where memory is what it lacks. */
async function start(
  plan: Plan,
  command: HeldCommand,
  { facts, output, note }: RunRequest,
): Promise<Running | { readonly refusal: string }> {
  let cgroup: CommandCgroup | undefined;
  if (plan.scope === 'cgroup') {
    cgroup = enterCgroup(facts.cgroup!, command.pid);
    if (!cgroup) return { refusal: 'the cgroup cannot be made' };
  }
  const names = {
    output,
    pid: String(command.pid),
    cgroup: facts.cgroup ? cgroupName(facts.cgroup) : '',
  };
  for (let buffer = plan.buffer; ;) {
    const recorder = await startRecorder(plan.command(names, buffer));
    if (!('refusal' in recorder)) return { recorder, buffer, cgroup };
    const less =
      buffer !== undefined && /mmap|mapping pages|memory/i.test(recorder.refusal) ? smallerBuffer(buffer) : undefined;
    if (less === undefined) {
      if (cgroup) {
        leaveCgroup(facts.cgroup!, command.pid);
        await cgroup.remove();
      }
      return recorder;
    }
    note(`ptilab: no memory for buffers of ${sizeText(buffer!)} a CPU: ${recorder.refusal}: trying ${sizeText(less)}`);
    buffer = less;
  }
}

interface StartedRecorder {
  readonly pids: readonly number[];
  /** Ends the recording; resolves when the file is whole. */
  stop(): Promise<void>;
}

const STDERR_KEPT = 4000;

async function startRecorder(words: readonly string[]): Promise<StartedRecorder | { readonly refusal: string }> {
  const [program, ...args] = [...words, '--', ...SITTER];
  // In a session of its own: what the terminal sends is for the command.
  const child = spawn(program, args, { detached: true, stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stderr!.on('data', (piece: Buffer) => (said = (said + piece.toString()).slice(-STDERR_KEPT)));
  const ended = endOf(child);
  const end = child.stdio[4] as Writable;
  end.on('error', () => undefined); // it ended by itself: its file says how far it came
  const ready = new Promise<boolean>((resolve) => (child.stdio[3] as Readable).once('data', () => resolve(true)));
  if (!(await Promise.race([ready, ended.then(() => false)]))) return { refusal: refusalIn(said) };
  const pid = child.pid!;
  return {
    pids: [pid, ...childrenOf(pid)],
    async stop() {
      end.end('\n');
      await ended;
    },
  };
}

/** The telling line of what a recorder said: the last that is an error, else the first. */
function refusalIn(said: string): string {
  const lines = said
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const telling = lines.find((line) => /error|fail|permi|cannot|can't|invalid|unable/i.test(line)) ?? lines[0];
  return printable(telling ?? 'it ended at once and said nothing');
}

const childrenOf = (pid: number): readonly number[] =>
  (textOf(`/proc/${pid}/task/${pid}/children`) ?? '')
    .split(' ')
    .flatMap((each) => (each.trim() === '' ? [] : [Number(each)]));

/** The recorder becomes the command's first parent and steps aside; its end shows by a pipe that it holds. */
async function runWrapped(plan: Plan, request: RunRequest): Promise<RecordedRun> {
  const { argv, measurer, scratch, output } = request;
  const recorder = plan.command({ output, pid: '', cgroup: '' }, plan.buffer);
  const [program, ...args] = [...measurer.command(scratch), ...recorder, ...argv];
  const usage = measurer.start(scratch);
  const startNs = process.hrtime.bigint();
  const child = spawn(program, args, { stdio: [...stdioOf(request), 'pipe'] });
  const closed = new Promise<void>((resolve) => (child.stdio[3] as Readable).on('close', resolve).resume());
  request.onRunning((signal) => {
    const pids = measurer.id === undefined ? [child.pid!] : childrenOf(child.pid!);
    for (const pid of pids) killQuietly(pid, signal);
  });
  const status = await endOf(child);
  await closed;
  const used = usage();
  const { endNs = process.hrtime.bigint(), ...rest } = used ?? {
    user: 0,
    sys: 0,
    minorFaults: 0,
    voluntarySwitches: 0,
  };
  const resources = used && { ...rest, wall: Number(endNs - startNs) / 1e9 };
  return { status, resources, plan, buffer: plan.buffer, pid: undefined, recorderPids: [] };
}
