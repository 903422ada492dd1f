/**
 * perf.data, as `perf record` writes it: binary tracepoints, told apart by the format texts in the file.
 *
 * ```
 * header ─▶ formats ─▶ (decompress) ─▶ pass 1: runs per CPU, health ─▶ pass 2: a cursor a run ─▶ merge by time ─▶ batches
 * ```
 */
import type { Bytes } from '../../io/bytes.ts';
import { held } from '../../io/memory.ts';
import { assert, inputError, printable } from '../../errors.ts';
import { coverageOf } from '../coverage.ts';
import { createBatch, clearRows, Kind, type EventSink } from '../event.ts';
import { createHealth, type Health } from '../health.ts';
import { mergeRuns } from '../ordering.ts';
import { createStringTable, type StringTable } from '../strings.ts';
import type { HostFacts, OpenOptions, Trace, TraceReader } from '../trace.ts';
import { createBlocks } from './perf-data/blocks.ts';
import { cgroupTexts, tellingCgroups } from './perf-data/cgroups.ts';
import { createCursor } from './perf-data/cursor.ts';
import { signalsOf, type Decoder } from './perf-data/decoders.ts';
import { parseTracingData } from './perf-data/formats.ts';
import { Feature, featureText, featureTexts } from './perf-data/features.ts';
import type { PerfHeader } from './perf-data/description.ts';
import { isPerfData, readHeader } from './perf-data/header.ts';
import { areCompressed, inflated } from './perf-data/inflate.ts';
import { createRecords } from './perf-data/records.ts';
import { planRuns, type InitialTask } from './perf-data/runs.ts';
import type { Section } from './perf-data/sections.ts';

/** perf gives its child this name until the command's exec. */
const BEFORE_EXEC = 'perf-exec';

export const perfData: TraceReader = {
  id: 'perf.data',
  label: 'perf.data (perf record)',
  priority: 10,
  recordWith:
    "perf record -a -c 1 -k CLOCK_MONOTONIC -e 'raw_syscalls:*,sched:sched_switch,sched:sched_process_*,task:*,exceptions:page_fault_*,irq_vectors:*_entry,irq:irq_handler_entry,tlb:tlb_flush' -- CMD",
  seeks: true,
  sniff: isPerfData,
  open,
};

async function open(bytes: Bytes, { strict, seekable = held }: OpenOptions): Promise<Trace> {
  assert(bytes.readAt, 'perf.data is read where it lies');
  const where = printable(bytes.name);
  const header = await readHeader(bytes);
  const health = createHealth();
  const strings = createStringTable();
  const section = header.features.get(Feature.tracingData);
  const formats = section && parseTracingData(section, header.little);
  if (!formats) throw noFormats(header, where);
  if (header.tornAt !== undefined) health.count('truncated', { byte: bytes.tear?.byte ?? header.tornAt });

  let depthUsable = true;
  const records = createRecords(header, formats, strings, where, () => depthUsable);
  if (records.decoders.length === 0)
    throw inputError('perf.data has no event the model can use', where, `record it with ${perfData.recordWith}`);
  const data = await dataOf(bytes, header, seekable, health);
  const plan = await planRuns(data.bytes, data.sections, records, health);
  ({ depthUsable } = plan);
  if (plan.events === 0)
    throw inputError('perf.data holds no event', where, 'record a command that runs, as root or with CAP_PERFMON');
  if (strict && health.of('truncated') > 0)
    throw inputError('perf.data breaks off', where, 'record it again, or leave out --strict');

  const command = plan.initialTasks.find((task) => task.name === BEFORE_EXEC);
  const argv = featureTexts(header.features.get(Feature.commandLine), header.little);
  return {
    format: perfData.id,
    originNs: plan.originNs,
    host: hostOf(header),
    coverage: coverageOf(signalsOf(records.decoders.map((decoder) => decoder.name))),
    recordsCgroups: records.tellsCgroups,
    recordsFlushes: has(records.decoders, Kind.tlbFlush),
    health,
    strings,
    commandPid: command?.pid,
    recorderName: argv[0]?.split('/').at(-1),
    samples: plan.samples,
    async readEvents(sink) {
      tellInitialTasks(plan.initialTasks, plan.startNs, strings, sink);
      const blocks = createBlocks(data.bytes, plan.runs.length);
      const textOf = cgroupTexts(plan.cgroups, strings, health);
      const cursors = plan.runs.map((run, order) => createCursor(run, order, blocks, records, plan.originNs, textOf));
      await mergeRuns(cursors, records.tellsCgroups ? tellingCgroups(sink) : sink, health);
    },
  };
}

/** The records, decompressed if they have to be. */
async function dataOf(
  bytes: Bytes,
  { sections, little }: PerfHeader,
  seekable: (bytes: Bytes) => Promise<Bytes>,
  health: Health,
): Promise<{ readonly bytes: Bytes; readonly sections: readonly Section[] }> {
  if (!(await areCompressed(bytes, sections, little))) return { bytes, sections };
  const plain = inflated(bytes, sections, little, health);
  return { bytes: await seekable(plain.bytes), sections: plain.sections };
}

const has = (decoders: readonly Decoder[], kind: number): boolean => decoders.some((decoder) => decoder.kind === kind);

/** The formats stand behind the data: a file that was cut loses them first, and perf writes them last. */
function noFormats({ tornAt, finished }: PerfHeader, where: string): Error {
  if (!finished)
    return inputError(
      'perf.data was not finished: perf was killed before it wrote the event formats',
      where,
      'record it again and let perf finish, or into a pipe, which has them first: perf record -o - ... > FILE',
    );
  return tornAt === undefined
    ? inputError('perf.data has no event formats', where, 'record tracepoints, such as raw_syscalls:sys_enter')
    : inputError(`perf.data breaks off at byte ${tornAt}, before its event formats`, where, 'copy or record it again');
}

/** Names of tasks older than the recording, as renames before all else that no CPU made. */
function tellInitialTasks(tasks: readonly InitialTask[], time: number, strings: StringTable, sink: EventSink): void {
  const batch = createBatch();
  clearRows(batch, 0);
  const flush = (): void => {
    if (batch.length > 0) sink(batch, 0, batch.length);
    batch.length = 0;
  };
  for (const task of tasks) {
    if (batch.length === batch.time.length) flush();
    const row = batch.length++;
    batch.time[row] = time;
    batch.cpu[row] = -1;
    batch.kind[row] = Kind.rename;
    batch.tid[row] = task.tid;
    batch.pid[row] = task.pid;
    batch.text[row] = strings.intern(task.name);
    batch.place[row] = 0;
  }
  flush();
}

function hostOf(header: PerfHeader): HostFacts {
  const { features, little } = header;
  const text = (bit: number): string | undefined => featureText(features.get(bit), little);
  const [kernel, arch, cpuName, cpuId] = [Feature.osRelease, Feature.arch, Feature.cpuDescription, Feature.cpuId].map(
    text,
  );
  const counts = features.get(Feature.cpuCount);
  const argv = featureTexts(features.get(Feature.commandLine), little);
  return {
    ...(kernel !== undefined && { kernel }),
    ...(arch !== undefined && { arch }),
    ...(cpuName !== undefined && { cpuName }),
    ...(cpuId !== undefined && { cpuId }),
    ...(counts && counts.length >= 8 && { cpus: new DataView(counts.buffer, counts.byteOffset).getUint32(4, little) }),
    ...commandOf(argv),
  };
}

/** The command behind `--` in the recorder's own command line. */
function commandOf(argv: readonly string[]): Pick<HostFacts, 'command'> {
  const dashes = argv.indexOf('--');
  return dashes < 0 || dashes === argv.length - 1 ? {} : { command: { argv: argv.slice(dashes + 1) } };
}
