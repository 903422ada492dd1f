/** Expected failures. Bugs are assertions; what a user can cause is one of these. */

/** What went wrong decides the exit code of the command line. */
export type FailureKind = 'usage' | 'input' | 'cannot-tell' | 'output' | 'interrupted' | 'difference';

/**
 * An expected failure, told as `what: where: what to do`. Every part is one line: callers pass untrusted names through
 * {@link printable} first.
 */
export class PtilabError extends Error {
  override readonly name = 'PtilabError';
  constructor(
    readonly kind: FailureKind,
    readonly what: string,
    readonly where: string,
    readonly todo: string,
    options?: ErrorOptions,
  ) {
    super(`${what}: ${where}: ${todo}`, options);
  }
}

export const usageError = (what: string, where: string, todo: string, cause?: unknown): PtilabError =>
  new PtilabError('usage', what, where, todo, { cause });
export const inputError = (what: string, where: string, todo: string, cause?: unknown): PtilabError =>
  new PtilabError('input', what, where, todo, { cause });
export const cannotTellError = (what: string, where: string, todo: string): PtilabError =>
  new PtilabError('cannot-tell', what, where, todo);
export const outputError = (what: string, where: string, todo: string, cause?: unknown): PtilabError =>
  new PtilabError('output', what, where, todo, { cause });
/** What was to be the same is not; the differences themselves were said before. */
export const differenceError = (what: string, where: string, todo: string): PtilabError =>
  new PtilabError('difference', what, where, todo);

/** A developer's mistake, never a user's: throws a plain Error. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}

/** Closes a switch over a union: unreachable while the types hold. */
export function unreachable(value: never): never {
  throw new Error(`assertion failed: unexpected ${String(value)}`);
}

/* eslint-disable-next-line no-control-regex */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Untrusted text made safe for one line of a terminal: controls and bidi marks become `\xNN`, long text is cut. */
export function printable(text: string, most = 200): string {
  const safe = text.replace(UNPRINTABLE, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return safe.length > most ? `${safe.slice(0, most)}…` : safe;
}
