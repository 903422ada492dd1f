/** Facts of a host from the texts of /proc and /sys. What they do not say stays undefined. */

export interface CpuFacts {
  readonly pcid: boolean | undefined;
  readonly invpcid: boolean | undefined;
  readonly cpuName: string | undefined;
  /** `vendor,family,model,stepping`, as perf writes it. */
  readonly cpuId: string | undefined;
}

/** From /proc/cpuinfo: its first CPU, as perf does. */
export function cpuFacts(cpuinfo: string): CpuFacts {
  const first = cpuinfo.split('\n\n', 1)[0] ?? '';
  const field = (name: string): string | undefined =>
    new RegExp(`^${name}[ \\t]*: (.*)$`, 'm').exec(first)?.[1]?.trim();
  const flags = field('flags')?.split(' ');
  const id = [field('vendor_id'), field('cpu family'), field('model'), field('stepping')];
  return {
    pcid: flags?.includes('pcid'),
    invpcid: flags?.includes('invpcid'),
    cpuName: field('model name'),
    cpuId: id.includes(undefined) ? undefined : id.join(','),
  };
}

/** Whether this kernel isolates page tables, from /sys/devices/system/cpu/vulnerabilities/meltdown. */
export const isolates = (meltdown: string | undefined): boolean | undefined =>
  meltdown === undefined ? undefined : /\bPTI\b/.test(meltdown);

/** Whether a task is a kernel thread, from its /proc/PID/stat: kthreadd (2) or a child of it. The name may hold anything. */
export function isKernelThread(stat: string): boolean {
  const pid = Number.parseInt(stat, 10);
  const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  return pid === 2 || parent === 2;
}

/** Bits of a capability set, from /proc/self/status. */
export function hasCapability(status: string, bit: number): boolean {
  const set = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  return set !== undefined && (BigInt(`0x${set}`) & (1n << BigInt(bit))) !== 0n;
}
export const CAP_IPC_LOCK = 14;
export const CAP_SYS_ADMIN = 21;
export const CAP_PERFMON = 38;

/** The path of a process in a hierarchy, from /proc/PID/cgroup; `controller` '' is that of version 2. */
export function cgroupPath(cgroups: string, controller: string): string | undefined {
  for (const line of cgroups.split('\n')) {
    const match = /^\d+:([^:]*):(\/.*)$/.exec(line);
    if (match?.[1].split(',').includes(controller)) return match[2];
  }
  return undefined;
}

/** Where the hierarchy for perf events is mounted, from /proc/mounts: version 1 where it has it, else version 2. */
export function perfCgroupMount(mounts: string): { readonly path: string; readonly controller: string } | undefined {
  let second: string | undefined;
  for (const line of mounts.split('\n')) {
    const [, path, type, options = ''] = line.split(' ');
    if (path === undefined) continue;
    if (type === 'cgroup' && options.split(',').includes('perf_event'))
      return { path: unescaped(path), controller: 'perf_event' };
    if (type === 'cgroup2') second ??= unescaped(path);
  }
  return second === undefined ? undefined : { path: second, controller: '' };
}

/** Blanks and the like are octal there. */
const unescaped = (path: string): string =>
  path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/** `MemAvailable` of /proc/meminfo in bytes. */
export function availableBytes(meminfo: string): number | undefined {
  const kib = /^MemAvailable:\s*(\d+) kB$/m.exec(meminfo)?.[1];
  return kib === undefined ? undefined : Number(kib) * 1024;
}
