/** The recordings that come with the repository, each with what another program counted in it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url));

/** Counts of one recording, made from the text of `perf script` by a program that shares no code with ours. */
export interface Truth {
  readonly events: number;
  /** Times of the first and the last event, cut to microseconds. */
  readonly first_ns: number;
  readonly last_ns: number;
  readonly per_kind: Readonly<Record<string, number>>;
  /** By `NR:name`. */
  readonly syscalls_enter: Readonly<Record<string, number>>;
  readonly lost_records: number;
}

export interface Recording {
  readonly name: string;
  readonly path: string;
  readonly truth: Truth;
}

const RECORDING = /\.perf\.data(?:\.zst|\.xz)?$/;

/** The recordings of a folder that have a truth beside them: the plain file where there is a compressed one too. */
export function recordingsIn(folder: string): readonly Recording[] {
  const byName = new Map<string, string>();
  for (const file of readdirSync(folder)
    .filter((each) => RECORDING.test(each))
    .sort()) {
    const name = file.replace(RECORDING, '');
    if (!byName.has(name)) byName.set(name, join(folder, file));
  }
  return [...byName].flatMap(([name, path]) => {
    const truth = join(folder, `${name}.truth.json`);
    return existsSync(truth) ? [{ name, path, truth: JSON.parse(readFileSync(truth, 'utf8')) as Truth }] : [];
  });
}

const FOLDER = join(ROOT, 'traces', 'fixtures');

/** Tiny recordings, under 200 KB each. */
export const FIXTURES: readonly Recording[] = recordingsIn(FOLDER);

/** A parallel build: half a million events. */
export const KERNEL_BUILD: Recording = recordingsIn(join(ROOT, 'traces', 'kernel-build'))[0];

/** A file in `traces/fixtures`. */
export const fixturePath = (file: string): string => join(FOLDER, basename(file));
export const fixture = (file: string): Uint8Array => new Uint8Array(readFileSync(fixturePath(file)));

const VARIANT_FOLDER = join(ROOT, 'traces', 'perf-variants');

/** One command in the ways in which perf record can write: into a pipe, compressed, into a folder... */
export const PERF_VARIANTS: readonly Recording[] = recordingsIn(VARIANT_FOLDER);

export const perfVariant = (name: string): Recording => PERF_VARIANTS.find((each) => each.name === name)!;
