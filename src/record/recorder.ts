/** What a recorder is, and a way of recording with it. */
import type { MachineFacts } from './machine-facts.ts';

export interface PlanRequest {
  /** Bytes of the recorder's buffer for each CPU; undefined leaves it to the plan. */
  readonly buffer: number | undefined;
}

/** Names that are known only when it runs. */
export interface PlanNames {
  /** Where the recorder writes. */
  readonly output: string;
  /** Id of the task that will become the command. */
  readonly pid: string;
  /** The cgroup of the command, below its hierarchy's root. */
  readonly cgroup: string;
}

/**
 * How the recorder and the command come together. `attach`: the command waits until the recorder, which is given its id or its
 * cgroup, is ready; so nothing of either's set-up is in the other's record or time. `wrap`: the recorder starts the command.
 */
export type Joining = 'attach' | 'wrap';

/** One way of recording. */
export interface Plan {
  readonly recorder: string;
  readonly joining: Joining;
  /** Whose events are in it. */
  readonly scope: 'cgroup' | 'system' | 'tree';
  /** Buffer for each CPU in bytes, where the recorder has one. */
  readonly buffer: number | undefined;
  /** Program and arguments; `wrap` puts the command behind them, `attach` what the recorder waits for. */
  command(names: PlanNames, buffer: number | undefined): readonly string[];
  /** Whether voluntary switches of the recorded run mean anything: not where the recorder stops the command. */
  readonly comparesSwitches: boolean;
  /** What it cannot show and how to get more, a line each: `what: where: what to do`. */
  readonly lines: readonly string[];
}

export interface Recorder {
  readonly id: string;
  /** How its files are called where no name was given. */
  readonly defaultName: string;
  /**
   * The ways that the machine seems to permit, best first; the next is taken where one is refused after all.
   *
   * @throws PtilabError cannot-tell: there is none, and what to do about it
   */
  plans(facts: MachineFacts, request: PlanRequest): readonly Plan[];
}
