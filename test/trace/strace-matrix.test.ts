/** One short session as strace prints it under every combination of the options that change its lines: always the same events. */
import { describe, expect, test } from 'vitest';
import { straceEvents, straceHealth, type ShortEvent } from '../support/strace.ts';

interface Line {
  readonly tid: number;
  readonly comm: string;
  /** Microseconds since the first line. */
  readonly us: number;
  readonly nr?: number;
  readonly text: string;
  /** Behind a result. */
  readonly tookUs?: number;
}

/** A shell starts `ls`, waits for it, is told by a signal, and ends; `ls` fails to open a file and is stopped in a sleep by a signal. */
const SESSION: readonly Line[] = [
  { tid: 500, comm: 'sh', us: 0, nr: 59, text: 'execve("/bin/sh", ["sh"], 0x7ffe /* 2 vars */) = 0', tookUs: 300 },
  { tid: 500, comm: 'sh', us: 400, nr: 57, text: 'fork()                                  = 501', tookUs: 50 },
  { tid: 500, comm: 'sh', us: 500, nr: 61, text: 'wait4(-1,  <unfinished ...>' },
  {
    tid: 501,
    comm: 'sh',
    us: 520,
    nr: 59,
    text: 'execve("/bin/ls", ["ls", "a) = 0"], 0x7ffe /* 2 vars */) = 0',
    tookUs: 200,
  },
  {
    tid: 501,
    comm: 'ls',
    us: 800,
    nr: 257,
    text: 'openat(AT_FDCWD, "/a", O_RDONLY) = -1 ENOENT (No such file or directory)',
    tookUs: 9,
  },
  {
    tid: 501,
    comm: 'ls',
    us: 900,
    nr: 35,
    text: 'nanosleep({tv_sec=1, tv_nsec=0}, NULL) = ? ERESTART_RESTARTBLOCK (Interrupted by signal)',
    tookUs: 700,
  },
  { tid: 501, comm: 'ls', us: 1700, text: '--- SIGALRM {si_signo=SIGALRM, si_code=SI_KERNEL} ---' },
  {
    tid: 501,
    comm: 'ls',
    us: 1800,
    nr: 219,
    text: 'restart_syscall(<... resuming interrupted nanosleep ...>) = 0',
    tookUs: 80,
  },
  { tid: 501, comm: 'ls', us: 2000, nr: 231, text: 'exit_group(0)                           = ?' },
  { tid: 501, comm: 'ls', us: 2100, text: '+++ exited with 0 +++' },
  {
    tid: 500,
    comm: 'sh',
    us: 2200,
    nr: 61,
    text: '<... wait4 resumed>[{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = 501',
    tookUs: 1700,
  },
  {
    tid: 500,
    comm: 'sh',
    us: 2300,
    text: '--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=501, si_uid=0} ---',
  },
  { tid: 500, comm: 'sh', us: 2400, nr: 231, text: 'exit_group(0)                           = ?' },
  { tid: 500, comm: 'sh', us: 2500, text: '+++ exited with 0 +++' },
];

/** Kind, task, number or other task, result, text. */
const EVENTS: readonly string[] = [
  'sys-enter 500 59 0',
  'rename 500 0 0 sh',
  'exec 500 500 0 /bin/sh',
  'sys-exit 500 59 0',
  'sys-enter 500 57 0',
  'new-task 500 501 0',
  'sys-exit 500 57 501',
  'sys-enter 500 61 0',
  'sys-exit 501 57 0',
  'sys-enter 501 59 0',
  'rename 501 0 0 ls',
  'exec 501 501 0 /bin/ls',
  'sys-exit 501 59 0',
  'sys-enter 501 257 0',
  'sys-exit 501 257 -2',
  'sys-enter 501 35 0',
  'sys-exit 501 35 -516',
  'sys-enter 501 219 0',
  'sys-exit 501 219 0',
  'sys-enter 501 231 0',
  'exit 501 0 0',
  'sys-exit 500 61 501',
  'sys-enter 500 231 0',
  'exit 500 0 0',
];

const BASE_S = 1_795_680_000;
const six = (us: number): string => String(us).padStart(6, '0');

/** By option: what it puts into a line, in the order in which strace does. */
const TASKS = {
  '-f -o': ({ tid }: Line) => `${tid} `,
  '-f': ({ tid }: Line) => `[pid ${String(tid).padStart(5)}] `,
  '-f -Y -o': ({ tid, comm }: Line) => `${tid}<${comm}> `,
} as const;
const TIMES = {
  '': () => '',
  '-t': () => '10:40:00 ',
  '-tt': ({ us }: Line) => `10:40:00.${six(us)} `,
  '-ttt': ({ us }: Line) => `${BASE_S}.${six(us)} `,
  '--timestamps=unix': () => `${BASE_S} `,
  '--timestamps=unix,ns': ({ us }: Line) => `${BASE_S}.${six(us)}000 `,
  '-r': (_line: Line, sinceUs: number) => `     0.${six(sinceUs)} `,
  '-ttt -r': ({ us }: Line, sinceUs: number) => `${BASE_S}.${six(us)} (+     0.${six(sinceUs)}) `,
} as const;
const NUMBERS = {
  '': () => '',
  '-n': ({ nr }: Line) => `[${nr === undefined ? '????' : String(nr).padStart(4)}] `,
} as const;
const POINTERS = { '': () => '', '-i': () => '[00007f9d50005353] ' } as const;
const DURATIONS = {
  '': () => '',
  '-T': ({ tookUs }: Line) => (tookUs === undefined ? '' : ` <0.${six(tookUs)}>`),
} as const;
const STACKS = {
  '': () => '',
  '-k': ({ nr }: Line) => (nr === undefined ? '' : '\n > /usr/lib/libc.so.6(fork+0x7) [0xd9c57]'),
} as const;

const namesOf = <T extends object>(table: T) => Object.keys(table) as (keyof T)[];

/** What every option leaves the same. */
const sameIn = (events: readonly ShortEvent[]) =>
  events.map(({ kind, tid, nr, result, text }) => [kind, tid, nr, result, text].join(' ').trim());

describe.each(namesOf(TASKS))('strace %s', (task) => {
  test.each(namesOf(TIMES))(
    'with the times of "%s", and each combination of -n, -i, -T and -k, shows the same',
    async (time) => {
      for (const number of namesOf(NUMBERS))
        for (const pointer of namesOf(POINTERS))
          for (const duration of namesOf(DURATIONS))
            for (const stack of namesOf(STACKS)) {
              const lines = SESSION.map((line, i) => {
                const since = i === 0 ? 0 : line.us - SESSION[i - 1].us;
                const head = TASKS[task](line) + TIMES[time](line, since) + NUMBERS[number](line) + POINTERS[pointer]();
                return head + line.text + DURATIONS[duration](line) + STACKS[stack](line);
              });
              const where = [time, number, pointer, duration, stack].join(' ');
              expect(sameIn(await straceEvents(...lines)), where).toEqual(EVENTS);
              const { 'unknown-record': stacks = 0, 'no-times': untimed = 0, ...health } = await straceHealth(...lines);
              expect(health, where).toEqual({});
              expect([stacks, untimed > 0], where).toEqual([stack === '-k' ? 10 : 0, time === '']);
            }
    },
  );
});
