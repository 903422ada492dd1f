/** The gate: recordings are replayed, and what comes out is held against what their baselines say. */
import { runPipeline, type OpenRequest, type PipelineResult, type Source } from '../pipeline.ts';
import {
  baselineText,
  byName,
  demandVersion,
  parseBaseline,
  reasonsIn,
  wholeBaseline,
  type Baseline,
  type Section,
} from './baseline.ts';
import { compareSections, PRESENT, type Difference } from './compare.ts';
import { recordingSection, setupSections } from './measure.ts';
import type { BaselinedRecording, Setup } from './recordings.ts';

/** Opens a recording, with what is known of it beside it, for as long as `act` takes. */
export type OpenRecording = <T>(
  recording: BaselinedRecording,
  act: (source: Source, known: OpenRequest) => Promise<T>,
) => Promise<T>;

/** Told of each replay while all of it is still there. */
export type OnReplay = (recording: BaselinedRecording, setup: Setup, done: PipelineResult) => Promise<void> | void;

export interface GateRequest {
  readonly recordings: readonly BaselinedRecording[];
  /** Text of each baseline that is there, by the name of its recording. */
  readonly baselines: ReadonlyMap<string, string>;
  /** What to call a baseline in messages. */
  readonly where: (name: string) => string;
  readonly open: OpenRecording;
  /** Make new baselines where values differ, for this reason. */
  readonly reason?: string | undefined;
  readonly onReplay?: OnReplay | undefined;
}

export interface GateResult {
  /** How many values. */
  readonly compared: number;
  readonly differences: readonly Difference[];
  /** New text of baselines, by the name of the recording: only with a reason, and only of those that differ. */
  readonly renewed: ReadonlyMap<string, string>;
  /** Baselines of no recording, by name. */
  readonly extra: readonly string[];
}

/**
 * Compares baselines with the model as it is.
 *
 * @throws an input error for a baseline that cannot be used, before anything is replayed; with a reason only where it is no
 * baseline or one of another version
 */
export async function runGate(request: GateRequest): Promise<GateResult> {
  const { recordings, open, onReplay, reason } = request;
  const before = new Map(recordings.map(({ name }) => [name, readBaseline(name, request)]));
  const extra = extraOnes(request);
  const differences: Difference[] = extra.map((name) => whole(name, PRESENT, undefined));
  const renewed = new Map<string, string>();
  let compared = 0;
  for (const recording of recordings) {
    const { name, path } = recording;
    const sections = await measureRecording(recording, open, onReplay);
    const old = before.get(name);
    if (old) {
      const { compared: more, differences: found } = compareSections(name, old.sections, sections);
      compared += more;
      differences.push(...found);
    } else {
      differences.push(whole(name, undefined, PRESENT));
    }
    if (reason === undefined || (old && differences.at(-1)?.recording !== name)) continue;
    const text = request.baselines.get(name);
    const reasons = [...(text === undefined ? [] : reasonsIn(text)), reason];
    renewed.set(name, baselineText({ recording: path, reasons, sections }));
  }
  return { compared, differences, renewed, extra };
}

/** A baseline that is only on one side. */
const whole = (recording: string, before: string | undefined, after: string | undefined): Difference => ({
  recording,
  lane: undefined,
  value: undefined,
  old: before,
  new: after,
});

/** Replays a recording in each of its setups. */
export async function measureRecording(
  recording: BaselinedRecording,
  open: OpenRecording,
  onReplay: OnReplay | undefined,
): Promise<readonly Section[]> {
  const sections: Section[] = [];
  for (const setup of recording.setups) {
    const done = await open(recording, (source, known) => runPipeline(source, { ...known, ...setup.request }));
    if (sections.length === 0) sections.push(recordingSection(done.result));
    sections.push(...setupSections(setup.id, done));
    await onReplay?.(recording, setup, done);
  }
  return sections;
}

/** Undefined where there is none, or none that can be compared and a new one is wanted. */
function readBaseline(name: string, { baselines, where, reason }: GateRequest): Baseline | undefined {
  const text = baselines.get(name);
  if (text === undefined) return undefined;
  if (reason === undefined) return parseBaseline(text, where(name));
  demandVersion(text, where(name));
  return wholeBaseline(text);
}

/** Baselines of no recording. Only what is a baseline is ever removed. */
function extraOnes({ recordings, baselines, where, reason }: GateRequest): readonly string[] {
  const known = new Set(recordings.map(({ name }) => name));
  const extra = [...baselines.keys()].filter((name) => !known.has(name)).sort(byName);
  if (reason !== undefined) for (const name of extra) demandVersion(baselines.get(name)!, where(name));
  return extra;
}
