/** strace: needs no privilege, sees system calls only, and stops the command at each. */
import { cannotTellError } from '../errors.ts';
import type { MachineFacts } from './machine-facts.ts';
import type { Plan, Recorder } from './recorder.ts';

const CANNOT_SHOW =
  'no page faults, interrupts, switches or CPU time: strace: its times between calls are mostly its own; record with perf for those';

export const strace: Recorder = {
  id: 'strace',
  defaultName: 'ptilab.strace',
  plans({ strace: program }: MachineFacts): readonly Plan[] {
    if (!program)
      throw cannotTellError('strace is not there', 'PATH', 'install it (package strace), or record with perf');
    // -D: the command stays our child and the tracer steps aside, so its resources can be told from strace's.
    const numbers = program.can.has('-n') ? ['-n'] : [];
    return [
      {
        recorder: 'strace',
        joining: 'wrap',
        scope: 'tree',
        buffer: undefined,
        command: ({ output }) => [program.path, '-D', '-f', '-ttt', '-T', ...numbers, '-o', output, '--'],
        comparesSwitches: false,
        lines: [CANNOT_SHOW],
      },
    ];
  },
};
