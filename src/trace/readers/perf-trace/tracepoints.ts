/** Tracepoints that perf trace prints between the calls (`-e sched:sched_process_fork`): what each of them fills, from fields as perf names them. */
import type { Signal } from '../../coverage.ts';
import { ARGS, Kind, type EventBatch } from '../../event.ts';
import { IRQ_VECTORS } from '../../irq-vectors.ts';
import type { InternBytes } from '../../text/names.ts';
import { wordOf } from '../../text/scan.ts';
import { FieldReader, quoted } from './calls.ts';

/** Fills a row from the fields, bytes `from` to `to`; false where they are not what the event prints. */
export type ParseFields = (data: Uint8Array, from: number, to: number, batch: EventBatch, row: number) => boolean;

export interface Tracepoint {
  readonly kind: number;
  readonly signal: Signal | undefined;
  readonly parse: ParseFields;
}

type Into = (batch: EventBatch, row: number, low: number, high: number) => void;
type IntoText = (batch: EventBatch, row: number, text: number) => void;

interface Fields {
  readonly numbers?: Readonly<Record<string, Into>>;
  readonly texts?: Readonly<Record<string, IntoText>>;
  /** Fields without which it is not the event: what is 0 is left out. */
  readonly needs?: readonly string[];
}

const tid: Into = (batch, row, low) => (batch.tid[row] = low);
const nr: Into = (batch, row, low) => (batch.nr[row] = low);
const argument =
  (index: number): Into =>
  (batch, row, low, high) => {
    batch.argWords[(row * ARGS + index) * 2] = low;
    batch.argWords[(row * ARGS + index) * 2 + 1] = high;
  };
const result: Into = (batch, row, low, high) => {
  batch.resultWords[2 * row] = low;
  batch.resultWords[2 * row + 1] = high;
};
const text: IntoText = (batch, row, id) => (batch.text[row] = id);
const text2: IntoText = (batch, row, id) => (batch.text2[row] = id);

interface Source extends Fields {
  readonly kind: number;
  readonly signal?: Signal;
}

const fault: Fields = { numbers: { address: argument(0), ip: argument(1), error_code: argument(2) } };

/** By the full name. Switches and flushes are of no use here: perf trace does not say on which CPU they happened. */
const SOURCES: Readonly<Record<string, Source>> = {
  'raw_syscalls:sys_enter': { kind: Kind.sysEnter, signal: 'syscalls', numbers: { id: nr } },
  'raw_syscalls:sys_exit': { kind: Kind.sysExit, numbers: { id: nr, ret: result } },
  'exceptions:page_fault_user': { kind: Kind.faultUser, signal: 'userFaults', ...fault },
  'exceptions:page_fault_kernel': { kind: Kind.faultKernel, ...fault },
  'irq:irq_handler_entry': { kind: Kind.deviceIrq, signal: 'interrupts', numbers: { irq: nr }, texts: { name: text } },
  'sched:sched_process_fork': {
    kind: Kind.fork,
    signal: 'lifecycle',
    numbers: { parent_pid: tid, child_pid: nr },
    texts: { parent_comm: text, child_comm: text2 },
    needs: ['child_pid'],
  },
  'sched:sched_process_exec': {
    kind: Kind.exec,
    signal: 'lifecycle',
    numbers: { pid: tid, old_pid: nr },
    texts: { filename: text },
    needs: ['pid'],
  },
  'sched:sched_process_exit': { kind: Kind.exit, numbers: { pid: tid }, texts: { comm: text }, needs: ['pid'] },
  'task:task_newtask': {
    kind: Kind.newTask,
    numbers: { pid: nr, clone_flags: argument(0) },
    texts: { comm: text },
    needs: ['pid'],
  },
  'task:task_rename': {
    kind: Kind.rename,
    numbers: { pid: tid },
    texts: { newcomm: text, oldcomm: text2 },
    needs: ['pid'],
  },
};

/** Of vectors that perf prints by name: linux arch/x86/include/asm/irq_vectors.h, as in 6.1. */
const VECTORS: Readonly<Record<(typeof IRQ_VECTORS)[number], number>> = {
  local_timer: 0xec,
  reschedule: 0xfd,
  call_function: 0xfc,
  call_function_single: 0xfb,
  irq_work: 0xf6,
  x86_platform_ipi: 0xf7,
  thermal_apic: 0xfa,
  threshold_apic: 0xf9,
  deferred_error_apic: 0xf4,
  error_apic: 0xfe,
  spurious_apic: 0xff,
};

export function createTracepoints(intern: InternBytes): ReadonlyMap<string, Tracepoint> {
  const reader = new FieldReader();
  return new Map<string, Tracepoint>([
    ...Object.entries(SOURCES).map(([name, source]): [string, Tracepoint] => [
      name,
      { kind: source.kind, signal: source.signal, parse: parserOf(source, reader, intern) },
    ]),
    ...IRQ_VECTORS.map((name): [string, Tracepoint] => [
      `irq_vectors:${name}_entry`,
      { kind: Kind.irqVector, signal: 'interrupts', parse: vectorParser(name, reader, intern) },
    ]),
  ]);
}

function parserOf(
  { numbers = {}, texts = {}, needs = [] }: Fields,
  reader: FieldReader,
  intern: InternBytes,
): ParseFields {
  const ofNumbers = Object.entries(numbers).map(([key, into]) => ({
    key: wordOf(key),
    into,
    needed: needs.includes(key),
  }));
  const ofTexts = Object.entries(texts).map(([key, into]) => ({ key: wordOf(key), into }));
  return (data, from, to, batch, row) => {
    for (const { key, into, needed } of ofNumbers) {
      const at = reader.find(key, data, from, to);
      if (at < 0 && !needed) continue;
      if (at < 0 || !reader.number(data, at, to)) return false;
      into(batch, row, reader.low, reader.high);
    }
    for (const { key, into } of ofTexts)
      into(batch, row, intern(data, ...quoted(data, reader.find(key, data, from, to), to)));
    return true;
  };
}

const VECTOR = wordOf('vector');

function vectorParser(name: (typeof IRQ_VECTORS)[number], reader: FieldReader, intern: InternBytes): ParseFields {
  const word = wordOf(name);
  const id = intern(word, 0, word.length);
  return (data, from, to, batch, row) => {
    const at = reader.find(VECTOR, data, from, to);
    batch.nr[row] = at >= 0 && reader.number(data, at, to) ? reader.low : VECTORS[name];
    batch.text[row] = id;
    return true;
  };
}
