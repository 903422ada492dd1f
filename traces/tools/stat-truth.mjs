// node traces/tools/stat-truth.mjs DIR ANSWER.json [COMM]: what a recording shows that was made at the same time as counts. DIR and ANSWER.json are of
// one ptilab replay -o DIR --json > ANSWER.json. Processes called COMM are left out: the counter itself, where the recorder saw it and it not itself.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';

const [dir, answer, without] = process.argv.slice(2);
const { trace, totals, inferred, lanes, comparisons, model } = JSON.parse(readFileSync(answer, 'utf8'));
const read = (name) => tableFromIPC(readFileSync(join(dir, `${name}.arrow`)));
const measured = new Set();
for (const { lane, process, scope, comm } of read('processes'))
  if (scope === 'measured' && comm !== without) measured.add(`${lane} ${process}`);
const operations = {};
for (const { lane, process, operation, count } of read('ledger')) {
  if (!measured.has(`${lane} ${process}`)) continue;
  const of = (operations[lane] ??= {});
  of[operation] = (of[operation] ?? 0) + Number(count);
}
const costs = lanes.map(({ lane, addedCycles, baselineCycles, overheadPercent }) => [
  lane,
  { operations: operations[lane], addedCycles, baselineCycles, overheadPercent },
]);
console.log(
  JSON.stringify(
    {
      what: 'replay of a recording made while the counts beside this file were made; operations of the measured set',
      model,
      options: '--kernel 6.13 --policy nopti,pti,global-off',
      recorder: 'perf record 6.1, the events of README.md, Linux 6.18.44, AMD EPYC (zen3-server), a guest with 2 CPUs shared with others',
      leftOut: without ?? null,
      sha256: trace.files[0].sha256,
      events: trace.events,
      onCpuSeconds: trace.scope.onCpuNs / 1e9,
      totals: { ...totals, syscallCounts: undefined },
      inferred,
      lost: trace.health.find(({ key }) => key === 'lost')?.count ?? 0,
      lanes: Object.fromEntries(costs),
      savedPercent: comparisons.find(({ to }) => to === 'global-off').savedPercent,
    },
    null,
    1,
  ),
);
