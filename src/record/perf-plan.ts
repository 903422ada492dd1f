/** perf: everything the model can use, as far as the machine permits. */
import { cannotTellError } from '../errors.ts';
import { bufferBytes, sizeText } from './buffers.ts';
import { ESSENTIAL, EVENTS, type RecordedEvent } from './events.ts';
import type { MachineFacts, ProgramFacts } from './machine-facts.ts';
import type { Plan, PlanNames, PlanRequest, Recorder } from './recorder.ts';

const INSTALL =
  'install it (Debian: linux-perf, Ubuntu: linux-tools-$(uname -r), others: perf), or take --recorder strace';
const MORE = 'run as root, or set sysctl kernel.perf_event_paranoid=-1';

/** All events, one each, no overflow of ids, no other process's past. */
const BASE = ['record', '-q', '-c', '1', '-k', 'CLOCK_MONOTONIC', '-B', '-N'];

export const perf: Recorder = { id: 'perf', defaultName: 'ptilab.perf.data', plans };

function plans(facts: MachineFacts, request: PlanRequest): readonly Plan[] {
  const { perf: program, tracefs } = facts;
  if (!program) throw cannotTellError('perf is not there', 'PATH', INSTALL);
  if (!('path' in tracefs))
    throw cannotTellError(
      `tracefs is ${tracefs.problem}`,
      '/sys/kernel/tracing',
      tracefs.problem === 'not mounted'
        ? 'mount -t tracefs nodev /sys/kernel/tracing as root, or take --recorder strace'
        : 'run as root, or mount -o remount,mode=755 /sys/kernel/tracing as root, or take --recorder strace',
    );
  const allowed = facts.mayTrace || (facts.paranoid ?? 2) < 0;
  const events = EVENTS.filter(({ name, free }) => facts.tracepoints.has(name) && (allowed || free));
  if (!events.some(({ name }) => ESSENTIAL.has(name)))
    throw cannotTellError(
      'the kernel has neither system calls nor page faults among its tracepoints',
      tracefs.path,
      'take a kernel with CONFIG_FTRACE_SYSCALLS, or --recorder strace',
    );
  const shared = {
    recorder: 'perf',
    joining: 'attach',
    buffer: request.buffer ?? bufferBytes(facts),
    comparesSwitches: true,
  } as const;
  const absent = absentLines(facts, allowed);
  const tree: Plan = {
    ...shared,
    scope: 'tree',
    command: (names, buffer) => treeCommand(program, events, allowed, names, buffer),
    lines: [
      ...absent,
      ...(allowed
        ? [
            'switches only as the command has them: perf without -a: who else ran, and what woke the command, is not in it',
          ]
        : []),
    ],
  };
  if (!allowed) return [tree];
  const system: Plan = {
    ...shared,
    scope: 'system',
    command: (names, buffer) => systemCommand(program, events, names, buffer),
    lines: [
      ...absent,
      'events of all processes are in it: no cgroup may be made: run as root where cgroups can be written to have only the command',
    ],
  };
  if (!facts.cgroup) return [system, tree];
  const cgroup: Plan = {
    ...shared,
    scope: 'cgroup',
    command: (names, buffer) => cgroupCommand(program, events, names, buffer),
    lines: absent,
  };
  return [cgroup, system, tree];
}

const optional = (program: ProgramFacts, ...options: readonly string[]): readonly string[] =>
  program.can.has(options[0].split('=')[0]) ? options : [];

const head = (program: ProgramFacts, { output }: PlanNames, buffer: number | undefined): readonly string[] => [
  program.path,
  ...BASE,
  ...optional(program, '--synth=no'),
  ...(buffer === undefined ? [] : ['-m', sizeText(buffer)]),
  '-o',
  output,
];

const selected = (events: readonly RecordedEvent[]): readonly string[] => events.flatMap(({ name }) => ['-e', name]);

/** Switches of the whole machine, all else of the command's cgroup. */
function cgroupCommand(
  program: ProgramFacts,
  events: readonly RecordedEvent[],
  names: PlanNames,
  buffer: number | undefined,
): readonly string[] {
  // One name for each event, in order; an empty one leaves it system-wide, which perf takes only at the front.
  const ordered = [...events.filter(({ wide }) => wide), ...events.filter(({ wide }) => !wide)];
  const limits = ordered.map(({ wide }) => (wide ? '' : names.cgroup)).join(',');
  return [
    ...head(program, names, buffer),
    '-a',
    ...optional(program, '--all-cgroups'),
    ...selected(ordered),
    '-G',
    limits,
  ];
}

/** Everything of everybody, but not the recorder's own calls and faults: each would cause the next. */
function systemCommand(
  program: ProgramFacts,
  events: readonly RecordedEvent[],
  names: PlanNames,
  buffer: number | undefined,
): readonly string[] {
  const quiet = optional(program, '--exclude-perf');
  return [
    ...head(program, names, buffer),
    '-a',
    ...optional(program, '--all-cgroups'),
    ...events.flatMap(({ name, wide }) => ['-e', name, ...(wide ? [] : quiet)]),
  ];
}

/** The command and its descendants. Switches back to them are records of another kind, which need no tracepoint. */
function treeCommand(
  program: ProgramFacts,
  events: readonly RecordedEvent[],
  allowed: boolean,
  names: PlanNames,
  buffer: number | undefined,
): readonly string[] {
  return [
    ...head(program, names, buffer),
    ...(allowed ? optional(program, '--switch-events') : []),
    ...selected(events),
    '-p',
    names.pid,
  ];
}

function absentLines(facts: MachineFacts, allowed: boolean): readonly string[] {
  const lost = EVENTS.filter(({ name }) => !facts.tracepoints.has(name)).map(
    ({ name, shows }) => `not recorded, ${shows}: ${name}: this kernel has no such tracepoint`,
  );
  if (allowed) return lost;
  return [
    ...lost,
    `system calls only, no faults, interrupts, switches or CPU time: no CAP_PERFMON and kernel.perf_event_paranoid is ${facts.paranoid ?? 'unknown'}: ${MORE}`,
  ];
}
