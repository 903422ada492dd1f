/** Asks this machine what it permits. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { errnoOf } from '../../io/node/errno.ts';
import { EVENTS } from '../../record/events.ts';
import {
  availableBytes,
  CAP_IPC_LOCK,
  CAP_PERFMON,
  CAP_SYS_ADMIN,
  cgroupPath,
  hasCapability,
  perfCgroupMount,
} from '../../record/host-texts.ts';
import type { CgroupFacts, MachineFacts, ProgramFacts } from '../../record/machine-facts.ts';
import { findProgram } from './commands.ts';

const TRACEFS = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'];
const HELP_TIMEOUT_MS = 10_000;
/** What perf allows everybody where nothing else is set. */
const FREE_LOCK_KIB = 516;

export function machineFacts(): MachineFacts {
  const status = textOf('/proc/self/status') ?? '';
  const paranoid = textOf('/proc/sys/kernel/perf_event_paranoid');
  const meminfo = textOf('/proc/meminfo');
  const tracefs = findTracefs();
  return {
    platform: process.platform,
    arch: process.arch,
    perf: findPerf(),
    strace: programWith('strace', ['-h'], /^\s*(-\w)\b/gm),
    mayTrace: hasCapability(status, CAP_PERFMON) || hasCapability(status, CAP_SYS_ADMIN),
    mayLock: hasCapability(status, CAP_IPC_LOCK),
    paranoid: paranoid === undefined ? undefined : Number(paranoid),
    tracefs,
    tracepoints: new Set('path' in tracefs ? EVENTS.map(({ name }) => name).filter(isIn(tracefs.path)) : []),
    cgroup: findCgroup(),
    cpus: cpus().length || availableParallelism(),
    availableBytes: meminfo === undefined ? undefined : availableBytes(meminfo),
    freeLockBytes: Number(textOf('/proc/sys/kernel/perf_event_mlock_kb') ?? FREE_LOCK_KIB) * 1024,
  };
}

/** A file of /proc or /sys; undefined where it is not there or not for us. */
export function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

/** Some distributions have a script of that name that only says which package is missing. */
function findPerf(): ProgramFacts | undefined {
  const found = programWith('perf', ['record', '-h'], /(--[a-z-]+)/g);
  if (!found || process.platform !== 'linux') return undefined;
  return spawnSync(found.path, ['--version'], { timeout: HELP_TIMEOUT_MS }).status === 0 ? found : undefined;
}

function programWith(name: string, help: readonly string[], option: RegExp): ProgramFacts | undefined {
  const path = findProgram(name);
  if (typeof path !== 'string') return undefined;
  const { stdout, stderr } = spawnSync(path, help, { encoding: 'utf8', timeout: HELP_TIMEOUT_MS });
  return { path, can: new Set([...`${stdout}\n${stderr}`.matchAll(option)].map((match) => match[1])) };
}

function findTracefs(): MachineFacts['tracefs'] {
  const mounted = TRACEFS.find((path) => existsSync(join(path, 'events')));
  if (mounted === undefined) {
    // The folder of a mounted one that is not for us shows nothing.
    const isMounted = / (tracefs|debugfs) /.test(textOf('/proc/mounts') ?? '');
    return { problem: isMounted ? 'not readable' : 'not mounted' };
  }
  try {
    readdirSync(join(mounted, 'events'));
    return { path: mounted };
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return { problem: 'not readable' };
  }
}

const isIn =
  (tracefs: string) =>
  (event: string): boolean =>
    existsSync(join(tracefs, 'events', event.replace(':', '/'), 'format'));

/** Below our own cgroup: what limits us goes on limiting the command. */
function findCgroup(): CgroupFacts | undefined {
  const mount = perfCgroupMount(textOf('/proc/mounts') ?? '');
  const own = mount && cgroupPath(textOf('/proc/self/cgroup') ?? '', mount.controller);
  if (own === undefined || own.includes(',')) return undefined; // perf's list of names is separated by commas
  const folder = join(mount!.path, own);
  try {
    accessSync(folder, constants.W_OK);
    accessSync(join(folder, 'cgroup.procs'), constants.W_OK);
    return { folder, name: own.replace(/^\/+|\/+$/g, '') };
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}
