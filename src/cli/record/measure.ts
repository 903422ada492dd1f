/**
 * Who waits for the command, and so is told its resources. Node is not told them; a small program in between is. It stands outside
 * of the recording, and what it measures begins with the shell that becomes the command.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { textOf } from './machine.ts';

/** Resources that were used between two moments. */
export interface Usage {
  readonly user: number;
  readonly sys: number;
  readonly minorFaults: number;
  readonly voluntarySwitches: number | undefined;
  /** When the command ended, in ns of the monotonic clock; undefined: when we heard of it. */
  readonly endNs?: bigint;
}

export interface Measurer {
  /** Who it is, for a line to the user; undefined: Node itself. */
  readonly id: string | undefined;
  /** Program and arguments to put before the command; `file` is where the answer goes. */
  command(file: string): readonly string[];
  /** To be called before the command starts; what it returns, after it ended. */
  start(file: string): () => Usage | undefined;
}

/** Waits for the command and passes on how it ended. Signals of the terminal are for the command. */
const PYTHON = `
import os, signal, sys, time
for each in (signal.SIGINT, signal.SIGQUIT): signal.signal(each, signal.SIG_IGN)
pid = os.fork()
if pid == 0:
    for each in (signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE, signal.SIGXFSZ): signal.signal(each, signal.SIG_DFL)
    try: os.execvp(sys.argv[2], sys.argv[2:])
    except OSError: os._exit(126)
_, status, usage = os.wait4(pid, 0)
end = time.monotonic_ns()
with open(sys.argv[1], 'w') as out: print(usage.ru_utime, usage.ru_stime, usage.ru_minflt, usage.ru_nvcsw, end, file=out)
os._exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))
`;

/** By full names: a wrapper that chooses among versions may change the environment of what it starts. */
const PYTHONS = ['/usr/bin/python3', '/usr/local/bin/python3'];
const TIME = '/usr/bin/time';

/** Those that are here, best first: microseconds, hundredths of seconds, those without voluntary switches. */
export function measurersHere(): readonly Measurer[] {
  const python = PYTHONS.find((path) => existsSync(path));
  const hasTime = existsSync(TIME) && spawnSync(TIME, ['--version'], { encoding: 'utf8' }).stdout.includes('GNU');
  return [
    ...(python === undefined
      ? []
      : [{ id: 'python3', command: (file: string) => [python, '-I', '-S', '-c', PYTHON, file], start: fromFile }]),
    ...(hasTime
      ? [{ id: 'GNU time', command: (file: string) => [TIME, '-q', '-o', file, '-f', '%U %S %R %w'], start: fromFile }]
      : []),
    { id: undefined, command: () => [], start: fromOwnChildren },
  ];
}

export const findMeasurer = (): Measurer => measurersHere()[0];

const fromFile = (file: string) => (): Usage | undefined => {
  if (!existsSync(file)) return undefined;
  const last = readFileSync(file, 'utf8').trimEnd().split('\n').at(-1) ?? '';
  const match = /^([\d.]+) ([\d.]+) (\d+) (\d+)(?: (\d+))?$/.exec(last);
  if (!match) return undefined;
  return {
    user: Number(match[1]),
    sys: Number(match[2]),
    minorFaults: Number(match[3]),
    voluntarySwitches: Number(match[4]),
    ...(match[5] !== undefined && { endNs: BigInt(match[5]) }),
  };
};

/** The kernel's clock ticks in /proc/PID/stat: USER_HZ, a constant of its interface on x86-64. */
const TICKS = 100;

/** What our own children used that have ended: fields 11, 16 and 17 of our stat. Switches are not among them. */
function fromOwnChildren(): () => Usage | undefined {
  const read = (): readonly number[] => {
    const stat = textOf('/proc/self/stat') ?? '';
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    return [fields[13] / TICKS, fields[14] / TICKS, fields[8]];
  };
  const before = read();
  return () => {
    const [user, sys, minorFaults] = read().map((value, i) => value - before[i]);
    return { user: user, sys: sys, minorFaults: minorFaults, voluntarySwitches: undefined };
  };
}
