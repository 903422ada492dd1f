/** Kinds of causes: those of numbered calls and vectors are one kind each. */
import { Cause } from '../replay/causes.ts';
import { mayFlush } from '../replay/flush-causes.ts';
import { syscallName } from '../trace/syscalls.ts';

const NUMBERED = ['syscall', 'irq'];

/** `syscall:3` is of kind `syscall`; a cause without a number is a kind of its own. */
export function causeKind(cause: string): string {
  const [prefix] = cause.split(':', 1);
  return NUMBERED.includes(prefix) ? prefix : cause;
}

/** Numbers up to here are asked whether they may flush. */
const CALLS = 512;
/** Calls that copy or replace an address space. */
const COPYING = ['clone', 'fork', 'clone3', 'execve', 'execveat'];

/** Every kind that a replay may make, but for flushes during calls that are not known to need one. */
export function causeKinds(): readonly string[] {
  const calls = Array.from({ length: CALLS }, (_, nr) => nr).flatMap((nr) =>
    mayFlush(nr) ? [syscallName(nr) ?? String(nr)] : [],
  );
  const flushes = [...calls, ...COPYING, 'fault', 'kernel'].map((name) => `flush:${name}`);
  return [...NUMBERED, ...Object.values(Cause), ...flushes];
}
