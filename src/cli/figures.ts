/** The figures of a report, from a recording or from what a replay of it left in a directory. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { inputError, printable, usageError } from '../errors.ts';
import { errnoOf, inputFailure } from '../io/node/errno.ts';
import { reportData } from '../report/report-data-build.ts';
import { parseReport, REPORT_FILE } from '../report/report-file.ts';
import type { ReportData } from '../report/report-data.ts';
import type { Terminal } from './command.ts';
import { normalised, type InputOptions, type LaneOptions } from './lane-options.ts';
import { replayed } from './replayed.ts';

/** @throws PtilabError usage: lanes are asked of a directory, whose lanes are what they are; input: it cannot be read */
export async function figuresOf(
  args: readonly string[],
  options: LaneOptions & InputOptions,
  terminal: Terminal,
): Promise<ReportData> {
  const [path] = args;
  if (args.length === 1 && statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    const [first] = normalised(options);
    if (first !== undefined)
      throw usageError(
        `${first} has no say over a result directory`,
        printable(path),
        'give it to ptilab replay, or name the recording',
      );
    return figuresIn(path);
  }
  return reportData(await replayed(args, { ...options, whatIf: true }, terminal));
}

function figuresIn(folder: string): ReportData {
  const path = join(folder, REPORT_FILE);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT')
      throw inputError(
        `a directory without ${REPORT_FILE}`,
        printable(folder),
        'name a recording, or what ptilab replay -o wrote',
      );
    throw inputFailure(error, path);
  }
  return parseReport(text, printable(path));
}
