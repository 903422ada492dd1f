/** From what a user asked for to lanes: CPUs × policies, each with the facts of its machine; equal ones are replayed once. */
import { usageError, printable } from '../errors.ts';
import { nearest } from '../nearest.ts';
import type { Cpu } from '../cpu-model/cpu.ts';
import { DEFAULT_CPU_ID, findCpu, nearestCpuId } from '../cpu-model/cpus/index.ts';
import { cpuFromName } from '../cpu-model/cpus/recognise.ts';
import type { HostFacts } from '../trace/trace.ts';
import { DEFAULT_KERNEL, kernelOf, KERNELS, type Kernel } from './kernels.ts';
import { Lane } from './lane.ts';
import { RECORDED, SIMULATED, type Machine } from './machine.ts';
import { choicesOf, withRules, type RuleName } from './optout/rules.ts';
import { globalOff } from './policies/global-off.ts';
import { DEFAULT_POLICIES, findPolicy, policyNames, type Policy } from './policies/index.ts';

/** What a user asked for; undefined = the default. */
export interface LaneRequest {
  readonly cpus?: readonly string[] | undefined;
  readonly kernel?: string | undefined;
  readonly virt?: 'bare' | 'guest' | undefined;
  readonly noPcid?: boolean | undefined;
  readonly noInvpcid?: boolean | undefined;
  readonly ptiMode?: 'auto' | 'on' | undefined;
  readonly policies?: readonly string[] | undefined;
  readonly ghz?: number | undefined;
  /** Ignore what the trace records of switches and flushes. */
  readonly simulateFlushes?: boolean | undefined;
  /** The preset that `optout` stands for, and choices in which it differs, as `name=choice`. */
  readonly preset?: string | undefined;
  readonly rules?: readonly string[] | undefined;
  /** Replay `optout` under each other choice of each rule in {@link WHAT_IF} too. */
  readonly whatIf?: boolean | undefined;
}

/** One lane of the result; several may share a replayed one. */
export interface LaneSpec {
  readonly name: string;
  /** As it was asked for: an id or an alias. */
  readonly policy: string;
  readonly cpu: Cpu;
  readonly kernel: string;
  readonly virt: 'bare' | 'guest';
  readonly pcid: boolean;
  readonly invpcid: boolean;
  readonly ptiMode: 'auto' | 'on';
  readonly ghz: number;
  /** The same in all lanes whose hardware and kernel are the same: they are set against each other. */
  readonly machine: string;
  /** Index of the replayed lane with its counts. */
  readonly replayed: number;
}

/** A lane whose policy differs in one rule from the one asked for; or does not, for the choice that was. */
export interface Variant {
  readonly rule: RuleName;
  readonly choice: string;
  readonly asked: boolean;
  readonly spec: LaneSpec;
}

/** Rules whose other choices change who is opted out, and when. */
const WHAT_IF: readonly RuleName[] = ['setid', 'secureExec', 'inherit', 'scope', 'effect'];

/** Why a CPU is modelled that nobody named. */
export type CpuChoice = 'asked' | 'host' | 'host-unaffected' | 'host-unknown';

export interface LanePlan {
  readonly specs: readonly LaneSpec[];
  readonly lanes: readonly Lane[];
  /**
   * One a machine that has a lane with an opt-out, in the order of its first lane: everybody opted out from the start. Not asked
   * for and not in the answer's lanes.
   */
  readonly bounds: readonly LaneSpec[];
  /** On the first machine: the first lane with an opt-out, stricter or looser in one rule. Not in the answer's lanes either. */
  readonly variants: readonly Variant[];
  readonly cpuChoice: CpuChoice;
  /** The CPU that recorded, where it is known and listed. */
  readonly hostCpu: Cpu | undefined;
}

/**
 * @param recordsFlushes - the trace logs what the kernel did with its TLBs
 * @throws a usage error for an unknown CPU, policy or kernel
 */
export function planLanes(request: LaneRequest, host: HostFacts, recordsFlushes: boolean): LanePlan {
  const { ids, choice } = chooseCpus(request.cpus, host);
  const cpus = unique(ids).map(cpuOf);
  const optOut = optOutOf(request);
  const policies = unique(request.policies ?? DEFAULT_POLICIES).map((name) => ({
    name,
    policy: name === OPT_OUT ? optOut : policyOf(name),
  }));
  const kernel = chooseKernel(request.kernel, host);
  // Whether a switch flushed depends on the recorder's PCIDs, so only lanes that agree in them can follow the record.
  const agrees = (pcid: boolean): boolean => recordsFlushes && !request.simulateFlushes && pcid === (host.pcid ?? true);
  const lanes: Lane[] = [];
  const byKey = new Map<string, number>();
  const specOf = (cpu: Cpu, { name, policy }: Named): LaneSpec => {
    const pcid = cpu.pcid.value && !request.noPcid;
    const virt = request.virt ?? 'bare';
    const deepIdleNs = virt === 'bare' ? cpu.deepIdleNs?.value : undefined;
    const invpcidAll = cpu.invpcid.value && !request.noInvpcid;
    const invpcid = pcid && invpcidAll;
    return {
      name: cpus.length > 1 ? `${name}@${cpu.id}` : name,
      policy: name,
      cpu,
      kernel: kernel.id,
      virt,
      pcid,
      invpcid,
      ptiMode: request.ptiMode ?? 'auto',
      ghz: request.ghz ?? cpu.ghz.value,
      machine: cpu.id,
      replayed: laneFor(policy, { pcid, invpcid, invpcidAll, kernel, deepIdleNs }, agrees(pcid), lanes, byKey),
    };
  };
  const specs = cpus.flatMap((cpu) => policies.map((named) => specOf(cpu, named)));
  // Last, so that they change nobody's index.
  const bounds = policies.some(({ policy }) => policy.optOut)
    ? cpus.map((cpu) => specOf(cpu, { name: BOUND.id, policy: BOUND }))
    : [];
  const asked = policies.find(({ policy }) => policy.optOut?.start === 'on');
  const variants =
    request.whatIf && asked
      ? variantsOf(asked.policy).map(({ policy, ...variant }): Variant => ({
          ...variant,
          spec: specOf(cpus[0], { name: `${variant.rule}=${variant.choice}`, policy }),
        }))
      : [];
  return { specs, lanes, bounds, variants, cpuChoice: choice, hostCpu: cpuOfHost(host) };
}

interface Named {
  readonly name: string;
  readonly policy: Policy;
}

/** The name that stands for the opt-out asked for. */
const OPT_OUT = 'optout';

function optOutOf({ preset, rules = [] }: LaneRequest): Policy {
  const policy = policyOf(preset ?? OPT_OUT);
  return policy.optOut && rules.length > 0 ? { ...policy, optOut: withRules(policy.optOut, rules) } : policy;
}

/** Each choice of each rule, all others as they are. */
function variantsOf(policy: Policy): readonly (Omit<Variant, 'spec'> & { readonly policy: Policy })[] {
  const rules = policy.optOut!;
  return WHAT_IF.flatMap((rule) =>
    choicesOf(rule).map((choice) => ({
      rule,
      choice,
      asked: rules[rule] === choice,
      policy: { ...policy, optOut: { ...rules, [rule]: choice } },
    })),
  );
}

/** The most that any opt-out could give. */
const BOUND = globalOff;

function laneFor(
  policy: Policy,
  machine: Machine,
  followsRecord: boolean,
  lanes: Lane[],
  byKey: Map<string, number>,
): number {
  const { pcid, invpcid, invpcidAll, kernel, deepIdleNs } = machine;
  const key = JSON.stringify([policy.id, policy.optOut, pcid, invpcid, invpcidAll, kernel.id, deepIdleNs]);
  let index = byKey.get(key);
  if (index === undefined) {
    index = lanes.push(new Lane(policy, machine, followsRecord ? RECORDED : SIMULATED)) - 1;
    byKey.set(key, index);
  }
  return index;
}

const unique = (names: readonly string[]): readonly string[] => [...new Set(names)];

function chooseCpus(
  asked: readonly string[] | undefined,
  host: HostFacts,
): { ids: readonly string[]; choice: CpuChoice } {
  if (asked) return { ids: asked, choice: 'asked' };
  const cpu = cpuOfHost(host);
  if (!cpu) return { ids: [DEFAULT_CPU_ID], choice: 'host-unknown' };
  return cpu.meltdown.value ? { ids: [cpu.id], choice: 'host' } : { ids: [DEFAULT_CPU_ID], choice: 'host-unaffected' };
}

function cpuOfHost({ cpu, cpuName, cpuId }: HostFacts): Cpu | undefined {
  const id = cpu === undefined ? cpuFromName(cpuName, cpuId) : cpuOf(cpu).id;
  return id === undefined ? undefined : findCpu(id);
}

function cpuOf(id: string): Cpu {
  const cpu = findCpu(id);
  if (!cpu) throw usageError('unknown CPU', printable(id), `did you mean ${nearestCpuId(id)}? ptilab cpus lists all`);
  return cpu;
}

function policyOf(name: string): Policy {
  const policy = findPolicy(name);
  if (!policy)
    throw usageError(
      'unknown policy',
      printable(name),
      `did you mean ${nearest(name, policyNames())}? ptilab policies lists all`,
    );
  return policy;
}

function chooseKernel(asked: string | undefined, host: HostFacts): Kernel {
  if (asked === undefined)
    return (host.kernel !== undefined ? kernelOf(host.kernel) : undefined) ?? kernelOf(DEFAULT_KERNEL)!;
  const kernel = kernelOf(asked);
  if (kernel) return kernel;
  const known = KERNELS.map((each) => each.id);
  throw /^\d+\.\d+(?![\w,])/.test(asked)
    ? usageError('a kernel older than all that are modelled', printable(asked), `use one of ${known.join(' ')}`)
    : usageError('unknown kernel', printable(asked), `did you mean ${nearest(asked, known)}? (${known.join(' ')})`);
}
