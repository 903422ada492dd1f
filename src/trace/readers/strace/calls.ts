/** What the reader takes from a call besides its name: one entry a call that means more than an entry and an exit. */
import { SYSCALLS, syscallNumber } from '../../syscalls.ts';
import { NameScanner } from '../../text/name-scanner.ts';
import { NumberScanner, startsWith, wordOf } from '../../text/scan.ts';

/** What a successful call does, as far as events tell of it. */
export type Effect = 'none' | 'birth' | 'exec' | 'name';
/** Where its arguments are read from: nowhere, as a list, or the flags alone. */
export type Arguments = 'none' | 'list' | 'clone-flags' | 'file';

export interface Call {
  /** x86-64 number; -1 where the name has none. */
  readonly nr: number;
  readonly effect: Effect;
  readonly args: Arguments;
  /** Clone flags of a call that has none to print. */
  readonly flags: number;
}

const CLONE_VM = 0x100;
const CLONE_VFORK = 0x4000;

const MEANINGS: Readonly<Record<string, Partial<Omit<Call, 'nr'>>>> = {
  clone: { effect: 'birth', args: 'clone-flags' },
  clone3: { effect: 'birth', args: 'clone-flags' },
  fork: { effect: 'birth' },
  vfork: { effect: 'birth', flags: CLONE_VFORK | CLONE_VM },
  execve: { effect: 'exec', args: 'file' },
  execveat: { effect: 'exec', args: 'file' },
  prctl: { effect: 'name', args: 'list' },
};

/** Calls whose arguments the model, or a scenario, may ask for. */
const LISTED = `
  mmap mprotect munmap brk mremap madvise pkey_mprotect arch_prctl unshare personality
  setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid
`;

/** What strace 4 called some calls of x86-64 (its linux/x86_64/syscallent.h, up to 4.8). */
const OLD_NAMES: ReadonlyMap<string, number> = new Map([
  ['pread', 17],
  ['pwrite', 18],
  ['_exit', 60],
  ['getsid', 124],
  ['umount', 166],
]);

const PLAIN = { effect: 'none', args: 'none', flags: 0 } as const;
/** A call that is none of x86-64. */
export const UNKNOWN: Call = { nr: -1, ...PLAIN };

const NUMBERED = wordOf('syscall_0x');
/** Numbers beyond are none of a call, and would make tables of counts large. */
const MOST_NUMBER = 0xffff;

/** Reads names of calls. */
export class CallScanner {
  /** Behind the last name. */
  at = 0;
  readonly #names = new NameScanner([...SYSCALLS.map(([, name]) => name), ...OLD_NAMES.keys()]);
  readonly #calls: readonly Call[];
  readonly #number = new NumberScanner();
  /** Calls that strace does not know by name, by number. */
  readonly #numbered = new Map<number, Call>();

  constructor() {
    const listed = new Set(LISTED.trim().split(/\s+/).map(syscallNumber));
    const calls = SYSCALLS.map(([nr, name]): Call => ({
      nr,
      ...PLAIN,
      ...(listed.has(nr) && { args: 'list' }),
      ...(Object.hasOwn(MEANINGS, name) ? MEANINGS[name] : {}),
    }));
    const old = [...OLD_NAMES.values()].map((nr): Call => ({ nr, ...PLAIN }));
    this.#calls = [...calls, ...old];
  }

  /** The call whose name begins at `from`; {@link UNKNOWN} where it is none. */
  read(data: Uint8Array, from: number, to: number): Call {
    const index = this.#names.read(data, from, to);
    this.at = this.#names.at;
    if (index >= 0) return this.#calls[index];
    return startsWith(data, from, this.at, NUMBERED) ? this.#byNumber(data, from + NUMBERED.length) : UNKNOWN;
  }

  /** `syscall_0x1f4`. */
  #byNumber(data: Uint8Array, from: number): Call {
    const number = this.#number;
    number.hex(data, from, this.at);
    if (!number.ok || number.at !== this.at || number.high !== 0 || number.low > MOST_NUMBER) return UNKNOWN;
    let call = this.#numbered.get(number.low);
    if (!call) this.#numbered.set(number.low, (call = { nr: number.low, ...PLAIN, args: 'list' }));
    return call;
  }
}
