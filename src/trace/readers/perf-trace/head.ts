/** What the beginning of a text of perf trace tells: whether it is one, when it begins, and what is in it twice. */
import { wordOf } from '../../text/scan.ts';
import { Body, TraceLine } from './line.ts';

const NEWLINE = 10;
export const HEAD_BYTES = 64 * 1024;

export interface Head {
  /** The earliest time of these lines; lines of calls that were broken off stand behind later ones. */
  readonly first: { readonly seconds: number; readonly nanoseconds: number } | undefined;
  /** The task of lines without an id, where one of them tells it; -1 where not. */
  readonly firstTid: number;
  /** Full names of the tracepoints. */
  readonly tracepoints: ReadonlySet<string>;
  readonly hasCalls: boolean;
}

/** Results that are the id of the task itself. */
const OWN_ID = /^(?:set_tid_address|gettid|getpid)\(.{0,80}\) {1,80}= (\d{1,7})\b/;
const NAME = /^[\w]{1,64}:[\w-]{1,64}/;
const SUMMARY = /^ ?Summary of events:$/m;

/** The table of `-s`, and nothing before it. */
export const isSummary = (head: Uint8Array): boolean =>
  SUMMARY.test(textOf(head, 0, Math.min(head.length, 4096))) && !linesOf(head).next().value;

/** Only calls that go on after others are told from what strace prints. */
const UNTIMED = /^(?: *\d{1,12}\.\d{3} +)?(?:.{1,15}\/\d{1,8} )? {1,2}\.\.\. \[continued\]: \w{1,40}\(\)\) +=/m;

export const isUntimed = (head: Uint8Array): boolean =>
  UNTIMED.test(textOf(head, 0, Math.min(head.length, 16_384))) && !linesOf(head).next().value;

/** Whether some line of these bytes is one of perf trace, or a summary of it. */
export const looksLikePerfTrace = (head: Uint8Array): boolean =>
  linesOf(head).next().value !== undefined || isSummary(head) || isUntimed(head);

export function surveyHead(head: Uint8Array): Head {
  let first: Head['first'];
  let firstTid = -1;
  let hasCalls = false;
  const tracepoints = new Set<string>();
  for (const { line, to } of linesOf(head)) {
    const { seconds, nanoseconds } = line;
    if (
      line.timed &&
      (!first || seconds < first.seconds || (seconds === first.seconds && nanoseconds < first.nanoseconds))
    )
      first = { seconds, nanoseconds };
    const text = textOf(head, line.at, Math.min(to, line.at + 300));
    if (line.body === Body.tracepoint) tracepoints.add(NAME.exec(text)?.[0] ?? '');
    if (line.body === Body.call || line.body === Body.continued) hasCalls = true;
    if (line.body === Body.call && line.tid < 0 && firstTid < 0) firstTid = Number(OWN_ID.exec(text)?.[1] ?? -1);
  }
  return { first, firstTid, tracepoints, hasCalls };
}

/** The lines that are events; the same object each time. */
function* linesOf(head: Uint8Array): Generator<{ readonly line: TraceLine; readonly to: number }> {
  const line = new TraceLine();
  let from = 0;
  for (let end = head.indexOf(NEWLINE); end >= 0; end = head.indexOf(NEWLINE, from)) {
    if (line.read(head, from, end) && endsLikeOne(head, line, end)) yield { line, to: end };
    from = end + 1;
  }
}

const EQUALS = wordOf(')');
const DOTS = wordOf(' ...');

/** A call ends with a result, or with dots; others with a bracket. */
function endsLikeOne(data: Uint8Array, line: TraceLine, end: number): boolean {
  const to = data[end - 1] === 13 ? end - 1 : end;
  const rest = data.subarray(line.at, to);
  if (line.body === Body.call || line.body === Body.continued)
    return /\) *= .*$/.test(latin1.decode(rest.subarray(-400))) || endsWith(rest, DOTS);
  return endsWith(rest, EQUALS);
}

const endsWith = (data: Uint8Array, word: Uint8Array): boolean =>
  data.length >= word.length && word.every((byte, i) => data[data.length - word.length + i] === byte);

const latin1 = new TextDecoder('latin1');
const textOf = (data: Uint8Array, from: number, to: number): string => latin1.decode(data.subarray(from, to));
