/** The public API of ptilab. */
export { runPipeline, inspect, openTrace, type PipelineResult, type ReplayRequest, type Source } from './pipeline.ts';
export { PtilabError, type FailureKind } from './errors.ts';
export type { Bytes, Tear } from './io/bytes.ts';
export { bytesOf } from './io/memory.ts';
export { CPUS, findCpu } from './cpu-model/cpus/index.ts';
export type { Confidence, Cpu, Sourced } from './cpu-model/cpu.ts';
export { OPERATIONS, type Operation } from './cpu-model/operations.ts';
export { POLICIES, type OptOutRules, type Policy } from './replay/policies/index.ts';
export { READERS } from './trace/readers/index.ts';
export type { HostFacts, Trace, TraceReader } from './trace/trace.ts';
export { EVENT_KINDS, KIND_MEANINGS, type EventBatch, type EventKind, type EventSink } from './trace/event.ts';
export type { ReplayResult, LaneResult, TraceSummary } from './report/result.ts';
export { bytesOfTable, fileNameOf, TABLES } from './report/tables.ts';
export { summaryText } from './report/summary.ts';
export { MODEL_VERSION } from './version.ts';
export type { Estimate } from './units.ts';
