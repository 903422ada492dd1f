/** The whole way of counts: bytes, counts, lanes, the answer. */
import { cannotTellError, inputError, printable, usageError } from './errors.ts';
import { nearest } from './nearest.ts';
import { readCounts } from './counts/collect.ts';
import type { Counts } from './counts/counts.ts';
import { findCpu } from './cpu-model/cpus/index.ts';
import { planLanes, type LanePlan } from './replay/lane-plan.ts';
import { globOf, parseSelector } from './replay/optout/selectors.ts';
import { demandOptOutLane, type ReplayRequest, type Source } from './pipeline.ts';
import type { StatResult } from './report/stat/answer.ts';
import { statResult } from './report/stat/result.ts';
import { MODEL_VERSION } from './version.ts';

export interface StatRequest extends ReplayRequest {
  /** Whose counts they are, where the output does not say. */
  readonly scope?: 'system' | 'tasks' | undefined;
}

export interface StatPipelineResult {
  readonly result: StatResult;
  readonly plan: LanePlan;
  readonly counts: Counts;
}

/**
 * Counts instead of a recording: the same lanes and prices.
 *
 * ```
 *  bytes ──read──▶ counts ──amounts──▶ operations per lane ──price──▶ cycles ──▶ answer
 *   src/io          src/counts          src/report/stat, src/replay    src/report
 * ```
 */
export async function runStat(source: Source, request: StatRequest): Promise<StatPipelineResult> {
  const where = printable(source.bytes.name);
  // 1. Read the counts.
  const read = await readCounts(source.bytes);
  const { tear } = source.bytes;
  if (request.strict && (tear ?? read.firstSkipped) !== undefined)
    throw inputError(
      tear ? tear.reason : `${read.skipped} lines are no counts`,
      tear ? `${where} at byte ${tear.byte}` : `${where}, line ${read.firstSkipped}`,
      'count again, or leave out --strict',
    );
  const counts = request.simulateFlushes ? withoutFlushes(read) : read;

  // 2. Lanes, and who is opted out in them.
  const isOptedOut = optedOutCgroups(counts, request, where);
  const byCgroup = request.optOut !== undefined || request.optIn !== undefined;
  const host = request.host ?? {};
  const policies = request.policies ?? ['nopti', 'pti', byCgroup ? 'optout' : 'global-off'];
  const plan = planLanes({ ...request, policies }, host, false);
  demandOptOutLane(request, plan);
  const asking = plan.specs.find(({ replayed }) => plan.lanes[replayed].policy.optOut?.start === 'on');
  if (asking && !byCgroup)
    throw cannotTellError(
      'counts do not tell which processes opt out',
      `--policy ${printable(asking.policy)}`,
      'use --policy global-off (all do), or count with --for-each-cgroup and choose with --opt-out cgroup:GLOB',
    );

  // 3. Operations, prices, the answer.
  const { sha256, size } = await source.identity();
  const result = statResult({
    counts,
    plan,
    file: { path: source.bytes.name, format: counts.format, bytes: size, sha256 },
    host,
    model: MODEL_VERSION,
    scope: request.scope,
    ghz: request.ghz,
    untracedCpu: request.untracedCpu === undefined ? undefined : findCpu(request.untracedCpu),
    isOptedOut,
  });
  return { result, plan, counts };
}

/** The same counts as if the TLB's own had not been asked for. */
const withoutFlushes = (counts: Counts): Counts => ({
  ...counts,
  groups: counts.groups.map((group) => ({
    ...group,
    counts: new Map([...group.counts].filter(([signal]) => !OF_TLB.has(signal))),
  })),
});
const OF_TLB: ReadonlySet<string> = new Set([
  'tlbFlushes',
  'loadsKept',
  'loadsFlushed',
  'flushesAll',
  'flushesOne',
  'flushesFew',
  'pagesFew',
  'ipisSent',
  'ipisReceived',
]);

const OF_CGROUP = /^cgroup:(.+)$/s;

/** Which cgroups the selectors choose: counts know no processes. */
function optedOutCgroups(
  { groups }: Counts,
  { optOut = [], optIn = [] }: StatRequest,
  where: string,
): (cgroup: string) => boolean {
  const names = groups.flatMap(({ name }) => (name === undefined ? [] : [name]));
  const globs = (texts: readonly string[]) =>
    texts.map((text) => {
      const glob = OF_CGROUP.exec(text)?.[1];
      // What is no selector at all is said to be none.
      if (glob === undefined) parseSelector(text, { commandPid: 1 });
      if (glob === undefined || names.length === 0)
        throw cannotTellError(
          names.length === 0 ? 'the counts are not by cgroup' : 'counts know cgroups, not processes',
          `${printable(text)} for ${where}`,
          names.length === 0
            ? 'count with perf stat --for-each-cgroup, or record and use ptilab replay'
            : 'choose with cgroup:GLOB, or record and use ptilab replay',
        );
      const parsed = globOf(glob);
      if (!names.some((name) => parsed.test(name)))
        throw usageError(
          'the selector matches no cgroup',
          printable(text),
          `did you mean cgroup:${printable(nearest(glob, names) ?? names[0])}?`,
        );
      return parsed;
    });
  const [off, on] = [globs(optOut), globs(optIn)];
  return (cgroup) => off.some((glob) => glob.test(cgroup)) && !on.some((glob) => glob.test(cgroup));
}
