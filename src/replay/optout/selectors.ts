/** SEL of the command line: which processes a wrapper is put on. A kind of selector is one entry in {@link KINDS}. */
import { cannotTellError, printable, usageError } from '../../errors.ts';
import { nearest } from '../../nearest.ts';
import type { StringTable } from '../../trace/strings.ts';
import { parseGlob, type Glob } from './glob.ts';
import type { Process } from '../tasks.ts';

export interface Selector {
  /** As it was written. */
  readonly text: string;
  /** Whether a process is chosen now: asked when it is first seen (if older than the trace) and after each of its execs. */
  matches(process: Process, names: StringTable): boolean;
  /** The word that would have chosen a process, for the message when nothing was. */
  candidate(process: Process, names: StringTable): string | undefined;
}

/** What a selector may need from the trace. */
export interface SelectorContext {
  readonly commandPid: number | undefined;
  readonly recordsCgroups?: boolean | undefined;
}

interface Kind {
  readonly example: string;
  make(argument: string, context: SelectorContext, text: string): Omit<Selector, 'text'>;
}

const KINDS: Readonly<Record<string, Kind>> = {
  root: {
    example: 'root',
    make: () => ({ matches: (process) => !process.bornInTrace, candidate: () => undefined }),
  },
  tree: {
    example: 'tree',
    make(_argument, { commandPid }, text) {
      if (commandPid === undefined)
        throw cannotTellError(
          'the trace does not name the recorded command',
          text,
          'name its process with pid:N, or record with perf record -- CMD',
        );
      // Its descendants follow by inheritance.
      return { matches: (process) => process.pid === commandPid, candidate: () => undefined };
    },
  },
  pid: {
    example: 'pid:417',
    make(argument, _context, text) {
      if (!/^\d{1,10}$/.test(argument)) throw usageError('not a process id', text, 'write it as pid:417');
      const pid = Number(argument);
      return { matches: (process) => process.pid === pid, candidate: (process) => `pid:${process.pid}` };
    },
  },
  comm: {
    example: 'comm:cc1',
    make(argument) {
      const glob = globOf(argument);
      return {
        matches: (process, names) => glob.test(names.text(process.comm)),
        candidate: (process, names) => `comm:${names.text(process.comm)}`,
      };
    },
  },
  exe: {
    example: 'exe:*/cc1',
    make(argument) {
      const glob = globOf(argument);
      return {
        matches: (process, names) => process.exe !== 0 && glob.test(names.text(process.exe)),
        candidate: (process, names) => (process.exe === 0 ? undefined : `exe:${names.text(process.exe)}`),
      };
    },
  },
  cgroup: {
    example: 'cgroup:/system.slice/*',
    make(argument, { recordsCgroups }, text) {
      if (recordsCgroups !== true)
        throw cannotTellError(
          'the recording has no cgroups',
          text,
          'choose processes with comm:, exe: or pid:, or record with perf record --all-cgroups',
        );
      const glob = globOf(argument);
      return {
        matches: (process, names) => process.cgroup !== 0 && glob.test(names.text(process.cgroup)),
        candidate: (process, names) => (process.cgroup === 0 ? undefined : `cgroup:${names.text(process.cgroup)}`),
      };
    },
  },
};

/** Parses one SEL. Throws a usage error for what is none, a cannot-tell error for what the trace cannot answer. */
export function parseSelector(text: string, context: SelectorContext): Selector {
  const colon = text.indexOf(':');
  const word = colon < 0 ? text : text.slice(0, colon);
  const kind = Object.hasOwn(KINDS, word) ? KINDS[word] : undefined;
  const takesArgument = kind?.example.includes(':') ?? false;
  if (!kind || takesArgument !== colon >= 0 || (takesArgument && colon === text.length - 1)) {
    const closest = nearest(word, Object.keys(KINDS)) ?? 'root';
    throw usageError('not a selector', printable(text), `did you mean ${KINDS[closest].example}? (${exampleList()})`);
  }
  return { text, ...kind.make(text.slice(colon + 1), context, text) };
}

const exampleList = (): string =>
  Object.values(KINDS)
    .map((kind) => kind.example)
    .join(', ');

/** The nearest selector of the same kind that would have matched, of all processes seen. */
export function nearestMatch(
  selector: Selector,
  processes: readonly Process[],
  names: StringTable,
): string | undefined {
  const words = processes.flatMap((process) => selector.candidate(process, names) ?? []);
  return nearest(selector.text, [...new Set(words)]);
}

/** @throws a usage error for a glob that is none */
export function globOf(glob: string): Glob {
  const parsed = parseGlob(glob);
  if (!parsed)
    throw usageError('a range that runs backwards', printable(glob), 'write the lower character first, as in [a-z]');
  return parsed;
}
