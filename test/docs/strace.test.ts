/** The table of `docs/accuracy.md` that compares strace texts with counts by another program. */
import { fixture, fixturePath } from '../support/fixtures.ts';
import { replayBytes } from '../support/replay.ts';
import { STRACE_FIXTURES, straceTruthAt } from '../support/strace.ts';
import { checkSections, code, table } from './sections.ts';

const pair = (ours: number, theirs: number | undefined): string => `${ours} / ${theirs}`;

checkSections('docs/accuracy.md', {
  strace: async () => {
    const rows: string[][] = [];
    for (const name of STRACE_FIXTURES) {
      const truth = straceTruthAt(fixturePath(`${name}.truth.json`));
      const { result } = await replayBytes(fixture(`${name}.strace`), { policies: ['pti'] });
      const { syscalls, forks, execs, exits } = result.totals;
      const [{ crossingCr3Writes }] = result.lanes;
      rows.push([
        code(name),
        pair(syscalls, truth.calls_total),
        pair(forks, truth.forks),
        pair(execs, truth.execs),
        pair(exits, truth.exits),
        pair(crossingCr3Writes, truth.calls_total + truth.returns! + truth.forks!),
      ]);
    }
    return table(['text', 'calls', 'new tasks', 'execs', 'ends', 'crossings: calls, returns and first returns'], rows);
  },
});
