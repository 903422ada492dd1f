/** Panels of the page, one function each. */
import { SIGNAL_EVENTS, SIGNALS, type Shown, type Signal } from '../trace/coverage.ts';
import { READING_NOTES } from './page-notes.ts';
import { escaped, scriptJson, shown, tableHtml } from './html.ts';
import type { Picture } from './pictures.ts';
import type { ReportData } from './report-data.ts';
import { estimate, whole, type Table } from './table.ts';

export interface Panel {
  readonly id: string;
  /** In the list of contents. */
  readonly name: string;
  readonly html: string;
}

const section = (id: string, heading: string, body: string): string =>
  `<section id="${id}" aria-labelledby="${id}-title">\n<h2 id="${id}-title">${heading}</h2>\n${body}</section>\n`;

/** Label and text of a line of the summary, which two spaces or more divide. */
function summaryLine(line: string): string {
  const [, label = '', text = line] = /^(\S.*?) {2,}(.*)$/s.exec(line) ?? [];
  return `<dt>${shown(label, 40)}</dt>\n<dd><bdi>${shown(text, 800)}</bdi></dd>\n`;
}

export function summaryPanel(data: ReportData): Panel {
  const lines = data.summary.map(summaryLine).join('');
  const body = lines === '' ? '<p>There is no summary.</p>\n' : `<dl class="summary">\n${lines}</dl>\n`;
  return { id: 'summary', name: 'Summary', html: section('summary', 'Summary', body) };
}

export function chartPanel({ drawing, inline }: Picture): Panel {
  const { chart, title, spec, table } = drawing;
  const { id } = chart;
  const svg = inline.replace('<svg ', `<svg role="img" aria-labelledby="${id}-title" aria-describedby="${id}-help" `);
  const body =
    `<p class="quiet" id="${id}-help">${escaped(chart.description)} ${escaped(spec.title.subtitle.join(' '))}</p>\n` +
    `<figure>\n${svg}\n</figure>\n` +
    (table ? `<details>\n<summary>The figures as a table</summary>\n${tableHtml(table, title)}</details>\n` : '') +
    `<details>\n<summary>The chart as a Vega-Lite specification, with its data</summary>\n` +
    `<script type="application/json" class="spec" id="${id}-spec">${scriptJson(spec)}</script>\n</details>\n`;
  return { id, name: chart.name, html: section(id, escaped(title), body) };
}

export function processesPanel(data: ReportData): Panel | undefined {
  if (data.processes.length === 0) return undefined;
  const table: Table = {
    columns: [
      'process',
      'pid',
      'state at the end',
      'crossings',
      'paid under isolation (cycles)',
      'given back by the opt-out (cycles)',
    ],
    rows: data.processes.map(({ comm, pid, state, crossings, added, saved }) => [
      comm,
      { text: String(pid), value: pid },
      state,
      whole(crossings),
      estimate(added),
      estimate(saved),
    ]),
  };
  const body = tableHtml(table, 'Processes by what they pay under isolation, largest first');
  return { id: 'processes', name: 'Processes', html: section('processes', 'Processes', body) };
}

const SIGNAL_NAMES: Readonly<Record<Signal, string>> = {
  syscalls: 'system calls',
  userFaults: 'page faults in user mode',
  interrupts: 'interrupts',
  nmis: 'NMIs',
  contextSwitches: 'context switches',
  tlbFlushes: 'TLB flushes',
  lifecycle: 'births, execs and ends of processes',
  credentials: 'user ids',
  wakeups: 'wake-ups',
};
const SHOWN_WORDS: Readonly<Record<Shown, string>> = {
  recorded: 'recorded',
  inferred: 'inferred',
  absent: 'not in the recording',
};

/** What the recording can show, what was lost, and what no chart could be made of. */
export function trustPanel(data: ReportData, missing: readonly (readonly [name: string, reason: string])[]): Panel {
  const coverage = tableHtml(
    {
      columns: ['signal', 'is', 'record it with'],
      rows: SIGNALS.map((signal) => [
        SIGNAL_NAMES[signal],
        SHOWN_WORDS[data.coverage[signal]],
        data.coverage[signal] === 'absent' ? SIGNAL_EVENTS[signal].join(', ') : '',
      ]),
    },
    'What the recording can show at all',
  );
  const health =
    data.health.length === 0
      ? '<p>Nothing was lost, skipped or inferred.</p>\n'
      : tableHtml(
          {
            columns: ['what', 'severity', 'count', 'meaning'],
            rows: data.health.map(({ key, severity, count, text }) => [key, severity, whole(count), text]),
          },
          'What was lost, skipped or inferred',
        );
  const files = tableHtml(
    {
      columns: ['file', 'format', 'bytes', 'SHA-256'],
      rows: data.files.map(({ path, format, bytes, sha256 }) => [path, format, whole(bytes), sha256]),
    },
    'The recording',
  );
  const absent = missing.map(([name, reason]) => `<li>${escaped(name)}: ${escaped(reason)}.</li>\n`).join('');
  const body =
    coverage +
    health +
    (data.files.length > 0 ? files : '') +
    (absent === '' ? '' : `<p>Not shown, for want of figures:</p>\n<ul>\n${absent}</ul>\n`);
  return { id: 'trust', name: 'What this rests on', html: section('trust', 'What this rests on', body) };
}

export function readingPanel(): Panel {
  const notes = READING_NOTES.map(
    ([term, text]) => `<dt><b>${escaped(term)}</b></dt>\n<dd>${escaped(text)}</dd>\n`,
  ).join('');
  return {
    id: 'reading',
    name: 'How to read this',
    html: section('reading', 'How to read this', `<dl>\n${notes}</dl>\n`),
  };
}
