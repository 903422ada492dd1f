/** A machine that permits everything, to take things away from. */
import { EVENTS } from '../../src/record/events.ts';
import type { MachineFacts } from '../../src/record/machine-facts.ts';

export const ROOT_ON_LINUX: MachineFacts = {
  platform: 'linux',
  arch: 'x64',
  perf: {
    path: '/usr/bin/perf',
    can: new Set(['--synth', '--all-cgroups', '--switch-events', '--exclude-perf']),
  },
  strace: { path: '/usr/bin/strace', can: new Set(['-n', '-f']) },
  mayTrace: true,
  mayLock: true,
  paranoid: 2,
  tracefs: { path: '/sys/kernel/tracing' },
  tracepoints: new Set(EVENTS.map(({ name }) => name)),
  cgroup: { folder: '/sys/fs/cgroup/a', name: 'a' },
  cpus: 2,
  availableBytes: 8 * 2 ** 30,
  freeLockBytes: 516 * 1024,
};
