/** What facts of a host must look like, wherever they were read: a sidecar, the metadata of a trace. */
import type { HostFacts } from './trace.ts';

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

/** Every fact is optional. */
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
  cpuName: isText,
  cpuId: isText,
  arch: isText,
  cpus: isPid,
  untraced: fieldsOf({ user: isNumber, sys: isNumber, wall: isNumber }),
};

/** The first fact that is not what it should be; undefined where all are. */
export const wrongHostFact = (facts: Readonly<Record<string, unknown>>): string | undefined =>
  Object.entries(FIELDS).find(([name, check]) => facts[name] !== undefined && !check(facts[name]))?.[0];

/** The facts among other fields. Check them with {@link wrongHostFact} first. */
export const knownHostFacts = (fields: Readonly<Record<string, unknown>>): HostFacts =>
  Object.fromEntries(Object.keys(FIELDS).flatMap((name) => (fields[name] === undefined ? [] : [[name, fields[name]]])));
