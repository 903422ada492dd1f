/** The table of `docs/accuracy.md` that compares the model with a real kernel in an emulator. */
import { RECORDED, SIMULATED } from '../../src/replay/machine.ts';
import { CONFIGURATIONS, modelOf, truthOf, workloadsOf, type Configuration, type Counts } from '../emulator/runs.ts';
import { checkSections, code, table } from './sections.ts';

/** What no trace shows: see the text around the table. */
const EXCEPTED: ReadonlySet<string> = new Set(['static-key-toggle', 'nanosleep-500us']);

type Key = 'crossings' | 'rest' | 'invlpg';

const add = (list: readonly Counts[], key: Key): number => list.reduce((sum, counts) => sum + counts[key], 0);

/** `model / counted`, and how far apart they are. */
function pair(models: readonly Counts[], truths: readonly Counts[], key: Key): string {
  const [model, truth] = [add(models, key), add(truths, key)];
  const off = truth === 0 ? '' : ` (${(((model - truth) / truth) * 100).toFixed(2).replace(/^-0\.00$/, '0.00')} %)`;
  return `${model} / ${truth}${off}`;
}

async function row(configuration: Configuration): Promise<readonly string[]> {
  const workloads = workloadsOf(configuration);
  const judged = workloads.filter((workload) => !EXCEPTED.has(workload));
  const truths = workloads.map((workload) => truthOf(configuration, workload));
  const judgedTruths = judged.map((workload) => truthOf(configuration, workload));
  const recorded: Counts[] = [];
  const simulated: Counts[] = [];
  for (const workload of workloads) recorded.push(await modelOf(configuration, workload, RECORDED));
  for (const workload of judged) simulated.push(await modelOf(configuration, workload, SIMULATED));
  return [
    code(configuration.name),
    String(workloads.length),
    pair(recorded, truths, 'crossings'),
    pair(recorded, truths, 'rest'),
    pair(recorded, truths, 'invlpg'),
    pair(simulated, judgedTruths, 'rest'),
    pair(simulated, judgedTruths, 'invlpg'),
  ];
}

checkSections('docs/accuracy.md', {
  emulator: async () => {
    const rows: (readonly string[])[] = [];
    for (const configuration of CONFIGURATIONS) rows.push(await row(configuration));
    const header = [
      'configuration',
      'runs',
      'crossing writes',
      'other writes, recorded flushes',
      'INVLPG, recorded',
      'other writes, simulated',
      'INVLPG, simulated',
    ];
    return table(header, rows);
  },
});
