/** The runs of `traces/emulator`: what a real kernel did in an emulator, beside the trace recorded inside it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { bytesOf } from '../../src/io/memory.ts';
import { openTrace } from '../../src/pipeline.ts';
import { Op } from '../../src/cpu-model/operations.ts';
import { emulatorSkl } from '../../src/cpu-model/cpus/emulator-skl.ts';
import { replayTrace, type Replayed } from '../../src/replay/engine.ts';
import { kernelOf } from '../../src/replay/kernels.ts';
import { Lane } from '../../src/replay/lane.ts';
import type { Evidence } from '../../src/replay/machine.ts';
import { parseGlob } from '../../src/replay/optout/glob.ts';
import { NO_REQUESTS, type Requests } from '../../src/replay/optout/requests.ts';
import { withRules } from '../../src/replay/optout/rules.ts';
import { findPolicy, type Policy } from '../../src/replay/policies/index.ts';
import { ROOT } from '../support/fixtures.ts';

const FOLDER = join(ROOT, 'traces/emulator');

/** A configuration: what it was booted with, as its folder's name says. */
export interface Configuration {
  readonly name: string;
  readonly pti: boolean;
  readonly pcid: boolean;
  readonly invpcid: boolean;
  readonly kernel: string;
  readonly cpus: number;
}

const FOLDERS: readonly Configuration[] = readdirSync(FOLDER, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => ({
    name,
    pti: !name.includes('nopti'),
    pcid: !name.includes('nopcid'),
    invpcid: !name.includes('nopcid') && !name.includes('noinvpcid'),
    kernel: name.startsWith('k510') ? '5.10' : name.startsWith('k612') ? '6.12' : '6.1',
    cpus: name.includes('smp2') ? 2 : 1,
  }))
  .sort((a, b) => (a.name < b.name ? -1 : 1));

/** Those with runs in which nobody is opted out. */
export const CONFIGURATIONS = FOLDERS.filter((configuration) => workloadsOf(configuration).length > 0);

/** Those with runs in which somebody is. */
export const OPT_OUT_CONFIGURATIONS = FOLDERS.filter((configuration) => optOutsOf(configuration).length > 0);

/** What is compared: CR3 writes by purpose, and invalidations. */
export interface Counts {
  readonly crossings: number;
  /** mm switches and reloads: all that are not crossings. */
  readonly rest: number;
  /** Of the rest, with PCIDs: those that flush. */
  readonly restFlushing: number;
  readonly all: number;
  /** CR3 reads; undefined where the emulator did not count them. */
  readonly reads: number | undefined;
  /** Of all, with PCIDs: those that flush. */
  readonly allFlushing: number;
  readonly invlpg: number;
  readonly invpcid: number;
}

interface KindCount {
  readonly n: number;
  readonly flush: number;
}

interface Truth {
  readonly cr3_by_kind: Readonly<Record<string, KindCount | undefined>>;
  readonly cr3_writes: number;
  readonly cr3_flush: number;
  readonly cr3_reads?: number;
  readonly invlpg: number;
  readonly invpcid_by_type: Readonly<Record<string, number | undefined>>;
}

/** One change of state that the kernel with the opt-out logged. */
export interface LoggedChange {
  readonly timeNs: number;
  readonly pid: number;
  readonly tgid: number;
  readonly what: 'off' | 'on' | 'cleared';
}

/** What the kernel with the opt-out logged of a run; undefined for runs in which nobody is out or goes out. */
export interface OptOutLog {
  readonly calls: { readonly nr: number; readonly set: string; readonly off: number; readonly on: number };
  readonly optedOutAtStart: readonly number[];
  readonly events: readonly LoggedChange[];
}

export function optOutLogOf({ name }: Pick<Configuration, 'name'>, workload: string): OptOutLog | undefined {
  const path = join(FOLDER, name, `${workload}.optout.json`);
  if (!existsSync(path)) return undefined;
  const log = JSON.parse(readFileSync(path, 'utf8')) as OptOutLog;
  return log.optedOutAtStart.length > 0 || log.events.length > 0 ? log : undefined;
}

function allWorkloads(name: string): readonly string[] {
  return readdirSync(join(FOLDER, name))
    .filter((file) => file.endsWith('.ftrace.txt.gz'))
    .map((file) => file.slice(0, -'.ftrace.txt.gz'.length))
    .sort();
}

/** Workloads of a configuration in which nobody is opted out. */
export function workloadsOf({ name }: Pick<Configuration, 'name'>): readonly string[] {
  return allWorkloads(name).filter((workload) => !optOutLogOf({ name }, workload));
}

/** Those in which somebody is. */
export function optOutsOf({ name }: Pick<Configuration, 'name'>): readonly string[] {
  return allWorkloads(name).filter((workload) => optOutLogOf({ name }, workload));
}

export function truthOf({ name, pcid }: Configuration, workload: string): Counts {
  const text = gunzipSync(readFileSync(join(FOLDER, name, `${workload}.traced.json.gz`))).toString();
  const truth = JSON.parse(text) as Truth;
  const kind = (which: string): KindCount => truth.cr3_by_kind[which] ?? { n: 0, flush: 0 };
  const [switches, reloads] = [kind('mm_switch'), kind('same_pgd')];
  return {
    crossings: kind('pti_u2k').n + kind('pti_k2u').n,
    rest: switches.n + reloads.n,
    restFlushing: pcid ? switches.flush + reloads.flush : 0,
    all: truth.cr3_writes,
    reads: truth.cr3_reads,
    allFlushing: pcid ? truth.cr3_flush : 0,
    invlpg: truth.invlpg,
    invpcid: truth.invpcid_by_type['0'] ?? 0,
  };
}

/** The rules of the emulator's kernel, as its README tells them; its program that is set-user-id to another than root, which no trace shows. */
const RULES = ['scope=mm', 'setid=change', 'reenable=keep'];
const SET_ID = parseGlob('*/suid1000')!;

function optOutOf(log: OptOutLog): { readonly policy: Policy; readonly requests: Requests } {
  const { nr, set, off, on } = log.calls;
  const hansen = findPolicy('hansen-2018')!;
  const call = (value: number, means: 'off' | 'on') => ({
    nr,
    arguments: new Map([
      [0, BigInt(set)],
      [1, BigInt(value)],
    ]),
    means,
  });
  return {
    policy: { ...hansen, optOut: withRules(hansen.optOut!, RULES) },
    requests: {
      ...NO_REQUESTS,
      calls: [call(off, 'off'), call(on, 'on')],
      startState: new Map(log.optedOutAtStart.map((pid) => [pid, 'off'])),
      secureExecs: [{ exe: SET_ID, uid: 1000, gid: undefined }],
    },
  };
}

/** What the model says of the trace of a run. */
export const modelOf = async (configuration: Configuration, workload: string, evidence: Evidence): Promise<Counts> =>
  (await replayRun(configuration, workload, evidence)).counts;

export interface Run {
  readonly counts: Counts;
  readonly replayed: Replayed;
  /** The clock's value at time 0. */
  readonly originNs: bigint;
}

/** Replays a run through one lane: with its opt-outs, where somebody is out. */
export async function replayRun(configuration: Configuration, workload: string, evidence: Evidence): Promise<Run> {
  const { name, pti, pcid, invpcid, kernel } = configuration;
  const at = (ending: string): string => join(FOLDER, name, `${workload}.${ending}`);
  const bytes = bytesOf(gunzipSync(readFileSync(at('ftrace.txt.gz'))), workload);
  const source = {
    bytes,
    seekable: () => Promise.resolve(bytes),
    identity: () => Promise.resolve({ sha256: '', size: 0 }),
  };
  const pairs = readFileSync(at('tgids.txt'), 'utf8').trim().split('\n');
  const tgids = new Map(pairs.map((pair) => pair.trim().split(/\s+/).map(Number) as [number, number]));
  const trace = await openTrace(source, { tgids });
  const machine = {
    pcid,
    invpcid,
    invpcidAll: !name.includes('noinvpcid'),
    kernel: kernelOf(kernel)!,
    deepIdleNs: emulatorSkl.deepIdleNs?.value,
  };
  const log = pti ? optOutLogOf(configuration, workload) : undefined;
  const optOut = log && optOutOf(log);
  const lane = new Lane(optOut?.policy ?? findPolicy(pti ? 'pti' : 'nopti')!, machine, evidence);
  const replayed = await replayTrace(trace, [lane], optOut?.requests ?? NO_REQUESTS);
  const { rows } = replayed;
  const sum = (operation: number): number => {
    let all = 0;
    for (let row = 0; row < rows.size; row++) all += lane.counts.get(row, operation);
    return all;
  };
  const { crossing, flush, other, nonCrossingFlush } = lane.sums;
  const counts = {
    crossings: crossing,
    rest: lane.sums.switch + flush,
    restFlushing: nonCrossingFlush,
    all: crossing + lane.sums.switch + flush + other,
    reads: sum(Op.cr3Read),
    allFlushing: sum(Op.cr3WriteFlush),
    invlpg: sum(Op.invlpg),
    invpcid: sum(Op.invpcidAddr),
  };
  return { counts, replayed, originNs: trace.originNs };
}

/** Within a share of the truth, or within a number where that is more. */
export const isNear = (model: number, truth: number, share: number, number: number): boolean =>
  Math.abs(model - truth) <= Math.max(share * truth, number);
