/** The runs of `traces/emulator`: what a real kernel did in an emulator, beside the trace recorded inside it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { bytesOf } from '../../src/io/memory.ts';
import { openTrace } from '../../src/pipeline.ts';
import { Op } from '../../src/cpu-model/operations.ts';
import { emulatorSkl } from '../../src/cpu-model/cpus/emulator-skl.ts';
import { replayTrace } from '../../src/replay/engine.ts';
import { kernelOf } from '../../src/replay/kernels.ts';
import { Lane } from '../../src/replay/lane.ts';
import type { Evidence } from '../../src/replay/machine.ts';
import { findPolicy } from '../../src/replay/policies/index.ts';
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

export const CONFIGURATIONS: readonly Configuration[] = readdirSync(FOLDER, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => ({
    name,
    pti: !name.includes('nopti'),
    pcid: !name.includes('nopcid'),
    invpcid: !name.includes('nopcid') && !name.includes('noinvpcid'),
    kernel: name.startsWith('k510') ? '5.10' : name.startsWith('k612') ? '6.12' : '6.1',
    cpus: name.includes('smp2') ? 2 : 1,
  }))
  .filter((configuration) => workloadsOf(configuration).length > 0)
  .sort((a, b) => (a.name < b.name ? -1 : 1));

/** What is compared: CR3 writes by purpose, and invalidations. */
export interface Counts {
  readonly crossings: number;
  /** mm switches and reloads: all that are not crossings. */
  readonly rest: number;
  /** Of the rest, with PCIDs: those that flush. */
  readonly restFlushing: number;
  readonly all: number;
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
  readonly invlpg: number;
  readonly invpcid_by_type: Readonly<Record<string, number | undefined>>;
}

/** Workloads of a configuration in which nobody is opted out. */
export function workloadsOf({ name }: Pick<Configuration, 'name'>): readonly string[] {
  return readdirSync(join(FOLDER, name))
    .filter((file) => file.endsWith('.ftrace.txt.gz'))
    .map((file) => file.slice(0, -'.ftrace.txt.gz'.length))
    .filter((workload) => {
      const log = join(FOLDER, name, `${workload}.optout.json`);
      if (!existsSync(log)) return true;
      const { optedOutAtStart, events } = JSON.parse(readFileSync(log, 'utf8')) as Record<string, unknown[]>;
      return optedOutAtStart.length === 0 && events.length === 0;
    })
    .sort();
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
    allFlushing: pcid ? truth.cr3_flush : 0,
    invlpg: truth.invlpg,
    invpcid: truth.invpcid_by_type['0'] ?? 0,
  };
}

/** What the model says of the trace of a run. */
export async function modelOf(configuration: Configuration, workload: string, evidence: Evidence): Promise<Counts> {
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
  const lane = new Lane(findPolicy(pti ? 'pti' : 'nopti')!, machine, evidence);
  const { rows } = await replayTrace(trace, [lane], { optOut: [], optIn: [] });
  const sum = (operation: number): number => {
    let all = 0;
    for (let row = 0; row < rows.size; row++) all += lane.counts.get(row, operation);
    return all;
  };
  const { crossing, flush, other, nonCrossingFlush } = lane.sums;
  return {
    crossings: crossing,
    rest: lane.sums.switch + flush,
    restFlushing: nonCrossingFlush,
    all: crossing + lane.sums.switch + flush + other,
    allFlushing: sum(Op.cr3WriteFlush),
    invlpg: sum(Op.invlpg),
    invpcid: sum(Op.invpcidAddr),
  };
}

/** Within a share of the truth, or within a number where that is more. */
export const isNear = (model: number, truth: number, share: number, number: number): boolean =>
  Math.abs(model - truth) <= Math.max(share * truth, number);
