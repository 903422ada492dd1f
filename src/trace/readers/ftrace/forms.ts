/** Forms of ftrace text: how one is recognised, and those that hold no events that can be read, each with what to do instead. */
import { inputError, printable } from '../../../errors.ts';

const TASK = String.raw`[^\n]{1,60}-\d{1,8} +(?:\( *[-\d]{1,8}\) +)?`;
const FLAGS = String.raw`[.a-zA-Z0-9#]{4,8}`;
/** With a clock of seconds, or one that counts. */
const EVENT = new RegExp(
  String.raw`^${TASK}(?:\[\d{3,5}\](?: +${FLAGS})?|\d{1,4}${FLAGS}) +(?:\d{1,12}\.\d{1,9}:|\d{1,20}:|\d{1,16}us.:) \w{1,64}: `,
  'm',
);
const COUNTING = new RegExp(
  String.raw`^${TASK}(?:\[\d{3,5}\](?: +${FLAGS})?|\d{1,4}${FLAGS}) +\d{1,20}: \w{1,64}: `,
  'm',
);

interface Refused {
  readonly what: string;
  readonly looks: RegExp;
  readonly todo: string;
}

const printed = (option: string): Pick<Refused, 'what' | 'todo'> => ({
  what: `ftrace text printed with the option ${option}, which leaves out what events hold`,
  todo: `read trace again after: echo no${option} > trace_options`,
});

/** The first that it looks like. */
const REFUSED: readonly Refused[] = [
  { ...printed('raw'), looks: /^\d+ \d+ \d+ type: \d+$/m },
  { ...printed('hex'), looks: /^[\da-f]{8} [\da-f]{8} [\da-f]{16} /m },
  { ...printed('bin'), looks: /^# tracer: \w+\n[^]{0,4096}\0[^]{0,64}type: \d+\n/ },
  { ...printed('fields'), looks: /: sys_(?:enter: id=0x[\da-f]+ \(|exit: id=0x[\da-f]+ \()/ },
  {
    what: 'ftrace text printed without the option context-info, so without tasks and times',
    looks: /^sys_(?:enter|exit): NR -?\d+ /m,
    todo: 'read trace again after: echo context-info > trace_options',
  },
  {
    what: 'ftrace text printed with the options latency-format and verbose',
    looks: /^ *\S.{0,30} +\d+ +\d+ \d+ [\da-f]{8} [\da-f]{8} \[[\da-f]+\] /m,
    todo: 'read trace again after: echo noverbose > trace_options',
  },
  {
    what: 'raw fields of trace-cmd report (-R)',
    looks: /: sys_(?:enter: +id=-?\d+ args=ARRAY|exit: +id=-?\d+ ret=)/,
    todo: 'print it with: trace-cmd report -t -i trace.dat',
  },
  {
    what: 'what several files of trace-cmd hold, in one text',
    looks: /^\S.{0,200}: cpus=\d+$/m,
    todo: 'print one at a time: trace-cmd report -t -i trace.dat',
  },
  {
    what: 'output of the tracer function_graph, which has no task and no time for an event',
    looks: /^# tracer: function_graph$|^ *\d{1,4}\) .{0,30}\| {2}(?:\/\* |\w+\(\)|\})/m,
    todo: 'record the events alone: echo nop > current_tracer',
  },
  {
    what: 'Chrome trace JSON with ftrace text inside',
    looks: /^\s*\{[^]*"systemTraceEvents"\s*:/,
    todo: 'take the text out: jq -r .systemTraceEvents FILE > trace.txt',
  },
  {
    what: 'Chrome trace JSON, which holds no system calls',
    looks: /^\s*(?:\{[^]{0,4096}"traceEvents"\s*:|\[\s*\{[^]{0,400}"ph"\s*:)/,
    todo: 'record system calls: ptilab formats says how',
  },
];

/** Head of a text as these ask for it: bytes as characters. */
export const latin1Of = (head: Uint8Array): string => new TextDecoder('latin1').decode(head);

const refusedForm = (text: string): Refused | undefined => REFUSED.find(({ looks }) => looks.test(text));

/** Lines longer than this are of no event; looking for one in them would be slow. */
const shortLines = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.replace(/\r$/, ''))
    .filter((line) => line.length < 4096)
    .join('\n');

export const HTML = /^\s*(?:<!--[^]{0,2000}?-->\s*)?<(?:!doctype html|html)\b/i;
const SYSTRACE = /linuxPerfData|class="trace-data"|trace-viewer|catapult|Android System Trace|The Chromium Authors/;

export const isSystrace = (text: string): boolean => HTML.test(text) && SYSTRACE.test(text);

export function looksLikeFtrace(head: Uint8Array): boolean {
  const text = latin1Of(head);
  if (text.startsWith('# tracer: ') || isSystrace(text)) return true;
  const short = shortLines(text);
  return EVENT.test(short) || /^cpus=\d+\r?\n/.test(text) || refusedForm(short) !== undefined;
}

/** Throws where the text is of a form that is not read. */
export function demandReadable(head: Uint8Array, name: string): void {
  const form = refusedForm(shortLines(latin1Of(head)));
  if (form) throw inputError(form.what, printable(name), form.todo);
}

/** Whether times are counts: of events, cycles or ticks (`counter`, `x86-tsc`, `uptime`). */
export const countsTime = (head: Uint8Array): boolean => COUNTING.test(shortLines(latin1Of(head)));

/** The kernel that printed it, which the latency format names. */
export const kernelOf = (head: Uint8Array): string | undefined =>
  /^# \w+ latency trace v[\d.]+ on (\S{1,100})$/m.exec(latin1Of(head.subarray(0, 4096)))?.[1];
