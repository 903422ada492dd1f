/**
 * The one event type between readers and replay: a batch of columns (typed arrays), so that a hot loop over millions of
 * events allocates nothing. Readers fill batches in time order; nothing here knows a trace format or the kernel model.
 */

/** Closed vocabulary of event kinds; the order is part of the canonical trace only by name, never by number. */
export const EVENT_KINDS = [
  'sys-enter',
  'sys-exit',
  'fault-user',
  'fault-kernel',
  'irq-vector',
  'device-irq',
  'nmi',
  'switch',
  'fork',
  'new-task',
  'exec',
  'exit',
  'rename',
  'tlb-flush',
  'waking',
  'lost',
  'switch-in',
  'noted-fork',
  'noted-exec',
  'noted-exit',
  'irq-vector-end',
  'cgroup',
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** Kind numbers as stored in {@link EventBatch.kind}: the index in {@link EVENT_KINDS}. */
export const Kind = {
  sysEnter: 0,
  sysExit: 1,
  faultUser: 2,
  faultKernel: 3,
  irqVector: 4,
  deviceIrq: 5,
  nmi: 6,
  switch: 7,
  fork: 8,
  newTask: 9,
  exec: 10,
  exit: 11,
  rename: 12,
  tlbFlush: 13,
  waking: 14,
  lost: 15,
  switchIn: 16,
  notedFork: 17,
  notedExec: 18,
  notedExit: 19,
  irqVectorEnd: 20,
  cgroup: 21,
} as const;

/** Whether an event is a note of the recorder, not something it traced. */
export const isNote = (kind: number): boolean => kind >= Kind.notedFork && kind <= Kind.notedExit;

/** What the columns mean for one kind; the source of the table in `docs/formats.md`. */
export interface KindMeaning {
  readonly about: string;
  readonly nr?: string;
  readonly args?: readonly string[];
  readonly result?: string;
  readonly text?: string;
  readonly text2?: string;
}

export const KIND_MEANINGS: Readonly<Record<EventKind, KindMeaning>> = {
  'sys-enter': {
    about: 'a task entered a syscall',
    nr: 'syscall number',
    args: ['argument 0', 'argument 1', 'argument 2', 'argument 3', 'argument 4', 'argument 5'],
  },
  'sys-exit': {
    about: 'the body of a syscall is done',
    nr: 'syscall number, -1 for rt_sigreturn',
    result: 'return value',
  },
  'fault-user': {
    about: 'a page fault taken in user mode',
    args: ['address', 'instruction pointer', 'error code'],
  },
  'fault-kernel': {
    about: 'a page fault taken in kernel mode',
    args: ['address', 'instruction pointer', 'error code'],
  },
  'irq-vector': { about: 'an APIC interrupt began', nr: 'vector', text: 'name of the vector' },
  'device-irq': { about: 'a handler of a device interrupt began', nr: 'irq', text: 'name of the handler' },
  nmi: { about: 'a handler of a non-maskable interrupt ran' },
  switch: {
    about: 'a CPU changed tasks; tid is the task that left',
    nr: 'task that came',
    result: 'state of the task that left: 0 = still runnable',
    text: 'name of the task that left',
    text2: 'name of the task that came',
  },
  fork: {
    about: 'a task made another; tid is the parent',
    nr: 'new task',
    args: ['process (tgid) of the new task, 0 where it is not shown'],
    text: 'name of the parent',
    text2: 'name of the child',
  },
  'new-task': {
    about: 'a task made another; tid is the parent',
    nr: 'new task',
    args: ['clone flags'],
    text: 'name of the child',
  },
  exec: {
    about: 'an exec succeeded; tid is the task after it',
    nr: 'task id before it (differs when another thread than the leader called)',
    text: 'file',
    text2: 'name before it',
  },
  exit: { about: 'a task ended', text: 'its name' },
  rename: { about: 'a task changed its name', text: 'new name', text2: 'old name' },
  'tlb-flush': { about: 'the kernel flushed or kept a TLB', nr: 'reason', args: ['pages: -1 = all'] },
  waking: { about: 'a task woke another; tid is the waker', nr: 'task woken' },
  lost: { about: 'the recorder lost events here', args: ['how many'] },
  'noted-fork': {
    about: 'the recorder noted a new task, which it does for tasks it does not trace too; tid is the parent',
    nr: 'new task',
    args: ['process (tgid) of the new task'],
  },
  'noted-exec': { about: 'the recorder noted an exec', text: 'name after it' },
  'noted-exit': { about: 'the recorder noted the end of a task' },
  'irq-vector-end': { about: 'the handler of an APIC interrupt is done', nr: 'vector', text: 'name of the vector' },
  cgroup: { about: 'the process of a task turns out to be in a cgroup', text: 'path of the cgroup' },
  'switch-in': { about: 'a CPU began to run a task; what it ran before is not shown' },
};

/** {@link EventBatch.depth} where the trace does not show the preempt depth. */
export const DEPTH_UNKNOWN = 255;
/** Arguments kept per event. */
export const ARGS = 6;
/** Events per batch. */
export const BATCH_CAPACITY = 4096;

/** Columns of up to {@link BATCH_CAPACITY} events. */
export interface EventBatch {
  length: number;
  /** Nanoseconds since `Trace.originNs`. */
  readonly time: Float64Array;
  /** CPU, -1 where the trace does not show it. */
  readonly cpu: Int16Array;
  readonly tid: Int32Array;
  /** tgid, -1 where the trace does not show it. */
  readonly pid: Int32Array;
  readonly kind: Uint8Array;
  readonly nr: Int32Array;
  /** {@link ARGS} u64 values an event, bit for bit. */
  readonly args: BigUint64Array;
  /** The same memory as {@link args}: low word at `2 * i`, high word at `2 * i + 1`. */
  readonly argWords: Uint32Array;
  readonly result: BigInt64Array;
  /** The same memory as {@link result}: low word at `2 * i`, high word at `2 * i + 1`. */
  readonly resultWords: Int32Array;
  /** Preempt depth of the interrupted context, or {@link DEPTH_UNKNOWN}. */
  readonly depth: Uint8Array;
  readonly flags: Uint8Array;
  /** Ids in the trace's {@link StringTable}; 0 is the empty string. */
  readonly text: Int32Array;
  readonly text2: Int32Array;
  /** Where a reader is told the cgroup with each record: id of its path; it makes events of kind `cgroup` of it. */
  readonly cgroup: Int32Array;
  /** Byte of the source at which each event's record begins, for messages. */
  readonly place: Float64Array;
}

export function createBatch(capacity = BATCH_CAPACITY): EventBatch {
  const args = new BigUint64Array(capacity * ARGS);
  const result = new BigInt64Array(capacity);
  return {
    length: 0,
    time: new Float64Array(capacity),
    cpu: new Int16Array(capacity),
    tid: new Int32Array(capacity),
    pid: new Int32Array(capacity),
    kind: new Uint8Array(capacity),
    nr: new Int32Array(capacity),
    args,
    argWords: new Uint32Array(args.buffer),
    result,
    resultWords: new Int32Array(result.buffer),
    depth: new Uint8Array(capacity),
    flags: new Uint8Array(capacity),
    text: new Int32Array(capacity),
    text2: new Int32Array(capacity),
    cgroup: new Int32Array(capacity),
    place: new Float64Array(capacity),
  };
}

/** Copies one row between batches. */
export function copyRow(from: EventBatch, row: number, to: EventBatch, toRow: number): void {
  to.time[toRow] = from.time[row]!;
  to.cpu[toRow] = from.cpu[row]!;
  to.tid[toRow] = from.tid[row]!;
  to.pid[toRow] = from.pid[row]!;
  to.kind[toRow] = from.kind[row]!;
  to.nr[toRow] = from.nr[row]!;
  // By words: a u64 that passes through JavaScript is an object.
  for (let i = 0; i < 2 * ARGS; i++) to.argWords[toRow * 2 * ARGS + i] = from.argWords[row * 2 * ARGS + i]!;
  to.resultWords[2 * toRow] = from.resultWords[2 * row]!;
  to.resultWords[2 * toRow + 1] = from.resultWords[2 * row + 1]!;
  to.depth[toRow] = from.depth[row]!;
  to.flags[toRow] = from.flags[row]!;
  to.text[toRow] = from.text[row]!;
  to.text2[toRow] = from.text2[row]!;
  to.cgroup[toRow] = from.cgroup[row]!;
  to.place[toRow] = from.place[row]!;
}

/** Copies rows `begin` to `end`, without `end`, to another batch, column by column. */
export function copyRows(from: EventBatch, begin: number, end: number, to: EventBatch, toRow: number): void {
  to.time.set(from.time.subarray(begin, end), toRow);
  to.cpu.set(from.cpu.subarray(begin, end), toRow);
  to.tid.set(from.tid.subarray(begin, end), toRow);
  to.pid.set(from.pid.subarray(begin, end), toRow);
  to.kind.set(from.kind.subarray(begin, end), toRow);
  to.nr.set(from.nr.subarray(begin, end), toRow);
  to.args.set(from.args.subarray(begin * ARGS, end * ARGS), toRow * ARGS);
  to.result.set(from.result.subarray(begin, end), toRow);
  to.depth.set(from.depth.subarray(begin, end), toRow);
  to.flags.set(from.flags.subarray(begin, end), toRow);
  to.text.set(from.text.subarray(begin, end), toRow);
  to.text2.set(from.text2.subarray(begin, end), toRow);
  to.cgroup.set(from.cgroup.subarray(begin, end), toRow);
  to.place.set(from.place.subarray(begin, end), toRow);
}

/** Sets the columns that not every kind fills to their empty values, in rows `from` to `to`, without `to` to the end. */
export function clearRows(batch: EventBatch, from: number, to = batch.nr.length): void {
  batch.nr.fill(0, from, to);
  batch.args.fill(0n, from * ARGS, to * ARGS);
  batch.result.fill(0n, from, to);
  batch.depth.fill(DEPTH_UNKNOWN, from, to);
  batch.flags.fill(0, from, to);
  batch.text.fill(0, from, to);
  batch.text2.fill(0, from, to);
}

/** As {@link clearRows}, of one row, for loops that do it once an event. */
export function clearRow(batch: EventBatch, row: number): void {
  batch.nr[row] = 0;
  for (let i = 0; i < ARGS; i++) batch.args[row * ARGS + i] = 0n;
  batch.resultWords[2 * row] = 0;
  batch.resultWords[2 * row + 1] = 0;
  batch.depth[row] = DEPTH_UNKNOWN;
  batch.flags[row] = 0;
  batch.text[row] = 0;
  batch.text2[row] = 0;
}

/** Receives events in time order: rows `from` (inclusive) to `to` (exclusive) of a batch that is only valid during the call. */
export type EventSink = (batch: EventBatch, from: number, to: number) => void;
