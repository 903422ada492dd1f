/** The table of `docs/accuracy.md` that compares the model with a real kernel in an emulator. */
import { RECORDED, SIMULATED } from '../../src/replay/machine.ts';
import {
  CONFIGURATIONS,
  modelOf,
  OPT_OUT_CONFIGURATIONS,
  optOutLogOf,
  optOutsOf,
  truthOf,
  workloadsOf,
  type Configuration,
  type Counts,
} from '../emulator/runs.ts';
import { FIXTURES, fixturePath } from '../support/fixtures.ts';
import { replayFile } from '../support/replay.ts';
import { expectedOf, TEXT_FIXTURES, truthOf as textTruthOf } from '../support/texts.ts';
import { PAIRS, PAIR_OPTIONS, statOf, statTruthOf } from '../support/stat.ts';
import { interval } from '../../src/report/numbers.ts';
import { checkSections, code, table } from './sections.ts';

/** What no trace shows: see the text around the table. */
const EXCEPTED: ReadonlySet<string> = new Set(['static-key-toggle', 'nanosleep-500us']);

type Key = 'crossings' | 'rest' | 'invlpg' | 'reads';

const add = (list: readonly Counts[], key: Key): number => list.reduce((sum, counts) => sum + (counts[key] ?? 0), 0);

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

/** Runs of a kernel with the opt-out in which somebody is out. */
async function optOutRow(configuration: Configuration): Promise<readonly string[]> {
  const workloads = optOutsOf(configuration);
  const truths = workloads.map((workload) => truthOf(configuration, workload));
  const models: Counts[] = [];
  for (const workload of workloads) models.push(await modelOf(configuration, workload, RECORDED));
  const changes = workloads.reduce((sum, workload) => sum + optOutLogOf(configuration, workload)!.events.length, 0);
  return [
    code(configuration.name),
    String(workloads.length),
    ...(['crossings', 'rest', 'reads'] as const).map((key) => pair(models, truths, key)),
    String(changes),
  ];
}

/** One row a recording that comes with the repository, beside what another program counted in it. */
async function formatRows(): Promise<readonly (readonly string[])[]> {
  const recordings = [
    ...FIXTURES.map(({ path, truth }) => ({ path, truth })),
    ...TEXT_FIXTURES.map((fixture) => ({ path: fixturePath(fixture.file), truth: textTruthOf(fixture) })),
  ];
  const rows: (readonly string[])[] = [];
  for (const { path, truth } of recordings) {
    const { trace, totals } = (await replayFile(path)).result;
    const expected = expectedOf(truth);
    const equal = JSON.stringify(sorted(totals)) === JSON.stringify(sorted(expected.totals));
    rows.push([
      code(path.split('/').at(-1) ?? path),
      trace.files[0].format,
      `${trace.events} / ${expected.events}`,
      `${totals.syscalls} / ${expected.totals.syscalls}`,
      equal ? 'equal' : 'different',
    ]);
  }
  return rows;
}

/** With keys in one order at every depth. */
const sorted = (value: unknown): unknown =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(
        Object.entries(value)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, each]) => [key, sorted(each)]),
      )
    : value;

async function statRows(): Promise<readonly (readonly string[])[]> {
  const rows: (readonly string[])[] = [];
  for (const file of PAIRS) {
    const { whole } = await statOf(file, PAIR_OPTIONS);
    const truth = statTruthOf(file);
    const { operations, overheadPercent } = whole!.lanes.find(({ lane }) => lane === 'pti')!;
    const counted = (name: 'entries' | 'cr3WriteKeep' | 'cr3WriteFlush'): string => {
      const { low, mid, high } = operations[name];
      const numbers = [mid, low, high!].map((value) => String(Math.round(value)));
      return `${numbers[0]} [${numbers[1]}..${numbers[2]}] / ${truth.lanes['pti'].operations[name] ?? 0}`;
    };
    rows.push([
      code(file),
      counted('entries'),
      counted('cr3WriteKeep'),
      counted('cr3WriteFlush'),
      `${whole!.cpuSeconds!.toPrecision(3)} / ${truth.onCpuSeconds.toPrecision(3)}`,
      [overheadPercent!, truth.lanes['pti'].overheadPercent]
        .map((each) => interval(each, '').replace('  ', ' '))
        .join(' / '),
    ]);
  }
  return rows;
}

checkSections('docs/accuracy.md', {
  'formats against their truths': async () =>
    table(['file', 'format', 'samples', 'system calls', 'all totals and calls by number'], await formatRows()),
  'counts beside recordings': async () =>
    table(
      ['counts', 'entries', 'CR3 writes that keep', 'that flush', 'CPU seconds', '% more CPU time'],
      await statRows(),
    ),
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
  'opt-out kernel': async () => {
    const rows: (readonly string[])[] = [];
    for (const configuration of OPT_OUT_CONFIGURATIONS) rows.push(await optOutRow(configuration));
    return table(['configuration', 'runs', 'crossing writes', 'other writes', 'CR3 reads', 'changes of state'], rows);
  },
});
