/** Facts of the recording host: `--host`, and the sidecar beside a trace. */
import { readFile } from 'node:fs/promises';
import { findCpu, nearestCpuId } from '../cpu-model/cpus/index.ts';
import { inputError, printable, usageError } from '../errors.ts';
import { knownHostFacts, wrongHostFact } from '../trace/host-fields.ts';
import type { HostFacts } from '../trace/trace.ts';

export const SIDECAR_SUFFIX = '.host.json';
const SIDECAR_SCHEMA = 'ptilab.host';
const SIDECAR_VERSION = 1;

/** Facts written on the command line, by key. */
const WRITTEN: Readonly<Record<string, (text: string) => unknown>> = {
  pcid: flagOf,
  invpcid: flagOf,
  pti: flagOf,
  cpu: (text) => (text === '' ? undefined : text),
  kernel: (text) => (/^\d+\.\d+(?![\w,])/.test(text) ? text : undefined),
  instrPerNs: (text) => (/^\d+(\.\d+)?$/.test(text) && Number(text) > 0 ? Number(text) : undefined),
};

function flagOf(text: string): boolean | undefined {
  return text === '1' ? true : text === '0' ? false : undefined;
}

/** `--host`: a file, or facts separated by commas. */
export async function hostFromOption(option: string): Promise<HostFacts> {
  if (!/^[A-Za-z]+=/.test(option)) return (await readSidecar(option, true))!;
  const facts: Record<string, unknown> = {};
  for (const part of option.split(',')) {
    const equals = part.indexOf('=');
    const key = part.slice(0, equals);
    const read = Object.hasOwn(WRITTEN, key) ? WRITTEN[key] : undefined;
    const value = equals > 0 ? read?.(part.slice(equals + 1)) : undefined;
    if (value === undefined)
      throw usageError('not a fact of a host', printable(part), `write ${Object.keys(WRITTEN).join('=…,')}=…`);
    facts[key] = value;
  }
  return facts;
}

/** Times of the same work without the recorder, and the CPU they were taken on where it is another than the recorder's. */
export interface Untraced {
  readonly times: NonNullable<HostFacts['untraced']>;
  readonly cpu: string | undefined;
}

const TIMES = ['user', 'sys', 'wall'] as const;

/** `--untraced`: a file, or times separated by commas. */
export async function untracedFromOption(option: string): Promise<Untraced> {
  const found = /^[A-Za-z]+=/.test(option) ? untracedFromText(option) : await untracedFromFile(option);
  const { user = 0, sys = 0 } = found.times;
  if (user + sys <= 0)
    throw usageError('no CPU time', printable(option), 'write user=S,sys=S in seconds, above 0 in all');
  if (found.cpu !== undefined && !findCpu(found.cpu))
    throw usageError(
      'unknown CPU',
      printable(found.cpu),
      `did you mean ${nearestCpuId(found.cpu)}? ptilab cpus lists all`,
    );
  return found;
}

function untracedFromText(option: string): Untraced {
  const times: { user?: number; sys?: number; wall?: number } = {};
  let cpu: string | undefined;
  const seen = new Set<string>();
  for (const part of option.split(',')) {
    const equals = Math.max(0, part.indexOf('='));
    const [key, text] = [part.slice(0, equals), part.slice(equals + 1)];
    const name = TIMES.find((each) => each === key);
    const wrong = seen.has(key) || (name ? !/^\d+(\.\d+)?$/.test(text) : key !== 'cpu' || text === '');
    if (wrong)
      throw usageError(
        'not a time of untraced work',
        printable(part),
        'write user=S,sys=S[,wall=S][,cpu=ID], each once',
      );
    seen.add(key);
    if (name) times[name] = Number(text);
    else cpu = text;
  }
  return { times, cpu };
}

async function untracedFromFile(path: string): Promise<Untraced> {
  const facts = (await readSidecar(path, true))!;
  if (!facts.untraced) throw inputError('host facts without "untraced"', printable(path), 'name a file that has them');
  return { times: facts.untraced, cpu: facts.cpu };
}

/** The sidecar of a trace, where there is one. */
export const sidecarOf = (trace: string): Promise<HostFacts | undefined> =>
  trace === '-' ? Promise.resolve(undefined) : readSidecar(trace + SIDECAR_SUFFIX, false);

async function readSidecar(path: string, required: boolean): Promise<HostFacts | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (!required && isMissing(error)) return undefined;
    throw inputError(
      'the file of host facts cannot be read',
      printable(path),
      'name an existing file, or write facts as pcid=1,kernel=6.1',
      error,
    );
  }
  return parseSidecar(text, path);
}

const MISSING: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG']);
const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && MISSING.has(String(error.code));

function parseSidecar(text: string, path: string): HostFacts {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw inputError('host facts are not JSON', printable(path), 'mend or remove the file', error);
  }
  const { schema, version, ...rest } = (typeof content === 'object' && content !== null ? content : {}) as Record<
    string,
    unknown
  >;
  if (schema !== SIDECAR_SCHEMA)
    throw inputError(`no "schema": "${SIDECAR_SCHEMA}"`, printable(path), 'mend or remove the file');
  if (version !== SIDECAR_VERSION)
    throw inputError(
      `host facts of version ${printable(String(version))}`,
      printable(path),
      `this ptilab reads version ${SIDECAR_VERSION}`,
    );
  const bad = wrongHostFact(rest);
  if (bad !== undefined)
    throw inputError(`host facts with a wrong "${bad}"`, printable(path), 'mend or remove the file');
  return knownHostFacts(rest);
}

/** `--tgids`: process by task. */
export async function tgidsFrom(path: string): Promise<ReadonlyMap<number, number>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw inputError('the file of tgids cannot be read', printable(path), 'name a copy of tracefs saved_tgids', error);
  }
  const pairs = new Map<number, number>();
  for (const [i, line] of text.split('\n').entries()) {
    const pair = /^\s*(\d{1,10})\s+(\d{1,10})\s*$/.exec(line);
    if (pair) pairs.set(Number(pair[1]), Number(pair[2]));
    else if (line.trim() !== '')
      throw inputError(
        'not a line "tid tgid"',
        `${printable(path)}, line ${i + 1}`,
        'name a copy of tracefs saved_tgids',
      );
  }
  return pairs;
}
