/** From what a user named as one side of a comparison to its counts: a trace or a result directory, with a lane or without. */
import { readFileSync, statSync, type Stats } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { inputError, printable, usageError } from '../errors.ts';
import { openFile } from '../io/node/file.ts';
import { inputFailure } from '../io/node/errno.ts';
import { runPipeline } from '../pipeline.ts';
import { compareSide, type CompareSide } from '../report/compare-pricing.ts';
import type { Counted } from '../report/counted.ts';
import { countedReplay } from '../report/counted-replay.ts';
import { MANIFEST } from '../report/manifest.ts';
import { AGAIN } from '../report/stored-manifest.ts';
import { storedResult, type ReadTable } from '../report/stored-result.ts';
import { TABLES } from '../report/tables.ts';
import { damageIsInput, openArrowFile } from '../trace/arrow-file.ts';
import type { Terminal } from './command.ts';
import { laneRequest, normalised, type InputOptions, type LaneOptions } from './lane-options.ts';
import { noteTear } from './messages.ts';
import { openSource } from './source.ts';

/** One side, as it was named. */
export interface NamedSide {
  readonly path: string;
  readonly lane: string | undefined;
  readonly kind: CompareSide['kind'];
}

/**
 * Takes a name apart. All of it is a path if that is there; else what stands behind the last colon is a lane if what stands
 * before it is there.
 */
export function namedSide(text: string): NamedSide {
  const whole = kindOf(text);
  if (whole) return { path: text, lane: undefined, kind: whole };
  const colon = text.lastIndexOf(':');
  const kind = colon > 0 ? kindOf(text.slice(0, colon)) : undefined;
  if (kind) return { path: text.slice(0, colon), lane: text.slice(colon + 1), kind };
  // Nothing is there: opening it says so.
  return { path: text, lane: undefined, kind: 'trace' };
}

function kindOf(path: string): CompareSide['kind'] | undefined {
  if (path === '-') return 'trace';
  const stats = statsOf(path);
  return stats && (stats.isDirectory() ? 'result' : 'trace');
}

function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined; // whatever is wrong with it, opening it says so
  }
}

/** Both sides of a comparison. A trace that is named twice is replayed once. */
export async function compareSides(
  names: readonly [string, string],
  options: LaneOptions & InputOptions,
  terminal: Terminal,
): Promise<readonly [CompareSide, CompareSide]> {
  const [a, b] = names.map(namedSide);
  demandUse(options, [a, b]);
  const known = new Map<string, Promise<Counted>>();
  const sideOf = async (name: string, { path, lane, kind }: NamedSide): Promise<CompareSide> => {
    const where = printable(path);
    if (kind === 'result') return compareSide({ source: name, kind, lane, where }, await openResult(path));
    const counted = known.get(path) ?? replayed(path, options, terminal);
    if (a.path === b.path) known.set(path, counted);
    return compareSide({ source: name, kind, lane, where }, await counted);
  };
  return [await sideOf(names[0], a), await sideOf(names[1], b)];
}

/** What a directory holds was replayed: options cannot change it. */
function demandUse(options: LaneOptions & InputOptions, sides: readonly NamedSide[]): void {
  const [given] = normalised(options);
  if (given === undefined || sides.some(({ kind }) => kind === 'trace')) return;
  throw usageError(
    'an option for traces',
    given,
    'both sides are result directories: replay them with it, or leave it out',
  );
}

async function replayed(path: string, options: LaneOptions & InputOptions, terminal: Terminal): Promise<Counted> {
  const opened = await openSource([path], { ...options, jobs: options.jobs ?? availableParallelism() });
  try {
    const done = await runPipeline(opened.source, {
      ...(await laneRequest(options)),
      host: opened.host,
      tgids: opened.tgids,
      untracedCpu: opened.untracedCpu,
      onProgress: terminal.progress,
    });
    noteTear(path, done.result.trace.health, terminal);
    return countedReplay(done);
  } finally {
    await opened.close();
  }
}

const MOST_MANIFEST = 16 * 1024 * 1024;

/** @throws an input error where it is no result directory, or a torn one */
export async function openResult(path: string): Promise<Counted> {
  const where = printable(path);
  const manifest = join(path, MANIFEST);
  const stats = statsOf(manifest);
  if (!stats?.isFile())
    throw inputError('a directory that is no ptilab result', where, 'name a trace, or a directory made by replay -o');
  if (stats.size > MOST_MANIFEST) throw inputError('the manifest of a result is too large', where, AGAIN);
  return damageIsInput(where, AGAIN, () => storedResult(textOf(manifest), tableReader(path, where), where));
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw inputFailure(error, path);
  }
}

function tableReader(path: string, where: string): ReadTable {
  return async (name, take) => {
    const file = join(path, `${name}.arrow`);
    const { version } = TABLES.find((table) => table.name === name)!;
    if (!statsOf(file)?.isFile()) throw inputError(`a torn result, without ${name}.arrow`, where, AGAIN);
    const bytes = await openFile(file);
    try {
      await damageIsInput(printable(file), AGAIN, async () => {
        const reader = await openArrowFile(bytes);
        const { metadata } = reader.schema;
        if (metadata.get('schema') !== `ptilab.${name}` || metadata.get('version') !== String(version))
          throw inputError(
            `a table that is not ptilab.${name} of version ${version}`,
            printable(file),
            `replay the recording again with this ptilab`,
          );
        for (let i = 0; i < reader.numRecordBatches; i++) {
          const rows = await reader.readRecordBatch(i);
          if (!rows) throw new RangeError('a batch that is not there');
          take(rows);
        }
      });
    } finally {
      await bytes.close();
    }
  };
}
