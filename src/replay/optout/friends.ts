/** "setuid() and friends": calls, by x86-64 number, that some rule of an opt-out is about, beside those that change ids. */
import { isCredentialCall } from './credentials.ts';

/** CLONE_NEWUSER. */
export const NEW_USER = 0x1000_0000;

/** What a call that returned did. */
export type Effect =
  /** The method of the state machine that hears of it. */
  | { readonly what: 'setgroups' | 'newUserNamespace' | 'seccomp' }
  | { readonly what: 'no-new-privileges' | 'traceme' }
  /** `stays`: the caller goes on as the tracer. */
  | { readonly what: 'attach'; readonly pid: number; readonly stays: boolean }
  | { readonly what: 'detach'; readonly pid: number };

const SETGROUPS = 116;
const UNSHARE = 272;
const SETNS = 308;
const PTRACE = 101;
const PROCESS_VM_WRITEV = 311;
const SECCOMP = 317;
const PRCTL = 157;
const CALLS: ReadonlySet<number> = new Set([SETGROUPS, UNSHARE, SETNS, PTRACE, PROCESS_VM_WRITEV, SECCOMP, PRCTL]);

/** Requests of ptrace(2). */
const TRACEME = 0;
const ATTACH = 16;
const DETACH = 17;
const SEIZE = 0x4206;
/** Options of prctl(2), and SECCOMP_MODE_FILTER. */
const SET_SECCOMP = 22;
const SET_NO_NEW_PRIVS = 38;
const MODE_FILTER = 2;
/** Operation of seccomp(2). */
const SET_MODE_FILTER = 1;

/** Calls whose arguments are needed when they return. */
export const isWatched = (nr: number): boolean => isCredentialCall(nr) || CALLS.has(nr);

/**
 * @param args - its arguments, u64
 * @param result - its return value
 */
export function effectOf(nr: number, args: readonly bigint[], result: bigint): Effect | undefined {
  if (!CALLS.has(nr) || result < 0n) return undefined;
  const arg = (i: number): number => Number(BigInt.asUintN(32, args[i] ?? 0n));
  switch (nr) {
    case SETGROUPS:
      return { what: 'setgroups' };
    case UNSHARE:
      return (arg(0) & NEW_USER) === 0 ? undefined : { what: 'newUserNamespace' };
    case SETNS:
      // Type 0 is whatever the file is: that it is a user namespace shows only where it is asked for.
      return (arg(1) & NEW_USER) === 0 ? undefined : { what: 'newUserNamespace' };
    case SECCOMP:
      return arg(0) === SET_MODE_FILTER ? { what: 'seccomp' } : undefined;
    case PRCTL:
      if (arg(0) === SET_NO_NEW_PRIVS) return arg(1) === 1 ? { what: 'no-new-privileges' } : undefined;
      return arg(0) === SET_SECCOMP && arg(1) === MODE_FILTER ? { what: 'seccomp' } : undefined;
    case PROCESS_VM_WRITEV:
      return { what: 'attach', pid: arg(0), stays: false };
    case PTRACE:
      if (arg(0) === TRACEME) return { what: 'traceme' };
      if (arg(0) === DETACH) return { what: 'detach', pid: arg(1) };
      return arg(0) === ATTACH || arg(0) === SEIZE ? { what: 'attach', pid: arg(1), stays: true } : undefined;
    default:
      return undefined;
  }
}
