/** Which events are which signal. Data: the readers and the commands to run are made from it. */

/** What is counted. Times are in ns. */
export const SIGNALS = [
  'syscalls',
  'userFaults',
  'faults',
  'interrupts',
  'busyInterrupts',
  'switches',
  'tlbFlushes',
  'loadsKept',
  'loadsFlushed',
  'flushesAll',
  'flushesOne',
  'flushesFew',
  'pagesFew',
  'ipisSent',
  'ipisReceived',
  'runtimeNs',
  'taskClockNs',
  'userNs',
  'sysNs',
] as const;
export type Signal = (typeof SIGNALS)[number];

/** An event that a filter makes another: it goes by the name it is given. */
export interface NamedCount {
  /** As a name of perf's and of a map of bpftrace. */
  readonly name: string;
  readonly signal: Signal;
  readonly tracepoint: readonly [system: string, event: string];
  /** In the kernel's filter language. */
  readonly filter: string;
  readonly what: string;
}

const flush = (name: string, signal: Signal, filter: string, what: string): NamedCount => ({
  name: `ptilab_${name}`,
  signal,
  tracepoint: ['tlb', 'tlb_flush'],
  filter,
  what,
});
/** Interrupts that did not hit an idle CPU: those cannot have come from user mode. */
const interrupt = (vector: string): NamedCount => ({
  name: `ptilab_irq_${vector}`,
  signal: 'busyInterrupts',
  tracepoint: ['irq_vectors', `${vector}_entry`],
  filter: 'common_pid!=0',
  what: `${vector} interrupts of CPUs that are not idle`,
});

/** More pages than the kernel ever flushes one by one (tlb_single_page_flush_ceiling): everything, which is logged as -1. */
const ALL = 'pages>33';
const BY_ITSELF_OR_ASKED = '(reason==1||reason==2||reason==3)';

/** The filtered events, in the order of the command. Linux include/linux/mm_types.h: enum tlb_flush_reason. */
export const NAMED: readonly NamedCount[] = [
  flush('load_kept', 'loadsKept', 'reason==0&&pages==0', 'loads of an address space that keep the TLB'),
  flush('load_flushed', 'loadsFlushed', 'reason==0&&pages!=0', 'loads of an address space that flush'),
  flush('flush_all', 'flushesAll', `${BY_ITSELF_OR_ASKED}&&${ALL}`, 'flushes of everything'),
  flush('flush_one', 'flushesOne', `${BY_ITSELF_OR_ASKED}&&pages<=1`, 'flushes of one page'),
  flush('flush_few', 'flushesFew', `${BY_ITSELF_OR_ASKED}&&pages>1&&pages<=33`, 'flushes of 2 to 33 pages'),
  flush('ipi_sent', 'ipisSent', 'reason==4', 'requests to other CPUs to flush'),
  flush('ipi_received', 'ipisReceived', 'reason==1||reason==5', 'such requests taken'),
  interrupt('local_timer'),
  interrupt('reschedule'),
  interrupt('call_function'),
  interrupt('call_function_single'),
  {
    name: 'ptilab_irq_device',
    signal: 'busyInterrupts',
    tracepoint: ['irq', 'irq_handler_entry'],
    filter: 'common_pid!=0',
    what: 'device interrupts of CPUs that are not idle',
  },
];

/** An event by its own name. */
interface PlainEvent {
  readonly signal: Signal;
  /** Modifiers under which it still counts what the signal means: `page-faults:u` are user faults, `page-faults` all. */
  readonly modifiers: readonly string[];
}

const ANY_KERNEL = ['', 'k', 'H', 'kH'];
const plain = (signal: Signal, modifiers: readonly string[] = ANY_KERNEL): PlainEvent => ({ signal, modifiers });

const PLAIN: Readonly<Record<string, readonly PlainEvent[]>> = {
  'raw_syscalls:sys_enter': [plain('syscalls')],
  'exceptions:page_fault_user': [plain('userFaults')],
  'page-faults': [plain('faults', ['']), plain('userFaults', ['u', 'uH'])],
  faults: [plain('faults', ['']), plain('userFaults', ['u', 'uH'])],
  // Switches happen in the kernel: with a modifier that leaves the kernel out they count nothing.
  'sched:sched_switch': [plain('switches')],
  'context-switches': [plain('switches')],
  cs: [plain('switches')],
  'tlb:tlb_flush': [plain('tlbFlushes')],
  'irq:irq_handler_entry': [plain('interrupts')],
  'sched:sched_stat_runtime': [plain('runtimeNs')],
  'task-clock': [plain('taskClockNs', ['', 'u', 'k', 'H', 'uH', 'kH'])],
  user_time: [plain('userNs', [''])],
  system_time: [plain('sysNs', [''])],
};

/** The map by which the script says that it ran, and which it is: its other maps are there only if something was counted. */
export const SCRIPT_MAP = 'ptilab_script';
export const SCRIPT_VERSION = 1;

/** Names of maps of bpftrace beside those of {@link NAMED}. */
const MAPS: Readonly<Record<string, Signal>> = {
  ptilab_syscalls: 'syscalls',
  ptilab_user_faults: 'userFaults',
  ptilab_switches: 'switches',
  ptilab_pages_few: 'pagesFew',
  ptilab_runtime_ns: 'runtimeNs',
};

const BY_NAME: ReadonlyMap<string, Signal> = new Map([
  ...NAMED.map(({ name, signal }) => [name, signal] as const),
  ...Object.entries(MAPS),
]);
const VECTOR = /^irq_vectors:(\w{1,40})_entry$/;

/** What an event counts, and the part of the signal that it is: parts add up, and the same part is there once. */
export interface Meaning {
  readonly signal: Signal;
  readonly part: string;
  /** It is the same as another part counted another way: then that one is used. */
  readonly unless: string | undefined;
}

/** Undefined for an event that the model has no use for. */
export function meaningOf(event: string): Meaning | undefined {
  const named = BY_NAME.get(event);
  if (named !== undefined) return { signal: named, part: event, unless: undefined };
  const { name, modifier } = withoutModifier(event);
  const known = Object.hasOwn(PLAIN, name)
    ? PLAIN[name].find(({ modifiers }) => modifiers.includes(modifier))
    : undefined;
  if (known) return { signal: known.signal, part: known.signal, unless: unlessOf(name) };
  const vector = VECTOR.exec(name)?.[1];
  return vector !== undefined && ANY_KERNEL.includes(modifier)
    ? { signal: 'interrupts', part: vector, unless: `ptilab_irq_${vector}` }
    : undefined;
}

const unlessOf = (name: string): string | undefined =>
  name === 'irq:irq_handler_entry' ? 'ptilab_irq_device' : undefined;

/** `task-clock:u`, `tlb:tlb_flush:k`: what stands behind the name of the event. */
function withoutModifier(event: string): { readonly name: string; readonly modifier: string } {
  const at = event.lastIndexOf(':');
  const isTracepoint = /^\w+:\w+/.test(event);
  if (at < 0 || (isTracepoint && event.indexOf(':') === at)) return { name: event, modifier: '' };
  return { name: event.slice(0, at), modifier: event.slice(at + 1) };
}

/** Every map that the script counts: what is not printed was 0. */
export const SCRIPT_COUNTS: readonly string[] = [...Object.keys(MAPS), ...NAMED.map(({ name }) => name)];
