import type { BaselinedRecording } from '../../check/recordings.ts';
import type { Command } from '../command.ts';
import { differenceError, printable, usageError } from '../../errors.ts';
import { nearest } from '../../nearest.ts';

interface CheckOptions {
  readonly baseline: string;
  readonly update?: boolean;
  readonly reason?: string;
  readonly coverage?: boolean;
  readonly json?: boolean;
}

/** The regression gate of the model. */
export const check: Command = {
  name: 'check',
  summary: 'compare what the model says of the recordings in traces/ with their baselines; exit code 1 if it differs',
  example: 'ptilab check --update --reason "INVLPG on Sandy Bridge measured anew"',
  declare: (parser) =>
    parser
      .argument('[recording...]', 'names of recordings, such as fx-shoot (default: all)')
      .option('--baseline <dir>', 'folder of the baselines', 'traces/baselines')
      .option('--update', 'write baselines anew where they differ; needs --reason')
      .option('--reason <text>', 'why they change: one line, kept in each that does')
      .option('--coverage', 'list too what no baseline exercises')
      .option('--json', 'the machine answer (ptilab.check) on stdout'),
  async run(names, given, terminal) {
    const options = given as unknown as CheckOptions;
    const reason = reasonOf(options);
    const [{ runGate }, { createCoverageProbe }, { RECORDINGS }, { checkResult, checkText, unexercisedText }, files] =
      await Promise.all([
        import('../../check/gate.ts'),
        import('../../check/coverage.ts'),
        import('../../check/recordings.ts'),
        import('../../check/report.ts'),
        import('../baseline-files.ts'),
      ]);
    const recordings = chosen(RECORDINGS, names);
    files.demandRecordings(recordings.map(({ path }) => path));
    const baselines = await files.readBaselines(options.baseline, reason !== undefined);
    const probe = options.coverage ? createCoverageProbe(files.openRecording) : undefined;
    const where = (name: string): string => files.baselinePath(options.baseline, name);
    const gate = await runGate({
      recordings,
      baselines: names.length === 0 ? baselines : only(baselines, names),
      where,
      open: files.openRecording,
      reason,
      async onReplay(recording, setup, done) {
        terminal.progress?.(`${recording.name} ${setup.id}`);
        await probe?.onReplay(recording, setup, done);
      },
    });
    if (reason !== undefined) {
      for (const [name, text] of gate.renewed) await files.writeBaseline(where(name), text);
      for (const name of gate.extra) await files.removeBaseline(where(name));
    }
    const result = checkResult(recordings.length, gate, reason !== undefined, probe?.unexercised());
    const { unexercised, different, compared } = result;
    terminal.out(
      options.json
        ? `${JSON.stringify(result)}\n`
        : checkText(result) + (unexercised ? unexercisedText(unexercised) : ''),
    );
    if (different > 0 && reason === undefined)
      throw differenceError(
        `${different} differences in ${compared} values`,
        printable(options.baseline),
        'mend the model, or say why it changed: ptilab check --update --reason TEXT',
      );
  },
};

/** Undefined where nothing is to be written. */
function reasonOf({ update, reason }: CheckOptions): string | undefined {
  const line = reason === undefined ? '' : printable(reason.trim(), 500);
  if (!update && reason !== undefined) throw usageError('a reason, and nothing to write', '--reason', 'add --update');
  if (update && line === '')
    throw usageError('an update needs a reason', '--update', 'add --reason "what changed in the model, and why"');
  return update ? line : undefined;
}

function chosen(recordings: readonly BaselinedRecording[], names: readonly string[]): readonly BaselinedRecording[] {
  const known = recordings.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw usageError(
      'no such recording',
      printable(unknown),
      `did you mean ${nearest(unknown, known)}? (${known.join(' ')})`,
    );
  return names.length === 0 ? recordings : recordings.filter(({ name }) => names.includes(name));
}

const only = <T>(all: ReadonlyMap<string, T>, names: readonly string[]): ReadonlyMap<string, T> =>
  new Map([...all].filter(([name]) => names.includes(name)));
