/** What tables are made from. */
import type { Replayed } from '../replay/engine.ts';
import type { LanePlan } from '../replay/lane-plan.ts';
import type { ProcessOutcomes } from '../replay/outcome.ts';
import type { Trace } from '../trace/trace.ts';
import type { Priced } from './priced.ts';
import type { ReplayResult } from './result.ts';

export interface TableInput {
  readonly result: ReplayResult;
  readonly plan: LanePlan;
  readonly replayed: Replayed;
  readonly processes: ProcessOutcomes;
  readonly priced: Priced;
  readonly trace: Trace;
}
