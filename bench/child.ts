/** Commands measured from outside: CPU time, wall time and peak memory of one child, whatever program it is. */
import { spawnSync } from 'node:child_process';
import { Bench } from 'tinybench';

/** How often each command runs. */
export const ROUNDS = 3;

/** What the system says of a child that ended; seconds and bytes. */
export interface Usage {
  readonly cpu: number;
  readonly wall: number;
  readonly peak: number;
}

export const has = (program: string, ask = '--version'): boolean => spawnSync(program, [ask]).status === 0;

/** Node tells what all its children used, not what one did: wait4 tells it of one. */
const WAIT4 = `
import json, os, sys, time
null = os.open(os.devnull, os.O_RDWR)
start = time.monotonic()
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, null, n) for n in (0, 1, 2)])
_, status, used = os.wait4(child, 0)
wall = time.monotonic() - start
print(json.dumps({'cpu': used.ru_utime + used.ru_stime, 'wall': wall, 'peak': used.ru_maxrss * 1024, 'failed': status != 0}))
`;

function measured(command: readonly string[]): Usage {
  const { stdout } = spawnSync('python3', ['-c', WAIT4, ...command], { encoding: 'utf8' });
  const usage = JSON.parse(stdout || '{"failed":true}') as Usage & { readonly failed: boolean };
  if (usage.failed) throw new Error(`failed: ${command.join(' ')}`);
  return usage;
}

/** Runs commands in turn, {@link ROUNDS} times each; the best run of each by CPU time. */
export async function alternately(commands: readonly (readonly string[])[]): Promise<readonly Usage[]> {
  const runs = commands.map((): Usage[] => []);
  const bench = new Bench({ iterations: 1, time: 0, warmup: false, throws: true });
  commands.forEach((command, i) => {
    bench.add(`${i}: ${command[0]}`, () => {
      const usage = measured(command);
      runs[i].push(usage);
      return { overriddenDuration: usage.cpu * 1000 };
    });
  });
  for (let round = 0; round < ROUNDS; round++) await bench.run();
  return runs.map((all) => all.reduce((best, run) => (run.cpu < best.cpu ? run : best)));
}
