/** Who is isolated when: the process tree over time. */
import type { PtiState } from '../../replay/optout/states.ts';
import type { ReportData, ReportTreeRow } from '../report-data.ts';
import type { Cell, Figure } from '../table.ts';
import type { Chart } from './chart.ts';
import { distinct, label } from './labels.ts';
import { count, plural, share, timeUnitOf } from './numbers.ts';
import { CHART_WIDTH, frame, STATE_COLOURS, TIME_AXIS } from './theme.ts';

/** Rows that fit on a page. */
const MOST_PROCESSES = 40;
/** Stretches of one row that can still be told apart. */
const MOST_STRETCHES = 100;
/** In px: the widest column of names, a step to the right in it, and a letter that is not among the widest. */
const MOST_NAMES_WIDTH = 230;
const INDENT = 9;
const LETTER = 7;
/** Deeper ones are not indented further. */
const DEEPEST = 8;

type Stretch = ReportTreeRow['states'][number];

const WORDS: Readonly<Record<PtiState, string>> = {
  on: 'isolated',
  'on (shared mm)': 'isolated (shares memory with one that is)',
  'on (forced)': 'isolated for good',
  'off pending exec': 'isolated until its next exec',
  'on pending exec': 'opted out until its next exec',
  'off (opted out)': 'opted out',
  'off (boot)': 'isolation off for all',
};
const isPtiState = (state: string): state is PtiState => Object.hasOwn(WORDS, state);

/** The processes that cost most and all above them, in the order of the tree. */
function drawnOf(data: ReportData): readonly ReportTreeRow[] {
  if (data.tree.length <= MOST_PROCESSES) return data.tree;
  const byId = new Map(data.tree.map((row) => [row.process, row]));
  const drawn = new Set<ReportTreeRow>();
  for (const row of [...data.tree].sort((a, b) => b.added - a.added || a.process - b.process)) {
    const line: ReportTreeRow[] = [];
    for (let each: ReportTreeRow | undefined = row; each && !drawn.has(each) && !line.includes(each);) {
      line.push(each);
      each = each.parent === undefined ? undefined : byId.get(each.parent);
    }
    if (drawn.size + line.length <= MOST_PROCESSES) for (const each of line) drawn.add(each);
  }
  return data.tree.filter((row) => drawn.has(row));
}

const hiddenOf = (data: ReportData, drawn: readonly ReportTreeRow[]): number =>
  data.tree.length - drawn.length + data.treeLeftOut;

/** Few enough stretches: in each of as many equal windows, the state that holds longest. */
function coarse(row: ReportTreeRow): readonly Stretch[] {
  if (row.states.length <= MOST_STRETCHES) return row.states;
  const window = (row.endNs - row.startNs) / MOST_STRETCHES;
  const longest = Array.from({ length: MOST_STRETCHES }, () => new Map<PtiState, number>());
  for (const { fromNs, toNs, state } of row.states) {
    const first = Math.max(0, Math.floor((fromNs - row.startNs) / window));
    const last = Math.min(MOST_STRETCHES - 1, Math.floor((toNs - row.startNs) / window));
    for (let i = first; i <= last; i++) {
      const from = Math.max(fromNs, row.startNs + i * window);
      const to = Math.min(toNs, row.startNs + (i + 1) * window);
      longest[i].set(state, (longest[i].get(state) ?? 0) + Math.max(0, to - from));
    }
  }
  return longest.flatMap((times, i) => {
    const [most] = [...times].sort((a, b) => b[1] - a[1]);
    return most ? [{ fromNs: row.startNs + i * window, toNs: row.startNs + (i + 1) * window, state: most[0] }] : [];
  });
}

const lifeOf = (rows: readonly ReportTreeRow[], wanted: (state: PtiState) => boolean): number =>
  rows.reduce(
    (sum, { states }) =>
      sum + states.reduce((part, { fromNs, toNs, state }) => part + (wanted(state) ? toNs - fromNs : 0), 0),
    0,
  );

export const states: Chart = {
  id: 'states',
  name: 'Who is isolated when',
  description:
    'One row a process, children indented below their parents, from birth to end; the colour says whether it was isolated then in the lane with the opt-out.',

  missing(data) {
    if (data.views.optedOut === undefined) return 'no lane with an opt-out was asked for';
    if (data.tree.length === 0) return 'the recording shows no process';
    if (data.durationNs <= 0) return 'the recording has no times';
    return undefined;
  },

  title(data) {
    const rows = drawnOf(data);
    const open = rows.filter(({ states: each }) => each.some(({ state }) => state === 'off (opted out)'));
    if (open.length === 0) return `Nobody is opted out of the ${plural(rows.length, 'process', 'processes')} drawn`;
    const life = share(
      lifeOf(open, (state) => state === 'off (opted out)'),
      lifeOf(open, () => true),
    );
    const shown = `${plural(rows.length, 'process', 'processes')}${hiddenOf(data, rows) === 0 ? '' : ' drawn'}`;
    const who =
      open.length < rows.length
        ? `${count(open.length)} of ${shown}`
        : rows.length > 1
          ? `All ${shown}`
          : 'The process';
    return `${who} ${rows.length > 1 ? 'run' : 'runs'} without isolation, for ${life} of ${rows.length > 1 ? 'their' : 'its'} lifetime`;
  },

  spec(data) {
    const rows = drawnOf(data);
    const unit = timeUnitOf(data.durationNs);
    const names = distinct(rows.map(({ comm, pid }) => `${label(comm, 20)} ${pid}`));
    const used = new Set<PtiState>();
    const values = rows.flatMap((row, i) =>
      coarse(row).map(({ fromNs, toNs, state }) => {
        if (isPtiState(state)) used.add(state);
        return { process: names[i], from: fromNs / unit.ns, to: toNs / unit.ns, state: WORDS[state] };
      }),
    );
    const shown = (Object.keys(WORDS) as readonly PtiState[]).filter((state) => used.has(state));
    const hidden = hiddenOf(data, rows);
    const indents = rows.map(({ depth }) => Math.min(depth, DEEPEST) * INDENT);
    const wanted = Math.max(...names.map((name, i) => indents[i] + name.length * LETTER + 16));
    const width = Math.min(MOST_NAMES_WIDTH, wanted);
    const places = names.map((process, i) => ({ process, x: indents[i] - width, room: width - indents[i] - 8 }));
    const colours = {
      domain: shown.map((state) => WORDS[state]),
      range: shown.map((state) => STATE_COLOURS[state]),
    };
    return {
      ...frame(
        this.title(data),
        `Lane ${label(data.views.optedOut ?? '', 40)}.${hidden > 0 ? ` ${plural(hidden, 'process that costs less is', 'processes that cost less are')} not drawn.` : ''}`,
      ),
      autosize: { type: 'fit-x', contains: 'padding' },
      width: CHART_WIDTH,
      height: rows.length * 17,
      encoding: { y: { field: 'process', type: 'nominal', sort: names as string[], axis: null } },
      layer: [
        {
          data: { values },
          mark: { type: 'bar', height: 10, strokeWidth: 1 },
          encoding: {
            x: {
              field: 'from',
              type: 'quantitative',
              scale: { domain: [0, data.durationNs / unit.ns], nice: false },
              axis: { ...TIME_AXIS, title: `time (${unit.name})` },
            },
            x2: { field: 'to' },
            color: { field: 'state', type: 'nominal', scale: colours },
            // Lives too short for a px of their own are seen all the same.
            stroke: { field: 'state', type: 'nominal', scale: colours },
          },
        },
        {
          data: { values: places },
          mark: { type: 'text', align: 'left', fontSize: 11, limit: { expr: 'datum.room' } },
          encoding: {
            x: { field: 'x', type: 'quantitative', scale: null, axis: null },
            text: { field: 'process', type: 'nominal' },
          },
        },
      ],
      resolve: { scale: { x: 'independent' }, axis: { x: 'independent' } },
    };
  },

  table: (data) => ({
    columns: ['process', 'pid', 'parent', 'from (ms)', 'to (ms)', 'states'],
    rows: drawnOf(data).map((row) => [
      row.comm,
      plain(row.pid),
      pidOf(data, row.parent),
      milliseconds(row.startNs),
      milliseconds(row.endNs),
      coarse(row)
        .slice(0, MOST_STATES)
        .map(({ state }) => WORDS[state])
        .join(', then '),
    ]),
  }),
};

/** States in a table's row. */
const MOST_STATES = 8;

const plain = (value: number): Figure => ({ text: String(value), value });
const milliseconds = (ns: number): Figure => ({ text: (ns / 1e6).toFixed(1), value: ns });

function pidOf(data: ReportData, process: number | undefined): Cell {
  const parent = data.tree.find((row) => row.process === process);
  return parent ? plain(parent.pid) : '';
}
