/**
 * From a tracepoint's raw bytes to one row of a batch: one entry a tracepoint. Offsets come from the format text of the
 * recording; a format that lacks a field the model needs makes the event unusable, never wrong.
 */
import { ARGS, DEPTH_UNKNOWN, Kind, type EventBatch } from '../../event.ts';
import type { Signal } from '../../coverage.ts';
import { IRQ_VECTORS } from '../../irq-vectors.ts';
import type { StringTable } from '../../strings.ts';
import type { EventFormat, Field } from './formats.ts';
import { createTextReader, type TextReader } from './text.ts';

/** Fills the columns that the event's own fields decide; `raw` is the first byte of the tracepoint's data. */
export type Decode = (view: DataView, raw: number, batch: EventBatch, row: number) => void;

/** An event that can be decoded. */
export interface Decoder {
  readonly name: string;
  readonly kind: number;
  /** Bytes of raw data that {@link decode} touches; shorter samples are damaged. */
  readonly bytes: number;
  readonly decode: Decode;
  /** Offsets of the fields that every tracepoint has. */
  readonly common: { readonly type: number; readonly flags: number; readonly preempt: number; readonly tid: number };
}

/** Where the halves of a u64 lie, and how a number is read. */
interface ByteOrder {
  readonly little: boolean;
  readonly low: number;
  readonly high: number;
}

const LITTLE: ByteOrder = { little: true, low: 0, high: 4 };
const BIG: ByteOrder = { little: false, low: 4, high: 0 };

interface Source {
  readonly kind: number;
  readonly signal?: Signal;
  /** Makes the decode function; `field` throws {@link MissingField} where the format lacks it. */
  make(field: (name: string) => number, texts: TextReader, format: EventFormat, order: ByteOrder): Decode;
}

class MissingField extends Error {}

const pageFault: Source['make'] = (field, _texts, _format, { little, low, high }) => {
  const [address, ip, error] = [field('address'), field('ip'), field('error_code')];
  return (view, raw, batch, row) => {
    const words = row * ARGS * 2;
    batch.argWords[words] = view.getUint32(raw + address + low, little);
    batch.argWords[words + 1] = view.getUint32(raw + address + high, little);
    batch.argWords[words + 2] = view.getUint32(raw + ip + low, little);
    batch.argWords[words + 3] = view.getUint32(raw + ip + high, little);
    batch.argWords[words + 4] = view.getUint32(raw + error + low, little);
    batch.argWords[words + 5] = view.getUint32(raw + error + high, little);
  };
};

const irqVector = (name: string, entry: Pick<Source, 'kind' | 'signal'>): Source => ({
  ...entry,
  make(field, texts, _format, { little }) {
    const vector = field('vector');
    const text = texts.intern(name);
    return (view, raw, batch, row) => {
      batch.nr[row] = view.getInt32(raw + vector, little);
      batch.text[row] = text;
    };
  },
});

const IRQ_BEGIN = { kind: Kind.irqVector, signal: 'interrupts' } as const;
const IRQ_END = { kind: Kind.irqVectorEnd } as const;

/** Every tracepoint the model reads. */
const SOURCES: Readonly<Record<string, Source>> = {
  'raw_syscalls:sys_enter': {
    kind: Kind.sysEnter,
    signal: 'syscalls',
    make(field, _texts, _format, { little, low, high }) {
      const [id, args] = [field('id'), field('args')];
      return (view, raw, batch, row) => {
        batch.nr[row] = view.getInt32(raw + id + low, little);
        const words = row * ARGS * 2;
        const from = raw + args;
        for (let i = 0; i < ARGS * 2; i += 2) {
          batch.argWords[words + i] = view.getUint32(from + 4 * i + low, little);
          batch.argWords[words + i + 1] = view.getUint32(from + 4 * i + high, little);
        }
      };
    },
  },
  'raw_syscalls:sys_exit': {
    kind: Kind.sysExit,
    make(field, _texts, _format, { little, low, high }) {
      const [id, ret] = [field('id'), field('ret')];
      return (view, raw, batch, row) => {
        batch.nr[row] = view.getInt32(raw + id + low, little);
        batch.resultWords[2 * row] = view.getInt32(raw + ret + low, little);
        batch.resultWords[2 * row + 1] = view.getInt32(raw + ret + high, little);
      };
    },
  },
  'exceptions:page_fault_user': { kind: Kind.faultUser, signal: 'userFaults', make: pageFault },
  'exceptions:page_fault_kernel': { kind: Kind.faultKernel, make: pageFault },
  ...Object.fromEntries(IRQ_VECTORS.map((name) => [`irq_vectors:${name}_entry`, irqVector(name, IRQ_BEGIN)])),
  ...Object.fromEntries(IRQ_VECTORS.map((name) => [`irq_vectors:${name}_exit`, irqVector(name, IRQ_END)])),
  'irq:irq_handler_entry': {
    kind: Kind.deviceIrq,
    signal: 'interrupts',
    make(field, texts, format, { little }) {
      const irq = field('irq');
      const name = texts.reader(format.fields.get('name'));
      return (view, raw, batch, row) => {
        batch.nr[row] = view.getInt32(raw + irq, little);
        batch.text[row] = name(view, raw);
      };
    },
  },
  'nmi:nmi_handler': { kind: Kind.nmi, signal: 'nmis', make: () => () => undefined },
  'sched:sched_switch': {
    kind: Kind.switch,
    signal: 'contextSwitches',
    make(field, texts, format, { little, low, high }) {
      const [prev, next, state] = [field('prev_pid'), field('next_pid'), field('prev_state')];
      const prevName = texts.reader(format.fields.get('prev_comm'));
      const nextName = texts.reader(format.fields.get('next_comm'));
      return (view, raw, batch, row) => {
        batch.tid[row] = view.getInt32(raw + prev, little);
        batch.nr[row] = view.getInt32(raw + next, little);
        batch.resultWords[2 * row] = view.getInt32(raw + state + low, little);
        batch.resultWords[2 * row + 1] = view.getInt32(raw + state + high, little);
        batch.text[row] = prevName(view, raw);
        batch.text2[row] = nextName(view, raw);
      };
    },
  },
  'sched:sched_process_fork': {
    kind: Kind.fork,
    signal: 'lifecycle',
    make(field, texts, format, { little }) {
      const child = field('child_pid');
      const parentName = texts.reader(format.fields.get('parent_comm'));
      const childName = texts.reader(format.fields.get('child_comm'));
      return (view, raw, batch, row) => {
        batch.nr[row] = view.getInt32(raw + child, little);
        batch.text[row] = parentName(view, raw);
        batch.text2[row] = childName(view, raw);
      };
    },
  },
  'task:task_newtask': {
    kind: Kind.newTask,
    make(field, texts, format, { little, low, high }) {
      const [child, flags] = [field('pid'), field('clone_flags')];
      const name = texts.reader(format.fields.get('comm'));
      return (view, raw, batch, row) => {
        batch.nr[row] = view.getInt32(raw + child, little);
        const words = row * ARGS * 2;
        batch.argWords[words] = view.getUint32(raw + flags + low, little);
        batch.argWords[words + 1] = view.getUint32(raw + flags + high, little);
        batch.text[row] = name(view, raw);
      };
    },
  },
  'sched:sched_process_exec': {
    kind: Kind.exec,
    make(field, texts, format, { little }) {
      const [pid, old] = [field('pid'), field('old_pid')];
      const file = texts.reader(format.fields.get('filename'));
      return (view, raw, batch, row) => {
        batch.tid[row] = view.getInt32(raw + pid, little);
        batch.nr[row] = view.getInt32(raw + old, little);
        batch.text[row] = file(view, raw);
      };
    },
  },
  'sched:sched_process_exit': {
    kind: Kind.exit,
    make(field, texts, format, { little }) {
      const pid = field('pid');
      const name = texts.reader(format.fields.get('comm'));
      return (view, raw, batch, row) => {
        batch.tid[row] = view.getInt32(raw + pid, little);
        batch.text[row] = name(view, raw);
      };
    },
  },
  'task:task_rename': {
    kind: Kind.rename,
    make(field, texts, format, { little }) {
      const pid = format.fields.get('pid')?.offset ?? field('common_pid');
      const newName = texts.reader(format.fields.get('newcomm'));
      const oldName = texts.reader(format.fields.get('oldcomm'));
      return (view, raw, batch, row) => {
        batch.tid[row] = view.getInt32(raw + pid, little);
        batch.text[row] = newName(view, raw);
        batch.text2[row] = oldName(view, raw);
      };
    },
  },
  'tlb:tlb_flush': {
    kind: Kind.tlbFlush,
    signal: 'tlbFlushes',
    make(field, _texts, _format, { little, low, high }) {
      const [reason, pages] = [field('reason'), field('pages')];
      return (view, raw, batch, row) => {
        batch.nr[row] = view.getInt32(raw + reason, little);
        const words = row * ARGS * 2;
        batch.argWords[words] = view.getUint32(raw + pages + low, little);
        batch.argWords[words + 1] = view.getUint32(raw + pages + high, little);
      };
    },
  },
  'sched:sched_waking': {
    kind: Kind.waking,
    signal: 'wakeups',
    make(field, _texts, _format, { little }) {
      const pid = field('pid');
      return (view, raw, batch, row) => {
        batch.nr[row] = view.getInt32(raw + pid, little);
      };
    },
  },
};

/** The decoder of a tracepoint; undefined where the model has no use for it or its format lacks a field. */
export function decoderOf(format: EventFormat, strings: StringTable, little = true): Decoder | undefined {
  const source = Object.hasOwn(SOURCES, format.name) ? SOURCES[format.name] : undefined;
  if (!source) return undefined;
  let bytes = 0;
  const at = (name: string): number => {
    const field: Field | undefined = format.fields.get(name);
    if (!field) throw new MissingField(name);
    bytes = Math.max(bytes, field.offset + field.size);
    return field.offset;
  };
  try {
    const common = {
      type: at('common_type'),
      flags: at('common_flags'),
      preempt: at('common_preempt_count'),
      tid: at('common_pid'),
    };
    const decode = source.make(
      at,
      createTextReader(strings, (end) => (bytes = Math.max(bytes, end)), little),
      format,
      little ? LITTLE : BIG,
    );
    return { name: format.name, kind: source.kind, bytes, decode, common };
  } catch (error) {
    if (error instanceof MissingField) return undefined;
    throw error;
  }
}

/** What a recording with these tracepoints can show. */
export function signalsOf(names: Iterable<string>): Set<Signal> {
  const signals = new Set<Signal>();
  for (const name of names) {
    const signal = Object.hasOwn(SOURCES, name) ? SOURCES[name]?.signal : undefined;
    if (signal) signals.add(signal);
  }
  // Set*id calls show their arguments and results.
  if (signals.has('syscalls')) signals.add('credentials');
  return signals;
}

/** (common_preempt_count & 15) - 1: perf disables preemption once around the record; the high nibble is migrate-disable. */
export function preemptDepth(recorded: number): number {
  const depth = (recorded & 15) - 1;
  return depth < 0 ? DEPTH_UNKNOWN : depth;
}
