/** Facts of the recording host: `--host`, and the sidecar beside a trace. */
import { readFile } from 'node:fs/promises';
import { inputError, printable, usageError } from '../errors.ts';
import type { HostFacts } from '../trace/trace.ts';

export const SIDECAR_SUFFIX = '.host.json';
const SIDECAR_SCHEMA = 'ptilab.host';
const SIDECAR_VERSION = 1;

type Check = (value: unknown) => boolean;
const isNumber: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const isPid: Check = (value) => Number.isInteger(value) && (value as number) >= 0;
const isText: Check = (value) => typeof value === 'string';
const isBoolean: Check = (value) => typeof value === 'boolean';
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const fieldsOf =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(fields).every(([name, check]) => {
      const field: unknown = (value as Record<string, unknown>)[name];
      return field === undefined || check(field);
    });

/** Fields of a sidecar; every one is optional. */
const FIELDS: Readonly<Record<string, Check>> = {
  pcid: isBoolean,
  invpcid: isBoolean,
  pti: isBoolean,
  cpu: isText,
  kernel: isText,
  instrPerNs: isNumber,
  kernelThreads: listOf(isPid),
  recorderPids: listOf(isPid),
  command: fieldsOf({ pid: isPid, argv: listOf(isText) }),
  untraced: fieldsOf({ user: isNumber, sys: isNumber, wall: isNumber }),
};

/** Facts written on the command line, by key. */
const WRITTEN: Readonly<Record<string, (text: string) => unknown>> = {
  pcid: flagOf,
  invpcid: flagOf,
  pti: flagOf,
  cpu: (text) => text,
  kernel: (text) => text,
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

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');

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
  const bad = Object.entries(FIELDS).find(([name, check]) => rest[name] !== undefined && !check(rest[name]));
  if (bad) throw inputError(`host facts with a wrong "${bad[0]}"`, printable(path), 'mend or remove the file');
  return Object.fromEntries(
    Object.keys(FIELDS).flatMap((name) => (rest[name] === undefined ? [] : [[name, rest[name]]])),
  );
}
