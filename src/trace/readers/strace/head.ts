/** What the beginning of a text tells: whether strace wrote it, and which task its lines without an id are of. */
import { syscallNumber } from '../../syscalls.ts';
import { UNNAMED } from './tasks.ts';

export interface Head {
  /** The task of lines without an id; {@link UNNAMED} where no line tells. */
  readonly firstTid: number;
  /** The task that strace started, where the recording begins with its exec. */
  readonly commandTid: number | undefined;
}

/** Longer lines are looked at up to here. */
const MOST_LINE = 4096;

// Every repetition is bounded or followed by what it cannot match, so that no text is slow.
const TASK = String.raw`(?:\[pid {1,8}(\d{1,7})(?:<[^>]{0,80}>)?\] |(\d{1,7})(?:<[^>]{0,80}>)? {1,8})?`;
const TIME = String.raw`(?: {0,16}(?:\d\d:\d\d:\d\d(?:\.\d{1,9})?|\d{1,12}\.\d{1,9}|\d{8,12}) )?(?:\(\+ {0,16}\d{1,12}(?:\.\d{1,9})?\) )?`;
const EXTRA = String.raw`(?:\[ {0,8}[\da-f?]{1,16}\] ){0,2}`;
const PREFIX = `^${TASK}${TIME}${EXTRA}`;
const CALL = new RegExp(
  String.raw`${PREFIX}([a-z_][a-z0-9_]{1,40})\(.*(?:\) {1,60}= (?:\?|-?\d|0x)|<(?:unfinished|detached) \.\.\.>$|attached$)`,
);
const OTHER = new RegExp(
  String.raw`${PREFIX}(?:<\.\.\. \w{1,40} resumed>|--- SIG[A-Z0-9_]{1,12} \{|\+\+\+ (?:exited with \d|killed by SIG)|strace: Process \d{1,7} attached)`,
);
const SUMMARY = /^% time +seconds +usecs\/call/m;

const textOf = (head: Uint8Array): string => new TextDecoder('latin1').decode(head);
const linesOf = (head: Uint8Array): readonly string[] =>
  textOf(head)
    .split('\n')
    // Published texts are often indented.
    .map((line) => line.slice(0, MOST_LINE).replace(/\r$/, '').trimStart());

const isCall = (line: string): boolean => {
  const name = CALL.exec(line)?.[3];
  return name !== undefined && (syscallNumber(name) !== undefined || name.startsWith('syscall_0x'));
};

/** Whether a text is of strace: a line is a call that Linux has, or says what strace says of tasks. */
export const looksLikeStrace = (head: Uint8Array): boolean =>
  isSummary(head) || linesOf(head).some((line) => isCall(line) || OTHER.test(line));

/** Whether a text is the table of `-c` and nothing before it. */
export const isSummary = (head: Uint8Array): boolean =>
  SUMMARY.test(textOf(head.subarray(0, MOST_LINE))) && !linesOf(head).some((line) => isCall(line));

/** Results that are the id of the task itself. */
const OWN_ID = /^(?:.{0,60} )?(?:set_tid_address|gettid)\(.{0,80}\) {1,60}= (\d{1,7})\b/;
const BANNER = /^\[ Process PID=(\d{1,7}) runs in /;

/** What the first lines tell of the task without an id, and of the command. */
export function headOf(head: Uint8Array): Head {
  let firstTid: number | undefined;
  let commandTid: number | undefined;
  let calls = 0;
  for (const line of linesOf(head)) {
    const [, inBrackets, bare] = new RegExp(PREFIX).exec(line) ?? [];
    const tid = inBrackets ?? bare;
    const name = CALL.exec(line)?.[3];
    if (name !== undefined && calls++ === 0 && name.startsWith('execve'))
      commandTid = tid === undefined ? 0 : Number(tid);
    const told = BANNER.exec(line)?.[1] ?? (tid === undefined ? OWN_ID.exec(line)?.[1] : undefined);
    if (told !== undefined) firstTid = Number(told);
    // Lines with an id are of others, or of the first task as well: either way the first has been on its own long enough.
    if (firstTid !== undefined || (tid !== undefined && calls > 0)) break;
  }
  return { firstTid: firstTid ?? UNNAMED, commandTid: commandTid === 0 ? firstTid : commandTid };
}
