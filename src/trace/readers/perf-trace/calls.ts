/** Calls as perf names them, and the arguments of those that the model asks about: perf leaves out what is 0, so they are told by their names. */
import { ARGS, type EventBatch } from '../../event.ts';
import { SYSCALLS } from '../../syscalls.ts';
import { NameScanner } from '../../text/name-scanner.ts';
import { isDigit, NumberScanner, skipSpaces, startsWith, wordOf } from '../../text/scan.ts';
import { symbolsWith, type SymbolScanner } from '../strace/constants.ts';

const [SPACE, QUOTE, OPEN, CLOSE, COMMA, COLON, ZERO, LESS, GREATER, PIPE, DASH] = [
  32, 34, 40, 41, 44, 58, 48, 60, 62, 124, 45,
];

export type Effect = 'none' | 'birth' | 'exec' | 'exit';

interface Parameter {
  readonly name: Uint8Array;
  readonly symbols: SymbolScanner | undefined;
}

export interface TracedCall {
  /** x86-64 number; -1 where the name has none. */
  readonly nr: number;
  readonly effect: Effect;
  /** In the order of the kernel's fields; empty where the model asks for none. */
  readonly parameters: readonly Parameter[];
  /** Of a call that makes a task: whether its flags are printed, or need not be. */
  readonly tellsFlags: boolean;
  /** Clone flags of a call that has none to print. */
  readonly flags: number;
}

const CLONE_VM = 0x100;
const CLONE_VFORK = 0x4000;

/** `name:PREFIX_` where perf prints symbols, without that prefix. */
const PARAMETERS: Readonly<Record<string, string>> = {
  mmap: 'addr len prot:PROT_ flags:MAP_ fd off',
  munmap: 'addr len',
  mprotect: 'start len prot:PROT_',
  pkey_mprotect: 'start len prot:PROT_ pkey',
  brk: 'brk',
  mremap: 'addr old_len new_len flags:MREMAP_ new_addr',
  madvise: 'start len_in behavior:MADV_',
  setuid: 'uid',
  setgid: 'gid',
  setreuid: 'ruid euid',
  setregid: 'rgid egid',
  setresuid: 'ruid euid suid',
  setresgid: 'rgid egid sgid',
  setfsuid: 'uid',
  setfsgid: 'gid',
  prctl: 'option:PR_ arg2 arg3 arg4 arg5',
  arch_prctl: 'option:ARCH_ arg2',
  unshare: 'unshare_flags:CLONE_',
  personality: 'personality',
  clone: 'clone_flags:CLONE_',
};
const EFFECTS: Readonly<Record<string, Partial<TracedCall>>> = {
  clone: { effect: 'birth', tellsFlags: true },
  // Its flags lie behind a pointer.
  clone3: { effect: 'birth' },
  fork: { effect: 'birth', tellsFlags: true },
  vfork: { effect: 'birth', tellsFlags: true, flags: CLONE_VFORK | CLONE_VM },
  execve: { effect: 'exec' },
  execveat: { effect: 'exec' },
  exit: { effect: 'exit' },
  exit_group: { effect: 'exit' },
};

const PLAIN = { effect: 'none', parameters: [], tellsFlags: false, flags: 0 } as const;
/** A call that is none of x86-64. */
export const UNKNOWN_CALL: TracedCall = { nr: -1, ...PLAIN };

const byName = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

export class CallNames {
  /** Behind the last name. */
  at = 0;
  readonly #names = new NameScanner(SYSCALLS.map(([, name]) => name));
  readonly #calls: readonly TracedCall[];

  constructor() {
    const symbols = new Map<string, SymbolScanner>();
    const symbolsOf = (prefix: string): SymbolScanner => {
      const known = symbols.get(prefix) ?? symbolsWith(prefix);
      symbols.set(prefix, known);
      return known;
    };
    this.#calls = SYSCALLS.map(([nr, name]): TracedCall => ({
      nr,
      ...PLAIN,
      parameters: (byName(PARAMETERS, name)?.split(' ') ?? []).map((text): Parameter => {
        const [parameter, prefix] = text.split(':');
        return { name: wordOf(parameter), symbols: prefix === undefined ? undefined : symbolsOf(prefix) };
      }),
      ...byName(EFFECTS, name),
    }));
  }

  /** The call whose name begins at `from`; {@link UNKNOWN_CALL} where it is none. */
  read(data: Uint8Array, from: number, to: number): TracedCall {
    const index = this.#names.read(data, from, to);
    this.at = this.#names.at;
    return index < 0 ? UNKNOWN_CALL : this.#calls[index];
  }
}

/** Reads fields as perf prints them: `key: value, key: value`. */
export class FieldReader {
  /** The last value: its low and its high word. */
  low = 0;
  high = 0;
  readonly #number = new NumberScanner();

  /** The arguments of a call, each in its own column. */
  arguments(call: TracedCall, data: Uint8Array, from: number, to: number, batch: EventBatch, row: number): void {
    for (let at = skipSpaces(data, from, to); at < to; at = nextField(data, at, to)) {
      const index = call.parameters.findIndex(({ name }) => isKey(data, at, to, name));
      if (index < 0 || index >= ARGS) continue;
      const { name, symbols } = call.parameters[index];
      this.#value(data, at + name.length + 2, to, symbols);
      batch.argWords[(row * ARGS + index) * 2] = this.low;
      batch.argWords[(row * ARGS + index) * 2 + 1] = this.high;
    }
  }

  /** Where the value of a field begins; -1 where there is none of that name. */
  find(key: Uint8Array, data: Uint8Array, from: number, to: number): number {
    for (let at = skipSpaces(data, from, to); at < to; at = nextField(data, at, to))
      if (isKey(data, at, to, key)) return at + key.length + 2;
    return -1;
  }

  /** A number, decimal or hexadecimal, into {@link low} and {@link high}; false where there is none. */
  number(data: Uint8Array, from: number, to: number): boolean {
    const number = this.#number;
    this.low = this.high = 0;
    if (data[from] === ZERO && from + 1 < to && data[from + 1] === 120) number.hex(data, from, to);
    else if (isDigit(data[from]) || data[from] === DASH) number.wide(data, from, to);
    else return false;
    if (!number.ok) return false;
    this.low = number.low >>> 0;
    this.high = number.high >>> 0;
    return true;
  }

  /** Numbers and symbols with `|` between; what is neither is 0. */
  #value(data: Uint8Array, from: number, to: number, symbols: SymbolScanner | undefined): void {
    let [low, high] = [0, 0];
    for (let at = from; at < to;) {
      if (this.number(data, at, to)) {
        low |= this.low;
        high |= this.high;
        at = this.#number.at;
      } else {
        if (!symbols) break;
        symbols.read(data, at, to);
        if (symbols.at === at) break;
        low |= symbols.value % 2 ** 32;
        high |= Math.floor(symbols.value / 2 ** 32);
        at = symbols.at;
      }
      if (data[at] !== PIPE) break;
      at++;
    }
    this.low = low >>> 0;
    this.high = high >>> 0;
  }
}

const isKey = (data: Uint8Array, at: number, to: number, key: Uint8Array): boolean =>
  startsWith(data, at, to, key) && data[at + key.length] === COLON && data[at + key.length + 1] === SPACE;

/** Behind the comma that ends a field. Texts, names of files and what stands in brackets may hold commas. */
function nextField(data: Uint8Array, from: number, to: number): number {
  let depth = 0;
  for (let at = from; at < to; at++) {
    const byte = data[at];
    if (byte === COMMA && depth === 0) return skipSpaces(data, at + 1, to);
    if (byte === QUOTE) at = quoteEnd(data, at, to);
    else if (byte === OPEN || byte === 91 || byte === 123) depth++;
    else if (byte === CLOSE || byte === 93 || byte === 125) depth = Math.max(0, depth - 1);
    else if (byte === LESS) while (at < to && data[at] !== GREATER) at++;
  }
  return to;
}

/** perf escapes nothing: a quote is the end of a text if a field or the end follows. */
function quoteEnd(data: Uint8Array, from: number, to: number): number {
  for (let at = from + 1; at < to; at++)
    if (data[at] === QUOTE && (at + 1 === to || data[at + 1] === COMMA || data[at + 1] === CLOSE)) return at;
  return to;
}

/** The text in quotes that begins at `from`, without them; empty where there is none. */
export function quoted(data: Uint8Array, from: number, to: number): readonly [from: number, to: number] {
  return from < 0 || data[from] !== QUOTE ? [from, from] : [from + 1, quoteEnd(data, from, to)];
}
