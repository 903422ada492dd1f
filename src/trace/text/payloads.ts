/**
 * What tracepoints print behind their name: one entry an event. Names inside may hold anything, so the fields behind a name are
 * looked for from the right.
 */
import type { Signal } from '../coverage.ts';
import { ARGS, Kind, type EventBatch } from '../event.ts';
import { IRQ_VECTORS } from '../irq-vectors.ts';
import type { InternBytes } from './names.ts';
import { find, findLast, NumberScanner, skipSpaces, startsWith, wordOf } from './scan.ts';

/** Fills a row from the payload, bytes `from` to `to`; false where it is not what the event prints. */
export type ParsePayload = (data: Uint8Array, from: number, to: number, batch: EventBatch, row: number) => boolean;

export interface Payload {
  /** The event's system, where the text names it: `sched` in `sched:sched_switch`. */
  readonly system: string;
  readonly kind: number;
  readonly signal: Signal | undefined;
  readonly parse: ParsePayload;
}

interface Scanners {
  readonly number: NumberScanner;
  readonly intern: InternBytes;
}

/** A field `key=value` whose value has no spaces, found from the right. */
function decimalField(key: string): (scan: Scanners, data: Uint8Array, from: number, to: number) => number | undefined {
  const word = wordOf(key);
  return ({ number }, data, from, to) => {
    const at = findLast(data, from, to, word);
    if (at < 0) return undefined;
    const value = number.decimal(data, at + word.length, to);
    return number.ok ? value : undefined;
  };
}

const NR = wordOf('NR ');
const EQUALS = wordOf('= ');

function sysEnter({ number }: Scanners): ParsePayload {
  return (data, from, to, batch, row) => {
    if (!startsWith(data, from, to, NR)) return false;
    batch.nr[row] = number.decimal(data, from + NR.length, to);
    if (!number.ok) return false;
    let at = skipSpaces(data, number.at, to) + 1; // "("
    for (let i = 0; i < ARGS; i++) {
      number.hex(data, skipSpaces(data, at, to), to);
      if (!number.ok) return false;
      batch.argWords[(row * ARGS + i) * 2] = number.low;
      batch.argWords[(row * ARGS + i) * 2 + 1] = number.high;
      at = number.at + 1; // "," or ")"
    }
    return true;
  };
}

function sysExit({ number }: Scanners): ParsePayload {
  return (data, from, to, batch, row) => {
    if (!startsWith(data, from, to, NR)) return false;
    batch.nr[row] = number.decimal(data, from + NR.length, to);
    const equals = number.ok ? find(data, number.at, to, EQUALS) : -1;
    if (equals < 0) return false;
    const first = equals + EQUALS.length;
    const value = number.decimal(data, first, to);
    if (!number.ok) return false;
    if (Number.isSafeInteger(value)) {
      batch.resultWords[2 * row] = value | 0;
      batch.resultWords[2 * row + 1] = Math.floor(value / TWO_32);
    } else batch.result[row] = BigInt(text(data, first, number.at));
    return true;
  };
}

const TWO_32 = 2 ** 32;
const text = (data: Uint8Array, from: number, to: number): string => String.fromCharCode(...data.subarray(from, to));

const ADDRESS = wordOf('address=');
const IP = wordOf(' ip=');
const ERROR_CODE = wordOf(' error_code=');
const HEX = wordOf('0x');

function pageFault({ number }: Scanners): ParsePayload {
  return (data, from, to, batch, row) => {
    const put = (i: number): boolean => {
      batch.argWords[(row * ARGS + i) * 2] = number.low;
      batch.argWords[(row * ARGS + i) * 2 + 1] = number.high;
      return number.ok;
    };
    const address = find(data, from, to, ADDRESS);
    if (address < 0) return false;
    let at = address + ADDRESS.length;
    // Of an address in the kernel the symbol may be printed instead.
    if (startsWith(data, at, to, HEX)) {
      number.hex(data, at, to);
      if (!put(0)) return false;
      at = number.at;
    }
    const ip = find(data, at, to, IP);
    if (ip >= 0) at = ip + IP.length;
    if (ip >= 0 && startsWith(data, at, to, HEX)) {
      number.hex(data, at, to);
      put(1);
      at = number.at;
    }
    const error = find(data, at, to, ERROR_CODE);
    if (error < 0) return false;
    number.hex(data, error + ERROR_CODE.length, to);
    return put(2);
  };
}

const vectorField = decimalField('vector=');

const irqVector =
  (name: string) =>
  (scan: Scanners): ParsePayload => {
    const word = wordOf(name);
    const id = scan.intern(word, 0, word.length);
    return (data, from, to, batch, row) => {
      const vector = vectorField(scan, data, from, to);
      if (vector === undefined) return false;
      batch.nr[row] = vector;
      batch.text[row] = id;
      return true;
    };
  };

const IRQ = wordOf('irq=');
const NAME = wordOf(' name=');

function deviceIrq({ number, intern }: Scanners): ParsePayload {
  return (data, from, to, batch, row) => {
    const irq = find(data, from, to, IRQ);
    if (irq < 0) return false;
    batch.nr[row] = number.decimal(data, irq + IRQ.length, to);
    const name = find(data, number.at, to, NAME);
    if (name >= 0) batch.text[row] = intern(data, name + NAME.length, to);
    return number.ok;
  };
}

const SWITCH = ['prev_comm=', ' prev_pid=', ' prev_prio=', ' prev_state=', ' ==> next_comm=', ' next_pid='].map(wordOf);

/** Letters of a task's state as the bits of prev_state. */
const STATES: ReadonlyMap<string, number> = new Map([
  ['R', 0],
  ['S', 1],
  ['D', 2],
  ['T', 4],
  ['t', 8],
  ['X', 0x10],
  ['Z', 0x20],
  ['P', 0x40],
  ['I', 0x80],
]);

const ARROW = wordOf(' ==> ');
const PRIORITY = wordOf(' [');
const CLOSE = wordOf('] ');
const COLON = wordOf(':');

/** `sleep:13638 [120] S ==> swapper/1:0 [120]`: as libtraceevent's plugin prints a switch. */
function shortSchedSwitch({ number, intern }: Scanners): ParsePayload {
  return (data, from, to, batch, row) => {
    const arrow = findLast(data, from, to, ARROW);
    const next = arrow + ARROW.length;
    const nextEnd = findLast(data, next, to, PRIORITY);
    const nextColon = findLast(data, next, nextEnd, COLON);
    const prevEnd = findLast(data, from, arrow, PRIORITY);
    const prevColon = findLast(data, from, prevEnd, COLON);
    if (arrow < 0 || nextColon < 0 || prevColon < 0) return false;
    batch.tid[row] = number.decimal(data, prevColon + 1, prevEnd);
    if (!number.ok || number.at !== prevEnd) return false;
    batch.nr[row] = number.decimal(data, nextColon + 1, nextEnd);
    if (!number.ok || number.at !== nextEnd) return false;
    const bracket = find(data, prevEnd, arrow, CLOSE);
    batch.result[row] = stateOf(data[bracket + CLOSE.length]);
    batch.text[row] = intern(data, from, prevColon);
    batch.text2[row] = intern(data, next, nextColon);
    return bracket >= 0;
  };
}

/** The state of a task by the first of its letters; one that is not known counts as asleep. */
const stateOf = (letter: number): bigint => BigInt(STATES.get(String.fromCharCode(letter)) ?? 1);

function schedSwitch(scan: Scanners): ParsePayload {
  const { number, intern } = scan;
  const shortSwitch = shortSchedSwitch(scan);
  const [prevComm, prevPid, prevPrio, prevState, nextComm, nextPid] = SWITCH;
  return (data, from, to, batch, row) => {
    const e = findLast(data, from, to, nextPid);
    const d = findLast(data, from, e, nextComm);
    const c = findLast(data, from, d, prevState);
    const b = findLast(data, from, c, prevPrio);
    const a = findLast(data, from, b, prevPid);
    if (a < 0 || !startsWith(data, from, to, prevComm)) return shortSwitch(data, from, to, batch, row);
    batch.tid[row] = number.decimal(data, a + prevPid.length, to);
    if (!number.ok) return false;
    batch.nr[row] = number.decimal(data, e + nextPid.length, to);
    if (!number.ok) return false;
    batch.result[row] = stateOf(data[c + prevState.length]);
    batch.text[row] = intern(data, from + prevComm.length, a);
    batch.text2[row] = intern(data, d + nextComm.length, e);
    return true;
  };
}

const CHILD_COMM = wordOf(' child_comm=');
const CHILD_PID = wordOf(' child_pid=');
const COMM = wordOf('comm=');
const PID = wordOf(' pid=');

function fork({ number, intern }: Scanners): ParsePayload {
  return (data, from, to, batch, row) => {
    const d = findLast(data, from, to, CHILD_PID);
    const c = findLast(data, from, d, CHILD_COMM);
    const b = findLast(data, from, c, PID);
    if (b < 0) return false;
    batch.nr[row] = number.decimal(data, d + CHILD_PID.length, to);
    batch.text[row] = intern(data, from + COMM.length, b);
    batch.text2[row] = intern(data, c + CHILD_COMM.length, d);
    return number.ok;
  };
}

const TASK_PID = wordOf('pid=');
const TASK_COMM = wordOf(' comm=');
const CLONE_FLAGS = wordOf(' clone_flags=');

function newTask({ number, intern }: Scanners): ParsePayload {
  return (data, from, to, batch, row) => {
    const flags = findLast(data, from, to, CLONE_FLAGS);
    const comm = find(data, from, to, TASK_COMM);
    if (flags < 0 || comm < 0) return false;
    batch.nr[row] = number.decimal(data, from + TASK_PID.length, to);
    if (!number.ok) return false;
    number.hex(data, flags + CLONE_FLAGS.length, to);
    batch.argWords[row * ARGS * 2] = number.low;
    batch.argWords[row * ARGS * 2 + 1] = number.high;
    batch.text[row] = intern(data, comm + TASK_COMM.length, flags);
    return number.ok;
  };
}

const FILENAME = wordOf('filename=');
const OLD_PID = wordOf(' old_pid=');

function exec({ number, intern }: Scanners): ParsePayload {
  return (data, from, to, batch, row) => {
    const old = findLast(data, from, to, OLD_PID);
    const pid = findLast(data, from, old, PID);
    if (pid < 0) return false;
    batch.tid[row] = number.decimal(data, pid + PID.length, to);
    batch.nr[row] = number.decimal(data, old + OLD_PID.length, to);
    batch.text[row] = intern(data, from + FILENAME.length, pid);
    return number.ok;
  };
}

function exit({ number, intern }: Scanners): ParsePayload {
  return (data, from, to, batch, row) => {
    const pid = findLast(data, from, to, PID);
    if (pid < 0) return false;
    batch.tid[row] = number.decimal(data, pid + PID.length, to);
    batch.text[row] = intern(data, from + COMM.length, pid);
    return number.ok;
  };
}

const OLD_COMM = wordOf(' oldcomm=');
const NEW_COMM = wordOf(' newcomm=');
const OOM = wordOf(' oom_score_adj=');

function rename({ number, intern }: Scanners): ParsePayload {
  return (data, from, to, batch, row) => {
    const old = find(data, from, to, OLD_COMM);
    const end = findLast(data, from, to, OOM);
    const next = findLast(data, from, end, NEW_COMM);
    if (old < 0 || next < 0) return false;
    batch.tid[row] = number.decimal(data, from + TASK_PID.length, to);
    batch.text[row] = intern(data, next + NEW_COMM.length, end);
    batch.text2[row] = intern(data, old + OLD_COMM.length, next);
    return number.ok;
  };
}

const PAGES = wordOf('pages');
const REASON = wordOf('(');
/** Reasons in the order of their numbers, where these are not printed; kernels write them in capitals or not. */
const REASONS = [' task switch', 'remote shootdown', 'local shootdown', 'local mm shootdown', 'remote ipi send'];

function tlbFlush({ number }: Scanners): ParsePayload {
  return (data, from, to, batch, row) => {
    // "pages:-1 reason:flush on task switch (0)": the words differ between kernels, the number does not.
    if (!startsWith(data, from, to, PAGES)) return false;
    const pages = number.decimal(data, from + PAGES.length + 1, to);
    if (!number.ok || !Number.isSafeInteger(pages)) return false;
    batch.args[row * ARGS] = BigInt.asUintN(64, BigInt(pages));
    // Columns behind it (`-F +dso`) may hold brackets too.
    const reason = find(data, from, to, REASON);
    if (reason < 0) {
      const words = text(data, from, Math.min(to, from + 80)).toLowerCase();
      batch.nr[row] = REASONS.findIndex((known) => words.includes(known));
      return batch.nr[row] >= 0;
    }
    batch.nr[row] = number.decimal(data, reason + 1, to);
    return number.ok;
  };
}

const wakingPid = decimalField(' pid=');

function waking(scan: Scanners): ParsePayload {
  return (data, from, to, batch, row) => {
    const pid = wakingPid(scan, data, from, to);
    if (pid === undefined) return false;
    batch.nr[row] = pid;
    return true;
  };
}

interface Source {
  readonly system: string;
  readonly kind: number;
  readonly signal?: Signal;
  readonly make: (scan: Scanners) => ParsePayload;
}

/** By the event's own name, without its system. */
const SOURCES: Readonly<Record<string, Source>> = {
  sys_enter: { system: 'raw_syscalls', kind: Kind.sysEnter, signal: 'syscalls', make: sysEnter },
  sys_exit: { system: 'raw_syscalls', kind: Kind.sysExit, make: sysExit },
  page_fault_user: { system: 'exceptions', kind: Kind.faultUser, signal: 'userFaults', make: pageFault },
  page_fault_kernel: { system: 'exceptions', kind: Kind.faultKernel, make: pageFault },
  ...Object.fromEntries(
    IRQ_VECTORS.map((name): [string, Source] => [
      `${name}_entry`,
      { system: 'irq_vectors', kind: Kind.irqVector, signal: 'interrupts', make: irqVector(name) },
    ]),
  ),
  ...Object.fromEntries(
    IRQ_VECTORS.map((name): [string, Source] => [
      `${name}_exit`,
      { system: 'irq_vectors', kind: Kind.irqVectorEnd, make: irqVector(name) },
    ]),
  ),
  irq_handler_entry: { system: 'irq', kind: Kind.deviceIrq, signal: 'interrupts', make: deviceIrq },
  nmi_handler: { system: 'nmi', kind: Kind.nmi, signal: 'nmis', make: () => () => true },
  sched_switch: { system: 'sched', kind: Kind.switch, signal: 'contextSwitches', make: schedSwitch },
  sched_process_fork: { system: 'sched', kind: Kind.fork, signal: 'lifecycle', make: fork },
  task_newtask: { system: 'task', kind: Kind.newTask, make: newTask },
  sched_process_exec: { system: 'sched', kind: Kind.exec, make: exec },
  sched_process_exit: { system: 'sched', kind: Kind.exit, make: exit },
  task_rename: { system: 'task', kind: Kind.rename, make: rename },
  tlb_flush: { system: 'tlb', kind: Kind.tlbFlush, signal: 'tlbFlushes', make: tlbFlush },
  sched_waking: { system: 'sched', kind: Kind.waking, signal: 'wakeups', make: waking },
};

/** Parsers of all events, sharing one interner. */
export function createPayloads(intern: InternBytes): ReadonlyMap<string, Payload> {
  const scan: Scanners = { number: new NumberScanner(), intern };
  return new Map(
    Object.entries(SOURCES).map(([name, { system, kind, signal, make }]) => [
      name,
      { system, kind, signal, parse: make(scan) },
    ]),
  );
}
