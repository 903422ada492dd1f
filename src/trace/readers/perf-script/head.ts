/** What the beginning of the text tells before it is read: the header of `perf script --header`, and which events are there. */
import { inputError, printable } from '../../../errors.ts';
import { Kind } from '../../event.ts';
import { createNameFinder } from '../../text/known-names.ts';
import type { Payload } from '../../text/payloads.ts';
import { startsWith, wordOf } from '../../text/scan.ts';
import type { HostFacts } from '../../trace.ts';
import { Columns } from './columns.ts';
import { eventEnd, eventStart, payloadOf } from './event-name.ts';
import { RECORD } from './records.ts';

/** Thousands of lines. */
export const HEAD_BYTES = 1024 * 1024;
/** perf gives its child this name until the command's exec. */
const BEFORE_EXEC = wordOf('PERF_RECORD_COMM: perf-exec:');
const [NEWLINE, HASH] = [10, 35];

export interface Head {
  readonly host: HostFacts;
  /** Payloads of the events that the header lists, or that were seen. */
  readonly events: readonly Payload[];
  /** Whether the header lists all events there can be. */
  readonly complete: boolean;
  /** The clock at the first sample the model has a use for. */
  readonly firstSample: { readonly seconds: number; readonly nanoseconds: number } | undefined;
  readonly commandPid: number | undefined;
  readonly recorderName: string | undefined;
  /** Times go back too often to be those of a clock. */
  readonly differences: boolean;
}

export function surveyHead(head: Uint8Array, payloads: ReadonlyMap<string, Payload>): Head {
  const columns = new Columns();
  const find = createNameFinder((name) => payloadOf(name, payloads));
  const seen = new Set<Payload>();
  const header = new Map<string, string>();
  const listed = new Set<Payload>();
  let firstSample: Head['firstSample'];
  let commandPid: number | undefined;
  const times = { before: -Infinity, steps: 0, back: 0 };
  forEachWholeLine(head, (from, to) => {
    if (!columns.read(head, from, to)) {
      if (head[from] === HASH) noteHeader(textOf(head, from, to), header, listed, payloads);
      return;
    }
    if (startsWith(head, columns.rest, to, RECORD)) {
      if (startsWith(head, columns.rest, to, BEFORE_EXEC))
        commandPid ??= pidOf(textOf(head, columns.rest + BEFORE_EXEC.length, to));
      return;
    }
    const name = eventStart(head, columns.rest, to);
    const end = eventEnd(head, name, to);
    if (end >= 0) noteTime(times, columns.seconds * 1e9 + columns.nanoseconds);
    const payload = end < 0 ? undefined : find(head, name, end);
    if (!payload) return;
    seen.add(payload);
    firstSample ??= { seconds: columns.seconds, nanoseconds: columns.nanoseconds };
  });
  const words = (header.get('cmdline') ?? '').split(' ').filter((word) => word !== '');
  return {
    host: hostOf(header, words),
    events: [...new Set([...listed, ...seen])],
    complete: listed.size > 0,
    firstSample,
    commandPid,
    recorderName: words[0]?.split('/').at(-1),
    differences: times.steps >= LEAST_STEPS && times.back > times.steps / 4,
  };
}

/** Enough of them to see that times are none. */
const LEAST_STEPS = 16;

function noteTime(times: { before: number; steps: number; back: number }, time: number): void {
  if (time !== times.before) times.steps++;
  if (time < times.before) times.back++;
  times.before = time;
}

/** Kinds of events that the model reads. */
export const kindsOf = (events: readonly Payload[]): ReadonlySet<number> => new Set(events.map(({ kind }) => kind));

export const recordsFlushes = ({ events }: Head): boolean => kindsOf(events).has(Kind.tlbFlush);

/** A form that is not read: how it is recognised, and how to print the text instead. */
interface Refused {
  readonly what: string;
  readonly looks: RegExp;
  readonly todo: string;
}

const DUMP: Refused = {
  what: 'a raw dump of perf script (-D)',
  looks: /^0x[\da-f]{1,16}(?:@\S{1,400})? \[0x[\da-f]{1,8}\]: (?:event: \d|PERF_RECORD_)/m,
  todo: 'give ptilab the perf.data itself, or print it without -D',
};

/** Where no line is one of an event. */
const REFUSED: readonly Refused[] = [
  {
    what: 'text of perf script without ids of tasks',
    looks:
      /^ *(?:\[\d{3,5}\] +)?\d{1,12}\.(?:\d{6}|\d{9}): +(?:\d{1,19} +)?(?:raw_syscalls|sched|exceptions|task|tlb|irq_vectors):\w{1,64}: /m,
    todo: 'print it with -F comm,pid,tid,cpu,time,event,trace',
  },
  {
    what: 'text of perf script without times',
    looks:
      /^.{0,16} +\d{1,8}(?:\/\d{1,8})? +(?:\[\d{3,5}\] +)?(?:raw_syscalls|sched|exceptions|task|tlb|irq_vectors):\w{1,64}: /m,
    todo: 'print it with -F comm,pid,tid,cpu,time,event,trace',
  },
];

function refusedForm(head: Uint8Array): Refused | undefined {
  const text = new TextDecoder('latin1').decode(head.subarray(0, 16_384));
  if (DUMP.looks.test(text)) return DUMP;
  return hasEvents(head) ? undefined : REFUSED.find(({ looks }) => looks.test(text));
}

/** Throws where the text is of a form that is not read. */
export function demandReadable(head: Uint8Array, name: string): void {
  const form = refusedForm(head);
  if (form) throw inputError(form.what, printable(name), form.todo);
}

/** Whether some line of these bytes begins like an event or a record, or all are of a form that is refused. */
export const looksLikePerfScript = (head: Uint8Array): boolean =>
  startsWith(head, 0, head.length, CAPTURED) || hasEvents(head) || refusedForm(head) !== undefined;

function hasEvents(head: Uint8Array): boolean {
  const columns = new Columns();
  let found = false;
  forEachWholeLine(head, (from, to) => {
    found ||=
      columns.read(head, from, to) &&
      (startsWith(head, columns.rest, to, RECORD) || eventEnd(head, eventStart(head, columns.rest, to), to) > 0);
  });
  return found;
}

const CAPTURED = wordOf('# ========\n# captured on');

function forEachWholeLine(data: Uint8Array, onLine: (from: number, to: number) => void): void {
  let from = 0;
  for (let end = data.indexOf(NEWLINE); end >= 0; end = data.indexOf(NEWLINE, from)) {
    onLine(from, end);
    from = end + 1;
  }
}

const KEY_VALUE = /^# ([a-z ]{1,20}?) *: (.*)$/;
const EVENT_NAME = /^name = ([^ ,]{1,128}),/;

function noteHeader(
  line: string,
  header: Map<string, string>,
  listed: Set<Payload>,
  payloads: ReadonlyMap<string, Payload>,
): void {
  const [, key, value] = KEY_VALUE.exec(line) ?? [];
  if (key === undefined || value === undefined) return;
  if (key !== 'event') {
    if (!header.has(key)) header.set(key, value.trimEnd());
    return;
  }
  const payload = payloadOf(EVENT_NAME.exec(value)?.[1] ?? '', payloads);
  if (payload) listed.add(payload);
}

function hostOf(header: ReadonlyMap<string, string>, words: readonly string[]): HostFacts {
  const [kernel, arch, cpuName, cpuId] = ['os release', 'arch', 'cpudesc', 'cpuid'].map((key) => header.get(key));
  const cpus = Number(header.get('nrcpus online'));
  const dashes = words.indexOf('--');
  return {
    ...(kernel !== undefined && { kernel }),
    ...(arch !== undefined && { arch }),
    ...(cpuName !== undefined && { cpuName }),
    ...(cpuId !== undefined && { cpuId }),
    ...(Number.isSafeInteger(cpus) && cpus > 0 && { cpus }),
    // perf prints the words with blanks between them: a word that holds one is several here.
    ...(dashes >= 0 && dashes < words.length - 1 && { command: { argv: words.slice(dashes + 1) } }),
  };
}

/** `2533/2533` → 2533. */
function pidOf(text: string): number | undefined {
  const pid = Number(/^ *(\d{1,9})\//.exec(text)?.[1]);
  return Number.isSafeInteger(pid) ? pid : undefined;
}

const utf8 = new TextDecoder();
const textOf = (data: Uint8Array, from: number, to: number): string => utf8.decode(data.subarray(from, to));
