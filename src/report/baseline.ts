/**
 * The baseline: CPU time of the measured set without isolation and without the recorder, in cycles of the modelled CPU. From
 * untraced times where they are known, else from the time on the CPU less what the recorder took of it.
 */
import type { Cpu, Sourced } from '../cpu-model/cpu.ts';
import { combine, type Moved, type Settings, type Variable } from '../cpu-model/intervals.ts';
import { variableOf } from '../cpu-model/prices.ts';
import type { HostFacts } from '../trace/trace.ts';

/** What the recorder takes for one event. */
export const RECORDER_COST: Sourced<number> = {
  value: 0.3,
  low: 0.1,
  high: 1.1,
  unit: 'us per event',
  source:
    'time on the CPU less untraced user and system time, over events: 13 recordings of fixed work with perf 6.1 on Linux 6.18, from none seen to 1.1 (kernel builds), median 0.3',
  confidence: 'inferred',
};

/** What is left of the time on the CPU at the least, whatever is taken off: 0.22 was seen, in a loop of the cheapest call. */
const LEAST_LEFT = 0.2;

/** Untraced times differ from run to run. */
const RUN_TO_RUN: Sourced<number> = {
  value: 1,
  low: 0.94,
  high: 1.1,
  unit: 'ratio',
  source: 'seven untraced runs of the kernel build in traces/: 2.9 to 3.4 s and one of 3.7 s about a median of 3.1 s',
  confidence: 'inferred',
};

/** Single-thread speed of a host that is not listed, over the modelled CPU. */
const UNKNOWN_HOST: Sourced<number> = {
  value: 1,
  low: 0.5,
  high: 2,
  unit: 'ratio',
  source: 'the CPUs listed for servers and desktops lie within 0.68 and 1.45 of skylake-sp',
  confidence: 'assumed',
};

/** Where the seconds come from. */
export type BaselineSource = 'untraced' | 'on-cpu';

export interface BaselineInput {
  readonly host: HostFacts;
  /** The CPU of the recording host, where it is known and listed. */
  readonly hostCpu: Cpu | undefined;
  /** Where untraced times were taken, if not on the recording host. */
  readonly untracedCpu: Cpu | undefined;
  /** On-CPU seconds of the measured set; undefined where the recording has no switches. */
  readonly onCpuSeconds: number | undefined;
  /** Events that the measured set made the recorder write. */
  readonly recorderEvents: number;
  /** A clock that was asked for. */
  readonly ghz: number | undefined;
  /** What the recorder takes for one event, where it only counts; undefined: {@link RECORDER_COST}. */
  readonly recorderCost?: Sourced<number> | undefined;
  /** The measured set's part of the time on the CPU, where that holds others too; undefined: all of it. */
  readonly measuredShare?: Sourced<number> | undefined;
}

export const baselineSource = ({ host, onCpuSeconds }: BaselineInput): BaselineSource | undefined =>
  untracedSeconds(host) !== undefined ? 'untraced' : onCpuSeconds !== undefined ? 'on-cpu' : undefined;

export function untracedSeconds({ untraced }: HostFacts): number | undefined {
  if (untraced?.user === undefined && untraced?.sys === undefined) return undefined;
  const seconds = (untraced.user ?? 0) + (untraced.sys ?? 0);
  return seconds > 0 ? seconds : undefined;
}

/** Whether the time on the CPU holds the cost of isolation, which is not part of the work: the recorder ran with it. */
export const paidIsolation = (input: BaselineInput): boolean =>
  input.host.pti === true && baselineSource(input) !== 'untraced';

/** The CPU whose seconds the baseline is in; undefined where it is not known. */
const cpuOfSeconds = (input: BaselineInput): Cpu | undefined =>
  untracedSeconds(input.host) !== undefined ? (input.untracedCpu ?? input.hostCpu) : input.hostCpu;

/** The name of the doubt in times without the recorder: each recording has its own. */
export const RECORDING_DOUBT = 'untraced';
/** The name of the doubt in the speed of a host that is not listed: each host has its own. */
export const HOST_DOUBT = 'hostSpeed';

/** The name of the doubt in whose time on the CPU was counted. */
const SHARE_DOUBT = 'measuredShare';

const clockName = (cpu: Cpu): string => `${cpu.id}.ghz`;
const speedName = (cpu: Cpu): string => `${cpu.id}.singleThreadIndex`;

/** The doubts of baselines and clocks of some CPUs. */
export function baselineVariables(input: BaselineInput, cpus: readonly Cpu[]): readonly Variable[] {
  const from = cpuOfSeconds(input);
  const speeds = new Map([...cpus, ...(from ? [from] : [])].map((cpu) => [cpu.id, cpu]));
  const source = baselineSource(input);
  return [
    ...cpus.map((cpu): Variable =>
      input.ghz === undefined
        ? variableOf(clockName(cpu), cpu.ghz)
        : { name: clockName(cpu), low: input.ghz, mid: input.ghz, high: input.ghz },
    ),
    ...(source === undefined
      ? []
      : from
        ? [...speeds.values()].map((cpu) => variableOf(speedName(cpu), cpu.singleThreadIndex))
        : [variableOf(HOST_DOUBT, UNKNOWN_HOST)]),
    ...(source === 'untraced' ? [variableOf(RECORDING_DOUBT, RUN_TO_RUN)] : []),
    ...(source === 'on-cpu' ? [variableOf('recorderCost', input.recorderCost ?? RECORDER_COST)] : []),
    ...(source === 'on-cpu' && input.measuredShare ? [variableOf(SHARE_DOUBT, input.measuredShare)] : []),
  ];
}

/** The clock of a CPU, in cycles per second. */
export const clockOf = (cpu: Cpu, settings: Settings): Moved => settings.values(clockName(cpu)).map((ghz) => ghz * 1e9);

/**
 * Baseline cycles of one CPU; undefined where no seconds are known.
 *
 * @param isolation - cycles that isolation added while it was recorded; undefined where the recorder ran without
 */
export function baselineCycles(
  input: BaselineInput,
  cpu: Cpu,
  settings: Settings,
  isolation: Moved | undefined,
): Moved | undefined {
  const seconds = hostSeconds(input, settings);
  if (!seconds) return undefined;
  const from = cpuOfSeconds(input);
  const speed = !from
    ? settings.values(HOST_DOUBT)
    : from === cpu
      ? undefined
      : combine((host, model) => host / model, settings.values(speedName(from)), settings.values(speedName(cpu)));
  const scaled = speed ? combine((time, ratio) => time * ratio, seconds, speed) : seconds;
  const cycles = combine((time, clock) => time * clock, scaled, clockOf(cpu, settings));
  return isolation ? combine((all, added) => Math.max(all - added, all * LEAST_LEFT), cycles, isolation) : cycles;
}

function hostSeconds(input: BaselineInput, settings: Settings): Moved | undefined {
  const { host, onCpuSeconds, recorderEvents } = input;
  const untraced = untracedSeconds(host);
  if (untraced !== undefined) return settings.values(RECORDING_DOUBT).map((ratio) => untraced * ratio);
  if (onCpuSeconds === undefined) return undefined;
  const costs = settings.values('recorderCost');
  const shares = input.measuredShare && settings.values(SHARE_DOUBT);
  return costs.map((cost, setting) => {
    const seconds = onCpuSeconds * (shares?.[setting] ?? 1);
    return Math.max(seconds - cost * 1e-6 * recorderEvents, seconds * LEAST_LEFT);
  });
}
