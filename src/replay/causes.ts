/** The names of causes, as small integers: what made the kernel issue an operation. */

/** Ids of cause names; those of syscalls and vectors are looked up by number. */
export interface Causes {
  syscall(nr: number): number;
  interrupt(vector: number): number;
  named(name: string): number;
  name(id: number): string;
}

export function createCauses(): Causes {
  const names: string[] = [];
  const ids = new Map<string, number>();
  const syscalls: number[] = [];
  const interrupts: number[] = [];
  const named = (name: string): number => {
    let id = ids.get(name);
    if (id === undefined) {
      id = names.length;
      names.push(name);
      ids.set(name, id);
    }
    return id;
  };
  const indexed = (table: number[], prefix: string, index: number): number => {
    if (index < 0 || index > 4095) return named(`${prefix}:${index}`);
    return (table[index] ??= named(`${prefix}:${index}`));
  };
  return {
    syscall: (nr) => indexed(syscalls, 'syscall', nr),
    interrupt: (vector) => indexed(interrupts, 'irq', vector),
    named,
    name: (id) => names[id] ?? '',
  };
}

/** Causes that are not numbered. */
export const Cause = {
  fault: 'fault',
  deviceIrq: 'device-irq',
  nmi: 'nmi',
  /** Something that the trace does not show: an interrupt, an exception, a call. */
  unrecorded: 'unrecorded',
  switch: 'switch',
  exec: 'exec',
  exit: 'exit',
  /** A change of who is opted out, in an address space in use. */
  transition: 'transition',
} as const;

/**
 * What operations with a cause are for: `crossing` = between user mode and the kernel; `inferred-crossing` = the same, by an
 * interrupt whose interrupted mode was inferred; `switch` and `flush` = loads of another address space, and what empties TLBs, a change of the opt-out among it.
 */
export type Purpose = (typeof PURPOSES)[number];
export const PURPOSES = ['crossing', 'inferred-crossing', 'switch', 'flush'] as const;

const SWITCH: ReadonlySet<string> = new Set([Cause.switch, Cause.exec, Cause.exit]);
const INFERRED: ReadonlySet<string> = new Set([Cause.deviceIrq, Cause.nmi, Cause.unrecorded]);

export function purposeOf(cause: string): Purpose {
  if (SWITCH.has(cause)) return 'switch';
  if (cause.startsWith('flush:') || cause === Cause.transition) return 'flush';
  return INFERRED.has(cause) || cause.startsWith('irq:') ? 'inferred-crossing' : 'crossing';
}

export const isCrossing = (purpose: Purpose): boolean => purpose === 'crossing' || purpose === 'inferred-crossing';
