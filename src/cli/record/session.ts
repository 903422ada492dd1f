/** A recording: the recorded run, the one without the recorder, and what is kept of both. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, cannotTellError, PtilabError, printable, usageError } from '../../errors.ts';
import { openTrace } from '../../pipeline.ts';
import { sizeText } from '../../record/buffers.ts';
import type { MachineFacts } from '../../record/machine-facts.ts';
import type { Plan } from '../../record/recorder.ts';
import { otherWork, type Resources } from '../../record/same-work.ts';
import { openSource } from '../source.ts';
import { holdCommand, type Ended } from './held-command.ts';
import { findMeasurer } from './measure.ts';
import { hasContent, hostFacts, keep, kernelThreads, stagingFor } from './output.ts';
import { runRecorded, type RecordedRun } from './recorders.ts';

export interface SessionRequest {
  readonly argv: readonly string[];
  readonly output: string;
  readonly facts: MachineFacts;
  readonly plans: readonly Plan[];
  /** Whether to run it again without the recorder. */
  readonly untraced: boolean;
  /** A shell command before each run. */
  readonly prepare: string | undefined;
  /** Whether the command's output goes to standard error. */
  readonly quiet: boolean;
  readonly note: (line: string) => void;
  readonly onProgress: ((line: string) => void) | undefined;
}

export interface Session {
  /** The exit code to pass on. */
  readonly status: number;
  readonly interrupted: boolean;
  readonly run: RecordedRun;
  readonly events: number;
  readonly lost: number;
  /** Of the run without the recorder, where it did the same work. */
  readonly untraced: Resources | undefined;
}

/** An interrupted command has so long before it is told again, because only we were told. */
const GRACE_MS = 500;

/** @throws PtilabError output, usage, cannot-tell */
export async function recordSession(request: SessionRequest): Promise<Session> {
  const { argv, output, plans, note } = request;
  const staging = stagingFor(output);
  const scratch = mkdtempSync(join(tmpdir(), 'ptilab-'));
  const remove = (): void => {
    rmSync(staging, { force: true });
    rmSync(scratch, { recursive: true, force: true });
  };
  const signals = passSignalsOn();
  process.on('exit', remove);
  try {
    const measurer = findMeasurer();
    for (const line of plans[0]?.lines ?? []) note(`ptilab: ${line}`);
    prepare(request.prepare);
    const threads = new Set(kernelThreads());
    const run = await runRecorded({
      ...request,
      output: staging,
      measurer,
      scratch: join(scratch, 'recorded'),
      onRunning: signals.to,
      interrupted: signals.seen,
    });
    if (run.plan !== plans[0]) for (const line of run.plan.lines) note(`ptilab: ${line}`);
    for (const pid of kernelThreads()) threads.add(pid);
    if (!hasContent(staging))
      throw cannotTellError('nothing was recorded', run.plan.recorder, 'see what it said above, and run it by hand');
    const read = await countEvents(staging, request);
    if (read.lost > 0)
      note(
        `ptilab: ${read.lost} events were lost: ${printable(output)}: record again with --buffer ${sizeText(4 * (run.buffer ?? 0))}`,
      );
    const again =
      request.untraced && !signals.seen()
        ? await runUnrecorded(request, run, join(scratch, 'unrecorded'), signals)
        : undefined;
    await keep(staging, output, {
      ...hostFacts([...threads].sort((a, b) => a - b)),
      command: { pid: run.pid, argv },
      recorderPids: run.recorderPids,
      recorded: { ...timesOf(run.resources), recorder: run.plan.recorder, scope: run.plan.scope, ...read },
      untraced: again && timesOf(again),
    });
    return { status: run.status, interrupted: signals.seen(), run, ...read, untraced: again };
  } finally {
    signals.stop();
    process.off('exit', remove);
    remove();
  }
}

/** @throws PtilabError usage: it failed */
function prepare(line: string | undefined): void {
  if (line === undefined) return;
  const { status, signal } = spawnSync('/bin/sh', ['-c', line], { stdio: ['inherit', 2, 'inherit'] });
  if (status !== 0)
    throw usageError(`--prepare ended with ${signal ?? status}`, printable(line), 'give a command that succeeds');
}

const timesOf = (resources: Resources | undefined): { user: number; sys: number; wall: number } | undefined =>
  resources && { user: round(resources.user), sys: round(resources.sys), wall: round(resources.wall) };
const round = (seconds: number): number => Math.round(seconds * 1e6) / 1e6;

/** Runs it once more and judges whether that is worth anything; says so if not. */
async function runUnrecorded(
  request: SessionRequest,
  run: RecordedRun,
  scratch: string,
  signals: Signals,
): Promise<Resources | undefined> {
  const { note } = request;
  try {
    prepare(request.prepare);
    const command = await holdCommand({ ...request, measurer: findMeasurer(), scratch });
    signals.to(command.kill);
    command.go();
    const ended = await command.ended;
    if (run.resources && run.resources.voluntarySwitches === undefined)
      note(`ptilab: voluntary switches are not compared: only minor faults are: ${MEASURERS}`);
    const why = signals.seen() ? 'interrupted: record it again' : whyDropped(request, run, ended);
    if (why === undefined) return ended.resources;
    note(`ptilab: times without the recorder are dropped: ${why}`);
  } catch (error) {
    if (!(error instanceof PtilabError)) throw error;
    note(`ptilab: times without the recorder are dropped: ${error.what}: ${error.todo}`);
  }
  return undefined;
}

const MEASURERS = 'install python3 or GNU time (package time)';

/** Why the times of the second run say nothing of the first, and what to do about it. */
function whyDropped(request: SessionRequest, run: RecordedRun, ended: Ended): string | undefined {
  if (ended.status !== run.status)
    return `the recorded run ended with ${run.status}, the other with ${ended.status}: ${howToRepeat(request)}`;
  if (!run.resources || !ended.resources) return `nothing could measure the command: ${MEASURERS}`;
  const other = otherWork(run.resources, ended.resources, run.plan.comparesSwitches);
  return other === undefined ? undefined : `the second run did other work, ${other}: ${howToRepeat(request)}`;
}

const howToRepeat = ({ prepare: line }: SessionRequest): string =>
  line === undefined
    ? 'say with --prepare what makes it do the same again'
    : 'see whether --prepare undoes all that the command does';

/** Reads the trace back: that it can be read, how much is in it, and whether anything was lost. */
async function countEvents(
  path: string,
  { onProgress }: SessionRequest,
): Promise<{ readonly events: number; readonly lost: number }> {
  const opened = await openSource([path], {});
  try {
    const trace = await openTrace(opened.source, { host: {}, tgids: undefined, onProgress });
    await trace.readEvents(() => undefined);
    return { events: trace.samples, lost: trace.health.of('lost') };
  } finally {
    await opened.close();
  }
}

interface Signals {
  readonly seen: () => boolean;
  /** Who gets them from now on. */
  readonly to: (kill: (signal: NodeJS.Signals) => void) => void;
  readonly stop: () => void;
}

const PASSED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The command ends, the recording is kept. The terminal tells the command itself of Ctrl-C; a second one insists. */
function passSignalsOn(): Signals {
  let times = 0;
  let kill: ((signal: NodeJS.Signals) => void) | undefined;
  const timers: NodeJS.Timeout[] = [];
  const onSignal = (signal: NodeJS.Signals): void => {
    times++;
    const send = (): void => kill?.(times > 1 ? 'SIGKILL' : signal);
    if (signal === 'SIGINT' && times === 1) timers.push(setTimeout(send, GRACE_MS));
    else send();
  };
  for (const signal of PASSED_ON) process.on(signal, onSignal);
  return {
    seen: () => times > 0,
    to(receiver) {
      assert(typeof receiver === 'function', 'somebody to send signals to');
      kill = receiver;
    },
    stop() {
      for (const timer of timers) clearTimeout(timer);
      for (const signal of PASSED_ON) process.off(signal, onSignal);
    },
  };
}
