import { PtilabError, printable, usageError } from '../../errors.ts';
import { sizeFrom } from '../../record/buffers.ts';
import { DEFAULT_RECORDER, findRecorder, planRecording, RECORDERS } from '../../record/plan.ts';
import type { Plan, Recorder } from '../../record/recorder.ts';
import type { Command, Terminal } from '../command.ts';
import { InvalidArgument, outputPath } from '../lane-options.ts';
import type { Session } from '../record/session.ts';

interface RecordOptions {
  readonly output?: string;
  readonly recorder: string;
  readonly untraced?: boolean;
  readonly prepare?: string;
  readonly buffer?: number;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** A command under a recorder, with the facts that the trace lacks beside it. */
export const record: Command = {
  name: 'record',
  summary: 'run a command under perf or strace with the right events, and keep facts of the machine beside the trace',
  example: "ptilab record --prepare 'make clean' -o build.perf.data -- make -j2",
  declare: (parser) =>
    parser
      .argument('<command...>', 'what to run, behind --')
      .option(
        '-o, --output <file>',
        `where to record to (${RECORDERS.map((each) => each.defaultName).join(', ')})`,
        outputPath,
      )
      .option('--recorder <id>', RECORDERS.map((each) => each.id).join(' or '), DEFAULT_RECORDER.id)
      .option('--untraced', 'run it a second time without the recorder, for its times')
      .option('--prepare <command>', 'shell command before each of the two runs; implies --untraced')
      .option('--buffer <size>', 'memory of perf for each CPU, such as 128M: a power of two', (text: string) => {
        const bytes = sizeFrom(text);
        if (bytes === undefined) throw new InvalidArgument('write a power of two such as 512K, 16M, 128M.');
        return bytes;
      })
      .option('--dry-run', 'print what would be run, and run nothing')
      .option('--json', 'what was recorded (ptilab.record) on stdout; the output of the command goes to stderr'),
  async run(argv, given, terminal) {
    const options = given as unknown as RecordOptions;
    const [{ machineFacts }, { findProgram }] = await Promise.all([
      import('../record/machine.ts'),
      import('../record/commands.ts'),
    ]);
    const recorder = findRecorder(options.recorder);
    if (recorder !== DEFAULT_RECORDER && options.buffer !== undefined)
      throw usageError('--buffer is for perf', recorder.id, 'leave it out');
    const facts = machineFacts();
    const plans = planRecording(recorder, facts, { buffer: options.buffer });
    if (options.dryRun) return dryRun(argv, plans, recorder, options, terminal);
    const program = findProgram(argv[0] ?? '');
    if (typeof program === 'number') {
      terminal.note(
        `ptilab: ${program === 127 ? 'command not found' : 'cannot be run'}: ${printable(argv[0] ?? '')}: check its name`,
      );
      terminal.exitWith(program);
      return;
    }
    const { recordSession } = await import('../record/session.ts');
    const output = options.output ?? recorder.defaultName;
    const session = await recordSession({
      argv,
      output,
      facts,
      plans,
      untraced: options.untraced === true || options.prepare !== undefined,
      prepare: options.prepare,
      quiet: options.json === true,
      note: (line) => terminal.note(line),
      onProgress: terminal.progress,
    });
    if (options.json) terminal.out(`${JSON.stringify(answer(output, session))}\n`);
    else for (const line of summary(output, session)) terminal.note(line);
    if (session.interrupted)
      throw new PtilabError('interrupted', 'interrupted', printable(output), 'what was recorded until then is kept');
    terminal.exitWith(session.status);
  },
};

async function dryRun(
  argv: readonly string[],
  plans: readonly Plan[],
  { defaultName }: Recorder,
  { output = defaultName, prepare, untraced }: RecordOptions,
  terminal: Terminal,
): Promise<void> {
  const { shellLine } = await import('../record/commands.ts');
  const [plan] = plans;
  if (!plan) return;
  const words = plan.command({ output, pid: 'PID', cgroup: 'CGROUP' }, plan.buffer);
  const first = prepare === undefined ? [] : [`sh -c ${shellLine([prepare])}`];
  const recorded =
    plan.joining === 'wrap'
      ? [shellLine([...words, ...argv])]
      : [
          `${shellLine([...words])} &   # then, once it records${plan.scope === 'cgroup' ? ' the new CGROUP' : ''}, in PID:`,
          shellLine(argv),
        ];
  const again = untraced === true || prepare !== undefined ? [...first, shellLine(argv)] : [];
  for (const line of plan.lines) terminal.note(`ptilab: ${line}`);
  terminal.out([...first, ...recorded, ...again, ''].join('\n'));
}

/** What the recorder took of the command's time for one event, in us; undefined where it cannot be told. */
function recorderCost({ run, events, untraced }: Session): number | undefined {
  if (!untraced || !run.resources || events === 0) return undefined;
  const more = run.resources.user + run.resources.sys - untraced.user - untraced.sys;
  return (more / events) * 1e6;
}

function answer(file: string, session: Session): object {
  const { run, events, lost, untraced, status, interrupted } = session;
  return {
    schema: 'ptilab.record',
    version: 1,
    file,
    recorder: run.plan.recorder,
    scope: run.plan.scope,
    buffer: run.buffer ?? null,
    status,
    interrupted,
    events,
    lost,
    recorded: run.resources ?? null,
    untraced: untraced ?? null,
    recorderCostUs: recorderCost(session) ?? null,
  };
}

function summary(file: string, session: Session): readonly string[] {
  const { run, events, untraced } = session;
  const cost = recorderCost(session);
  const times = run.resources && `${run.resources.user.toFixed(3)} s user, ${run.resources.sys.toFixed(3)} s system`;
  const before =
    untraced && `${untraced.user.toFixed(3)} s user, ${untraced.sys.toFixed(3)} s system without the recorder`;
  const each = cost === undefined ? '' : `: ${cost.toFixed(2)} us an event`;
  return [
    `ptilab: ${events} events (${run.plan.scope}), ${[times, before].filter((part) => part !== undefined).join('; ')}${each}: ${printable(file)}: see ptilab report ${printable(file)} -o FILE.html`,
  ];
}
