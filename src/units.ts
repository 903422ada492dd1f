/**
 * Branded units. A brand is a compile-time tag only: at run time each is a plain number, so hot loops pay nothing.
 * The constructor of each brand is the single doorway from a bare number.
 */
declare const unit: unique symbol;
type Branded<T, Name extends string> = T & { readonly [unit]: Name };

/** Cycles of the modelled core. */
export type Cycles = Branded<number, 'Cycles'>;
/** Nanoseconds since the first instant of the trace (`Trace.originNs` holds that instant itself). */
export type Nanoseconds = Branded<number, 'Nanoseconds'>;
/** A process id: the kernel's tgid. Reused by the kernel, so never a key across time. */
export type Pid = Branded<number, 'Pid'>;
/** A task id: the kernel's pid, what `gettid` returns. */
export type Tid = Branded<number, 'Tid'>;
/** A hardware process-context identifier, the low 12 bits of CR3. */
export type Pcid = Branded<number, 'Pcid'>;

export const cycles = (value: number): Cycles => value as Cycles;
export const nanoseconds = (value: number): Nanoseconds => value as Nanoseconds;
export const pid = (value: number): Pid => value as Pid;
export const tid = (value: number): Tid => value as Tid;
export const pcid = (value: number): Pcid => value as Pcid;

/** A 90 % interval round a best estimate; `low <= mid <= high`. */
export interface Estimate {
  readonly low: number;
  readonly mid: number;
  readonly high: number;
}
