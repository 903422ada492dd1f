/** The public API of ptilab. */
export {
  runPipeline,
  inspect,
  openTrace,
  processesAt,
  cr3Entries,
  type Cr3Sink,
  type PipelineResult,
  type ReplayRequest,
  type Source,
} from './pipeline.ts';
export { runStat, type StatPipelineResult, type StatRequest } from './pipeline-stat.ts';
export { statText } from './report/stat/summary.ts';
export type { StatResult } from './report/stat/answer.ts';
export { PtilabError, type FailureKind } from './errors.ts';
export type { Bytes, Tear } from './io/bytes.ts';
export { bytesOf } from './io/memory.ts';
export { unzstd } from './io/zstd.ts';
export { CPUS, findCpu } from './cpu-model/cpus/index.ts';
export type { Confidence, Cpu, Sourced } from './cpu-model/cpu.ts';
export { OPERATIONS, type Operation } from './cpu-model/operations.ts';
export { COMPONENTS, type Component } from './cpu-model/prices.ts';
export { POLICIES, type OptOutRules, type Policy } from './replay/policies/index.ts';
export { RULES } from './replay/optout/rules.ts';
export { parseScenario, type Scenario } from './replay/optout/scenario.ts';
export { READERS } from './trace/readers/index.ts';
export type { HostFacts, Trace, TraceReader } from './trace/trace.ts';
export { EVENT_KINDS, KIND_MEANINGS, type EventBatch, type EventKind, type EventSink } from './trace/event.ts';
export type { Comparison, LaneResult, ReplayResult, TraceSummary } from './report/result.ts';
export { bytesOfTable, fileNameOf, TABLES } from './report/tables.ts';
export type { PsChange, PsProcess, PsResult } from './report/ps.ts';
export { psStatusText, psText } from './report/ps-text.ts';
export { Cr3Writer, type Cr3End, type Cr3Filter, type Cr3Head } from './report/cr3.ts';
export type { Cr3Entry } from './replay/cr3.ts';
export { summaryText } from './report/summary.ts';
export { compareResult, type CompareResult } from './report/compare.ts';
export { compareSide, type CompareSide } from './report/compare-pricing.ts';
export { compareText } from './report/compare-text.ts';
export { countedReplay } from './report/counted-replay.ts';
export type { RuleSaving } from './report/savings.ts';
export { reportData } from './report/report-data-build.ts';
export type { ReportData } from './report/report-data.ts';
export { CHARTS, draw, type Chart, type Drawing } from './report/charts/index.ts';
export { MODEL_VERSION } from './version.ts';
export type { Estimate } from './units.ts';
