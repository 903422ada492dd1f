/**
 * What tracepoints print behind their name: one entry an event. Names inside may hold anything, so the fields behind a name are
 * looked for from the right.
 */
import type { Signal } from '../coverage.ts';
import { ARGS, Kind, type EventBatch } from '../event.ts';
import { IRQ_VECTORS } from '../irq-vectors.ts';
import type { InternBytes } from './names.ts';
import { find, findLast, NumberScanner, skipSpaces, wordOf } from './scan.ts';

/** Fills a row from the payload, bytes `from` to `to`; false where it is not what the event prints. */
export type ParsePayload = (data: Uint8Array, from: number, to: number, batch: EventBatch, row: number) => boolean;

export interface Payload {
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
    if (find(data, from, from + NR.length, NR) < 0) return false;
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
    if (find(data, from, from + NR.length, NR) < 0) return false;
    batch.nr[row] = number.decimal(data, from + NR.length, to);
    const equals = number.ok ? find(data, number.at, to, EQUALS) : -1;
    if (equals < 0) return false;
    const first = equals + EQUALS.length;
    const value = number.decimal(data, first, to);
    if (!number.ok) return false;
    batch.result[row] = Number.isSafeInteger(value) ? BigInt(value) : BigInt(text(data, first, number.at));
    return true;
  };
}

const text = (data: Uint8Array, from: number, to: number): string => String.fromCharCode(...data.subarray(from, to));

const ADDRESS = wordOf('address=');
const IP = wordOf(' ip=');
const ERROR_CODE = wordOf(' error_code=');

function pageFault({ number }: Scanners): ParsePayload {
  return (data, from, to, batch, row) => {
    const put = (i: number): boolean => {
      batch.argWords[(row * ARGS + i) * 2] = number.low;
      batch.argWords[(row * ARGS + i) * 2 + 1] = number.high;
      return number.ok;
    };
    const address = find(data, from, to, ADDRESS);
    const ip = find(data, from, to, IP);
    const error = findLast(data, from, to, ERROR_CODE);
    if (address < 0 || error < 0) return false;
    number.hex(data, address + ADDRESS.length, to);
    if (!put(0)) return false;
    // In kernel mode a symbol is printed instead of the address.
    if (ip >= 0 && data[ip + IP.length] === 48 && data[ip + IP.length + 1] === 120) {
      number.hex(data, ip + IP.length, to);
      put(1);
    }
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

function schedSwitch({ number, intern }: Scanners): ParsePayload {
  const [prevComm, prevPid, prevPrio, prevState, nextComm, nextPid] = SWITCH;
  return (data, from, to, batch, row) => {
    const e = findLast(data, from, to, nextPid);
    const d = findLast(data, from, e, nextComm);
    const c = findLast(data, from, d, prevState);
    const b = findLast(data, from, c, prevPrio);
    const a = findLast(data, from, b, prevPid);
    if (a < 0 || find(data, from, from + prevComm.length, prevComm) < 0) return false;
    batch.tid[row] = number.decimal(data, a + prevPid.length, to);
    if (!number.ok) return false;
    batch.nr[row] = number.decimal(data, e + nextPid.length, to);
    if (!number.ok) return false;
    const letter = String.fromCharCode(data[c + prevState.length]);
    batch.result[row] = BigInt(STATES.get(letter) ?? 1);
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

function tlbFlush({ number }: Scanners): ParsePayload {
  return (data, from, to, batch, row) => {
    // "pages:-1 reason:flush on task switch (0)": the words differ between kernels, the number does not.
    const reason = findLast(data, from, to, REASON);
    if (reason < 0 || find(data, from, from + PAGES.length, PAGES) < 0) return false;
    const pages = number.decimal(data, from + PAGES.length + 1, to);
    if (!number.ok) return false;
    batch.args[row * ARGS] = BigInt.asUintN(64, BigInt(pages));
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
  readonly kind: number;
  readonly signal?: Signal;
  readonly make: (scan: Scanners) => ParsePayload;
}

/** By the event's own name, without its system. */
const SOURCES: Readonly<Record<string, Source>> = {
  sys_enter: { kind: Kind.sysEnter, signal: 'syscalls', make: sysEnter },
  sys_exit: { kind: Kind.sysExit, make: sysExit },
  page_fault_user: { kind: Kind.faultUser, signal: 'userFaults', make: pageFault },
  page_fault_kernel: { kind: Kind.faultKernel, make: pageFault },
  ...Object.fromEntries(
    IRQ_VECTORS.map((name): [string, Source] => [
      `${name}_entry`,
      { kind: Kind.irqVector, signal: 'interrupts', make: irqVector(name) },
    ]),
  ),
  irq_handler_entry: { kind: Kind.deviceIrq, signal: 'interrupts', make: deviceIrq },
  nmi_handler: { kind: Kind.nmi, signal: 'nmis', make: () => () => true },
  sched_switch: { kind: Kind.switch, signal: 'contextSwitches', make: schedSwitch },
  sched_process_fork: { kind: Kind.fork, signal: 'lifecycle', make: fork },
  task_newtask: { kind: Kind.newTask, make: newTask },
  sched_process_exec: { kind: Kind.exec, make: exec },
  sched_process_exit: { kind: Kind.exit, make: exit },
  task_rename: { kind: Kind.rename, make: rename },
  tlb_flush: { kind: Kind.tlbFlush, signal: 'tlbFlushes', make: tlbFlush },
  sched_waking: { kind: Kind.waking, signal: 'wakeups', make: waking },
};

/** Parsers of all events, sharing one interner. */
export function createPayloads(intern: InternBytes): ReadonlyMap<string, Payload> {
  const scan: Scanners = { number: new NumberScanner(), intern };
  return new Map(
    Object.entries(SOURCES).map(([name, { kind, signal, make }]) => [name, { kind, signal, parse: make(scan) }]),
  );
}
