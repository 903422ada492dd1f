/**
 * The whole way, from bytes to the answer:
 *
 * ```
 *  bytes ──recognise──▶ reader ──open──▶ trace ──replay──▶ counts per lane ──price──▶ cycles ──▶ answer: JSON, tables, page
 *    src/io              src/trace                src/replay + src/cpu-model  src/report  (prices: src/cpu-model)
 * ```
 */
import { cannotTellError, inputError, printable, usageError } from './errors.ts';
import { findCpu } from './cpu-model/cpus/index.ts';
import type { Bytes } from './io/bytes.ts';
import { peek } from './io/peek.ts';
import { Cr3Lane, type Cr3Entry } from './replay/cr3.ts';
import { replayTrace, type Replayed } from './replay/engine.ts';
import { planLanes, type LanePlan, type LaneRequest } from './replay/lane-plan.ts';
import { MomentWatch } from './replay/moment.ts';
import { processOutcomes, type ProcessOutcomes } from './replay/outcome.ts';
import { NO_REQUESTS, type Requests } from './replay/optout/requests.ts';
import type { Scenario } from './replay/optout/scenario.ts';
import { nearestMatch, parseSelector } from './replay/optout/selectors.ts';
import type { Cr3End, Cr3Head } from './report/cr3.ts';
import type { InfoResult } from './report/info.ts';
import { priceReplay, type Priced } from './report/priced.ts';
import { psResult, type PsResult } from './report/ps.ts';
import {
  comparisons,
  laneResult,
  topProcesses,
  totalsResult,
  traceSummary,
  type ReplayResult,
  type TraceFile,
} from './report/result.ts';
import { ruleSavings } from './report/what-if.ts';
import { SIGNAL_EVENTS } from './trace/coverage.ts';
import { clearRows, createBatch, Kind, type EventSink } from './trace/event.ts';
import { gated } from './trace/gate.ts';
import { mergeTraces, type Part } from './trace/merge.ts';
import { READERS, recognise, SNIFF_BYTES } from './trace/readers/index.ts';
import type { HostFacts, Trace, TraceReader } from './trace/trace.ts';
import { MODEL_VERSION } from './version.ts';

/** A source and what the pipeline needs from where it runs. */
export interface Source {
  readonly bytes: Bytes;
  /** Makes a source that cannot seek one that can. */
  readonly seekable: (bytes: Bytes) => Promise<Bytes>;
  /** Length and hash of the source as stored; asked after it was read. */
  readonly identity: () => Promise<{ readonly sha256: string; readonly size: number }>;
  /** Further parts of the same recording: files of `strace -ff`, one file a CPU. */
  readonly others?: readonly Source[] | undefined;
}

export interface OpenRequest {
  readonly strict?: boolean | undefined;
  /** Facts that hold over those in the trace. */
  readonly host?: HostFacts | undefined;
  /** Process by task, for traces that lack it. */
  readonly tgids?: ReadonlyMap<number, number> | undefined;
  /** Told now and then how far reading is. */
  readonly onProgress?: ((line: string) => void) | undefined;
}

export interface ReplayRequest extends LaneRequest, OpenRequest {
  /** SEL as written; undefined: `root`, and matching nothing is no error. */
  readonly optOut?: readonly string[] | undefined;
  readonly optIn?: readonly string[] | undefined;
  /** What a scenario file asks for; the selectors are beside those in it. */
  readonly scenario?: Scenario | undefined;
  /** Id of the CPU that untraced times were taken on, if not the recording host. */
  readonly untracedCpu?: string | undefined;
}

export interface PipelineResult {
  readonly result: ReplayResult;
  readonly plan: LanePlan;
  readonly replayed: Replayed;
  readonly processes: ProcessOutcomes;
  readonly priced: Priced;
  readonly trace: Trace;
}

const DEFAULT_OPT_OUT = ['root'] as const;

/** Opens a source with the reader that recognises it; with further parts, all of them as one recording. */
export async function openTrace(source: Source, request: OpenRequest): Promise<Trace> {
  const { others = [] } = source;
  if (others.length === 0) {
    const { bytes, trace } = await openPart(source, request);
    return withFacts(trace, bytes, request);
  }
  const found = await inOneFormat([source, ...others]);
  const { reader } = found[0];
  if (reader.join) {
    const bytes = reader.join(found.map((part) => part.bytes));
    return withFacts(await reader.open(bytes, { strict: request.strict ?? false }), bytes, request);
  }
  const parts: Part[] = [];
  for (const part of found) {
    const bytes = reader.seeks ? await part.source.seekable(part.bytes) : part.bytes;
    const gate = gated(bytes);
    const options = { strict: request.strict ?? false, seekable: part.source.seekable };
    const trace = withFacts(await reader.open(gate.bytes, options), bytes, { strict: request.strict });
    parts.push({ trace, gate });
  }
  return withFacts(mergeTraces(parts), found[0].bytes, request);
}

interface Recognised {
  readonly source: Source;
  readonly bytes: Bytes;
  readonly reader: TraceReader;
}

/** Parts of one recording are all of the format of the first. */
async function inOneFormat(sources: readonly Source[]): Promise<readonly Recognised[]> {
  const found: Recognised[] = [];
  for (const source of sources) {
    const part = await recognised(source);
    const first = found.at(0)?.reader ?? part.reader;
    if (part.reader !== first)
      throw inputError(
        `parts in different formats: ${part.reader.id}, after ${first.id}`,
        printable(source.bytes.name),
        'name the parts of one recording only',
      );
    found.push(part);
  }
  return found;
}

async function openPart(
  source: Source,
  request: OpenRequest,
): Promise<{ readonly bytes: Bytes; readonly trace: Trace }> {
  const { reader, bytes: whole } = await recognised(source);
  // 2. Open it; a reader that seeks gets a source that can.
  const bytes = reader.seeks ? await source.seekable(whole) : whole;
  const trace = await reader.open(bytes, { strict: request.strict ?? false, seekable: source.seekable });
  return { bytes, trace };
}

/** 1. Recognise the format by content. */
async function recognised(source: Source): Promise<Recognised> {
  const where = printable(source.bytes.name);
  const { head, bytes: whole } = await peek(source.bytes, SNIFF_BYTES);
  if (head.length === 0)
    throw whole.tear
      ? inputError(`${whole.tear.reason}, before any event`, where, 'copy it or record it again')
      : inputError('the input is empty', where, 'record a trace: ptilab formats says how');
  const reader = recognise(head);
  if (!reader)
    throw inputError(
      'not a trace of a known format',
      where,
      `known are ${READERS.map((each) => each.id).join(', ')}; ptilab formats says how to record one`,
    );
  return { source, bytes: whole, reader };
}

/** The same trace with facts that hold over its own, and a look at whether its source broke off. */
function withFacts(trace: Trace, bytes: Bytes, request: OpenRequest): Trace {
  const { host, tgids, onProgress, strict } = request;
  const noteTear = (): void => {
    const { tear } = bytes;
    if (!tear || trace.health.of('truncated') > 0) return;
    if (strict)
      throw inputError(
        tear.reason,
        `${printable(bytes.name)} at byte ${tear.byte}`,
        'copy it again, or leave out --strict',
      );
    trace.health.count('truncated', { byte: tear.byte });
  };
  noteTear();
  return {
    ...trace,
    host: { ...trace.host, ...host },
    get originNs() {
      return trace.originNs;
    },
    get coverage() {
      return trace.coverage;
    },
    get samples() {
      return trace.samples;
    },
    async readEvents(sink) {
      const told = onProgress ? reporting(sink, onProgress) : sink;
      if (tgids) tellTgids(told, tgids);
      await trace.readEvents(told);
      // A source read as a stream shows only now where it ends.
      noteTear();
    },
  };
}

/** Tells the process of each task before the first event, as a recorder that lists older tasks would. */
function tellTgids(sink: EventSink, tgids: ReadonlyMap<number, number>): void {
  const batch = createBatch(1);
  clearRows(batch, 0);
  batch.length = 1;
  batch.cpu[0] = -1;
  batch.kind[0] = Kind.rename;
  for (const [tid, tgid] of tgids) {
    batch.tid[0] = tid;
    batch.pid[0] = tgid;
    sink(batch, 0, 1);
  }
}

const PROGRESS_EVERY = 250_000;

function reporting(sink: EventSink, tell: (line: string) => void): EventSink {
  let done = 0;
  let told = 0;
  return (batch, from, to) => {
    sink(batch, from, to);
    done += to - from;
    if (done - told < PROGRESS_EVERY) return;
    told = done;
    tell(`${done} events`);
  };
}

/** What a recording is and what it can show. */
export async function inspect(source: Source, request: OpenRequest): Promise<InfoResult> {
  const trace = await openTrace(source, request);
  // One lane: what the record of TLB flushes leaves open shows only beside it.
  const { lanes } = planLanes({ policies: ['nopti'] }, trace.host, trace.recordsFlushes);
  const replayed = await replayTrace(trace, lanes, NO_REQUESTS);
  const processes = processOutcomes(replayed, trace.strings, trace.host, trace.recorderName);
  return {
    schema: 'ptilab.info',
    version: 1,
    trace: traceSummary(trace, await filesOf(source, trace), replayed, processes),
    totals: totalsResult(replayed),
    inferred: replayed.inferred,
  };
}

async function filesOf(source: Source, trace: Trace): Promise<readonly TraceFile[]> {
  const files: TraceFile[] = [];
  for (const part of [source, ...(source.others ?? [])]) {
    const { sha256, size } = await part.identity();
    files.push({ path: part.bytes.name, format: trace.format, bytes: size, sha256 });
  }
  return files;
}

/** Replays a source through every lane that was asked for. */
export async function runPipeline(source: Source, request: ReplayRequest): Promise<PipelineResult> {
  const trace = await openTrace(source, request);
  demandArchitecture(trace, printable(source.bytes.name));

  // 3. Lanes: CPUs × policies; selectors that the trace can answer.
  const plan = planLanes(request, trace.host, trace.recordsFlushes);
  demandOptOutLane(request, plan);
  const requests = await requestsFor(request, trace);

  // 4. Replay: every event once, all lanes side by side.
  const replayed = await replayTrace(trace, plan.lanes, requests);
  if (trace.coverage.syscalls === 'absent' && trace.coverage.userFaults === 'absent')
    throw cannotTellError(
      'the recording has neither syscalls nor user page faults',
      printable(source.bytes.name),
      `record ${[...SIGNAL_EVENTS.syscalls, ...SIGNAL_EVENTS.userFaults].join(', ')}`,
    );
  const processes = processOutcomes(replayed, trace.strings, trace.host, trace.recorderName);
  demandMatches(replayed, trace, isDefault(request));

  // 5. Prices: from counts to cycles, with every doubt.
  const { ghz, untracedCpu } = request;
  const untracedOn = untracedCpu === undefined ? undefined : findCpu(untracedCpu);
  const priced = priceReplay({
    trace,
    plan,
    replayed,
    processes,
    ghz,
    untracedCpu: untracedOn,
  });

  // 6. The answer.
  const files = await filesOf(source, trace);
  const result: ReplayResult = {
    schema: 'ptilab.replay',
    version: 1,
    model: MODEL_VERSION,
    trace: traceSummary(trace, files, replayed, processes),
    totals: totalsResult(replayed),
    inferred: replayed.inferred,
    lanes: priced.lanes.map((lane) => laneResult(lane, plan.lanes[lane.spec.replayed], replayed, priced.rowsOf)),
    comparisons: comparisons(priced, plan, replayed.durationNs),
    processes: topProcesses(processes, priced, plan),
    ...(request.whatIf && { rules: ruleSavings({ plan, replayed, priced, processes }) }),
  };
  return { result, plan, replayed, processes, priced, trace };
}

/** Numbers of calls, page tables and their isolation are other ones elsewhere. */
function demandArchitecture({ host: { arch } }: Trace, where: string): void {
  if (arch === undefined || arch === 'x86_64' || arch === 'amd64') return;
  throw cannotTellError(
    `the recording is of ${printable(arch)}`,
    where,
    'record on x86-64: ptilab models page-table isolation as it is there',
  );
}

/** Nobody said who is to opt out. */
const isDefault = ({ optOut, scenario }: ReplayRequest): boolean => optOut === undefined && scenario === undefined;

/** Wrappers of the command line and all that the scenario asks for. */
async function requestsFor(request: ReplayRequest, trace: Trace): Promise<Requests> {
  const context = {
    commandPid: trace.host.command?.pid ?? trace.commandPid,
    recordsCgroups: trace.recordsCgroups,
  };
  const parse = (texts: readonly string[]) => [...new Set(texts)].map((text) => parseSelector(text, context));
  // Only who has a scenario pays for reading its schema.
  const scenario =
    request.scenario && (await import('./replay/optout/scenario.ts')).requestsOf(request.scenario, context);
  const given = {
    optOut: parse(isDefault(request) ? DEFAULT_OPT_OUT : (request.optOut ?? [])),
    optIn: parse(request.optIn ?? []),
  };
  const { optOut, optIn } = scenario ?? NO_REQUESTS;
  const requests = { ...scenario, optOut: [...optOut, ...given.optOut], optIn: [...optIn, ...given.optIn] };
  if (requests.optOut.length + requests.optIn.length > 30)
    throw usageError('too many selectors', '--opt-out, --opt-in, --scenario', 'use globs, at most 30 in all');
  return requests;
}

/** One lane of a replay, for questions about who is in which state rather than about cost. */
async function openOneLane(source: Source, request: ReplayRequest) {
  const trace = await openTrace(source, request);
  demandArchitecture(trace, printable(source.bytes.name));
  const plan = planLanes({ ...request, policies: request.policies ?? ['optout'] }, trace.host, trace.recordsFlushes);
  demandOptOutLane(request, plan);
  // The first with an opt-out, on the first CPU.
  const [first] = plan.specs;
  const ofFirst = plan.specs.filter(({ machine }) => machine === first.machine);
  const spec = ofFirst.find(({ replayed }) => plan.lanes[replayed].policy.optOut) ?? first;
  return { trace, spec, lane: plan.lanes[spec.replayed], requests: await requestsFor(request, trace) };
}

/**
 * The simulated `/proc` at a moment.
 *
 * @param timeNs - since the start of the recording; undefined: its end
 */
export async function processesAt(source: Source, request: ReplayRequest, timeNs?: number): Promise<PsResult> {
  const { trace, spec, lane, requests } = await openOneLane(source, request);
  const watch = new MomentWatch(timeNs ?? Infinity);
  const replayed = await replayTrace(trace, [lane], requests, watch);
  if (trace.coverage.lifecycle === 'absent' && !namesPids(request))
    throw cannotTellError(
      'the recording does not show which process began which',
      printable(source.bytes.name),
      'record sched:sched_process_fork, sched:sched_process_exec and sched:sched_process_exit, or name processes with --opt-out pid:N',
    );
  demandMatches(replayed, trace, isDefault(request));
  return psResult({ trace, path: source.bytes.name, spec, lane, replayed, watch, timeNs });
}

/** Whether all that was asked for names processes by number, so that nobody has to be known by birth. */
function namesPids({ optOut = [], optIn = [], scenario }: ReplayRequest): boolean {
  const selectors = [...optOut, ...optIn, ...(scenario?.optOut ?? []), ...(scenario?.optIn ?? [])];
  const named = [
    ...selectors.filter((text) => text.startsWith('pid:')),
    ...(scenario?.events ?? []),
    ...(scenario?.startState ?? []),
  ];
  return named.length > 0 && selectors.every((text) => text.startsWith('pid:'));
}

/** What shows CR3, and how it ended. */
export interface Cr3Sink {
  begins(head: Cr3Head): void;
  entry(entry: Cr3Entry): void;
}

/** Entries that are kept until the recording has shown that it has calls and switches. */
const MOST_HELD = 1 << 18;

/** CR3 at each entry from user mode, told as the trace is read. */
export async function cr3Entries(source: Source, request: ReplayRequest, sink: Cr3Sink): Promise<Cr3End> {
  const { trace, spec, lane, requests } = await openOneLane(source, request);
  const refuse = (): never => {
    const lacks = trace.coverage.contextSwitches === 'absent' ? 'switches of tasks' : 'syscalls';
    throw cannotTellError(
      `the recording does not show ${lacks}, so not what CR3 holds`,
      printable(source.bytes.name),
      'record sched:sched_switch, raw_syscalls:sys_enter and raw_syscalls:sys_exit',
    );
  };
  const isShown = (): boolean => {
    const { contextSwitches, syscalls } = trace.coverage;
    return contextSwitches !== 'absent' && syscalls !== 'absent';
  };
  const head: Cr3Head = { trace, path: source.bytes.name, spec, lane, optOut: requests.optOut.map(({ text }) => text) };
  let held: Cr3Entry[] | undefined = [];
  const release = (): void => {
    sink.begins(head);
    for (const entry of held ?? []) sink.entry(entry);
    held = undefined;
  };
  const watched = new Cr3Lane(lane, (entry) => {
    if (!held) return sink.entry(entry);
    held.push(entry);
    // A text shows what it has by its events: asking is not free.
    if (held.length % 1024 === 1 && isShown()) release();
    else if (held.length >= MOST_HELD) refuse();
  });
  const replayed = await replayTrace(trace, [watched], requests, watched);
  if (!isShown()) refuse();
  demandMatches(replayed, trace, isDefault(request));
  if (held) release();
  return { trace, replayed, keptUnseen: watched.checker.keptUnseen };
}

/** A selector that was given must have a lane to act in. */
export function demandOptOutLane({ optOut, optIn, scenario }: ReplayRequest, { specs, lanes }: LanePlan): void {
  const [given] = optOut ?? optIn ?? (scenario ? ['--scenario'] : []);
  if (given === undefined || lanes.some((lane) => lane.policy.optOut?.start === 'on')) return;
  throw usageError(
    'no policy asked for lets a process opt out',
    `${printable(given)} with ${[...new Set(specs.map(({ policy }) => policy))].join(', ')}`,
    'add --policy optout, or leave the selector out',
  );
}

/** A selector that was given must choose somebody. */
function demandMatches(
  { wrappers, tree, missed, late, unstarted, durationNs }: Replayed,
  trace: Trace,
  defaultOptOut: boolean,
): void {
  if (missed.length > 0)
    throw usageError(
      'the scenario names a process that the recording does not have',
      `${missed[0].name}.pid ${missed[0].pid}`,
      'ptilab ps lists them, by the time they live',
    );
  if (unstarted.length > 0)
    throw usageError(
      'the scenario tells the state at the start of a process that is not older than the recording',
      `startState, pid ${unstarted[0]}`,
      'ptilab ps --at 0 lists those that are',
    );
  if (late.length > 0)
    throw usageError(
      'the scenario has an event after the end of the recording',
      `${late[0].name}.atNs ${late[0].atNs}`,
      `times are from its first event, and it ends at ${durationNs}`,
    );
  wrappers.all.forEach(({ selector, off }, i) => {
    if (wrappers.chosen[i].length > 0) return;
    if (off && defaultOptOut) {
      trace.health.count('opt-out-matched-nothing');
      return;
    }
    const seen = tree.processes.filter((process) => process.seen && !process.partOf && !process.kernel);
    const closest = nearestMatch(selector, seen, trace.strings);
    const hint =
      closest === undefined ? 'see ptilab info for what the recording holds' : `did you mean ${printable(closest)}?`;
    throw usageError('the selector matches no process', printable(selector.text), hint);
  });
}
