/** What has a baseline: recordings of `traces/`, and for each the setups that it is replayed in. Data: one entry a recording. */
import type { LaneRequest } from '../replay/lane-plan.ts';
import type { HostFacts } from '../trace/trace.ts';

/** One way to replay a recording. */
export interface Setup {
  /** One word: it stands before the name of each lane. */
  readonly id: string;
  readonly about: string;
  readonly request: LaneRequest;
}

export interface BaselinedRecording {
  /** The baseline is `NAME.txt`. */
  readonly name: string;
  /** From the root of the repository. */
  readonly path: string;
  /** What the recording does not say: a file of tgids, and facts of its host. */
  readonly tgids?: string;
  readonly host?: HostFacts;
  readonly setups: readonly Setup[];
}

/** Each is another kind of machine: INVPCID, PCIDs without INVPCID, no PCIDs. */
const CPUS = ['skylake-sp', 'sandybridge', 'nehalem'];
const POLICIES = ['nopti', 'pti', 'optout'];

const setup = (id: string, about: string, request: LaneRequest): Setup => ({
  id,
  about,
  request: { cpus: CPUS, policies: POLICIES, ...request },
});

const RECORDED = setup('recorded', 'bare metal, by the record of flushes where a lane can follow it', {});
const GUEST = setup('guest', 'a guest, switches and flushes inferred', { virt: 'guest', simulateFlushes: true });
const NO_PCID = setup('nopcid', 'bare metal, PCIDs taken away', { noPcid: true });
const EAGER = setup('4.17', 'a kernel that leaves an mm for its own at once; inferred', {
  kernel: '4.17',
  simulateFlushes: true,
});
const KAISER = setup('kaiser', 'a kernel with one pair of PCIDs; inferred', {
  kernel: 'kaiser',
  simulateFlushes: true,
});

const fixture = (name: string, file: string, ...setups: readonly Setup[]): BaselinedRecording => ({
  name,
  path: `traces/fixtures/${file}`,
  setups,
});

/** A run of a kernel with isolation in the emulator: folder and workload. */
const emulated = (
  folder: string,
  workload: string,
  kernel: string,
  ...setups: readonly Setup[]
): BaselinedRecording => ({
  name: `${folder}.${workload}`,
  path: `traces/emulator/${folder}/${workload}.ftrace.txt.gz`,
  tgids: `traces/emulator/${folder}/${workload}.tgids.txt`,
  host: { pti: true, pcid: true, invpcid: true, kernel },
  setups,
});

/** Small ones first: what they show need not be looked for in the large one. */
export const RECORDINGS: readonly BaselinedRecording[] = [
  fixture('fx-ftrace-pingpong', 'fx-ftrace-pingpong.txt', RECORDED),
  fixture('fx-lseek', 'fx-lseek.perf.data', RECORDED),
  fixture('fx-pingpong', 'fx-pingpong.perf.data', RECORDED, EAGER, KAISER),
  fixture('fx-setu', 'fx-setu.perf.data', RECORDED),
  fixture('fx-shoot', 'fx-shoot.perf.data', RECORDED, GUEST, NO_PCID, EAGER),
  fixture('fx-true', 'fx-true.perf.data', RECORDED),
  // Flushes of 0 pages on their receivers.
  emulated('k510_smp2_pti_pcid', 'mmap-8p-2-busy-thr', '5.10', RECORDED),
  // Page tables that are freed with what they map.
  emulated('k612_smp2_pti_pcid', 'mmap-8p', '6.12', GUEST, EAGER),
  // A recorder that paid for isolation; fork and copied pages.
  emulated('smp2_pti_pcid', 'sh-script', '6.1', RECORDED, GUEST),
  { name: 'kernel-build', path: 'traces/kernel-build/kernel-build.perf.data.zst', setups: [RECORDED, GUEST] },
];
