/** A moment on the clock of a trace, as a user writes it. */
import { printable, usageError } from '../errors.ts';

const UNITS: Readonly<Record<string, number>> = { s: 1e9, ms: 1e6, us: 1e3, ns: 1 };

/** `1.25`, `1.25s`, `1250ms`, `1250000000ns`: nanoseconds since the start of the recording. */
export function momentOf(text: string, option: string): number {
  const match = /^(\d{1,15}(?:\.\d{1,12})?)\s?(s|ms|us|ns)?$/.exec(text);
  const ns = match ? Math.round(Number(match[1]) * UNITS[match[2] ?? 's']) : NaN;
  if (Number.isSafeInteger(ns)) return ns;
  throw usageError(
    'not a time',
    `${option} ${printable(text)}`,
    'write seconds since the start of the recording as 1.25, 1.25s, 1250ms or 1250000000ns',
  );
}

/** A whole number, as of a process or a CPU. */
export function numberOf(text: string, option: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw usageError('not a number', `${option} ${printable(text)}`, 'write it in digits, as 417');
}
