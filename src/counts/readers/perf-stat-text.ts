/** The text that `perf stat` prints for people. */
import type { CountsReader, Printed, Row, RowValue, Target } from '../counts.ts';
import { decimalNumber, NS_PER, wholeNumber } from '../numbers.ts';
import { meaningOf } from '../signals.ts';

const TITLE = /^\s*Performance counter stats for /;
/** Titles end so, with the number of runs or without; a command may span lines. */
const TITLE_END = /(?:'|\)|wide):\s*$/;
const INTERVAL_HEAD = /^#\s+time\s/;
const SECONDS = /^\s*([\d.,]{1,40})\s*(?:\+-\s*[\d.,]{1,40})?\s+seconds (time elapsed|user|sys)\b/;

const BLANK = '[ \\u00a0\\u202f]';
const GROUPED = `\\d{1,3}(?:[,.'\\u2019\\u00a0\\u202f\\ufffd ]\\d{2,3})+(?![\\d])(?:[.,]\\d{1,9})?`;
const VALUE = `<not counted>|<not supported>|${GROUPED}|\\d{1,18}(?:[.,]\\d{1,12})?`;
/** What counts are printed by, besides cgroups: a CPU, core, die, socket, node, with how many CPUs it has. */
const PART = '(?:CPU|[SDNC])\\d{1,6}(?:-(?:[DC]|CPU|CLS|L\\dD)\\d{1,6})*';
const ROW = new RegExp(
  `^(?<time>${BLANK}*\\d{1,9}[.,]\\d{9}${BLANK}+)?${BLANK}*(?:(?<part>${PART})${BLANK}+(?:\\d{1,5}${BLANK}+)?)?` +
    `(?<value>${VALUE})${BLANK}+(?:(?<unit>msec|ns|usec|sec|Joules|[KMGT]?i?B|C)${BLANK}+)?(?<event>[^\\s#]+)(?:${BLANK}+(?<group>[^#\\s][^#]{0,4095}))?$`,
  'u',
);
/** `(33.29%)`, in old versions `[33.29%]`: how much of the time the event was on a counter. */
const SHARE = /[([]\s*(\d{1,3})[.,](\d{1,2})%\s*[)\]]\s*$/;
const NOISE = /\(\s*\+-\s*[\d.,]{1,12}%\s*\)/g;
const FIELDS = /^\d+ \d{1,3}[.,]\d\d(?: |$)/;
/** Before unit columns there were: `task-clock (msec)`. */
const OLD_UNIT = /(task-clock|cpu-clock)(:\w+)?\s+\(msec\)/;

export const perfStatText: CountsReader = {
  id: 'perf-stat-text',
  label: 'perf stat, as it prints for people',
  countWith: 'perf stat -o FILE',
  recognises: (line) => TITLE.test(line) || INTERVAL_HEAD.test(line) || isOfUse(rowOf(line, 0, false)),
  read,
};

/** A number and a word are too little to know a format by. */
const isOfUse = (found: Found | undefined): boolean => found !== undefined && meaningOf(found.row.event) !== undefined;

function read(lines: readonly string[]): Printed {
  const rows: Row[] = [];
  const seconds: Record<string, number> = {};
  const titles: string[] = [];
  let intervals = false;
  let lastTime: number | undefined;
  let inTitle = false;
  let skipped = 0;
  let firstSkipped: number | undefined;
  for (const [i, line] of lines.entries()) {
    if (inTitle) {
      inTitle = !TITLE_END.test(line);
      continue;
    }
    if (TITLE.test(line)) {
      // Behind intervals a title begins their sum, which is the same once more.
      if (titles.length === 0 && rows.length > 0) break;
      titles.push(line);
      inTitle = !TITLE_END.test(line);
      continue;
    }
    intervals ||= INTERVAL_HEAD.test(line);
    if (line.trim() === '' || line.startsWith('#')) continue;
    const timed = SECONDS.exec(line);
    if (timed) {
      const value = decimalNumber(timed[1]);
      if (value !== undefined) seconds[timed[2]] ??= value;
      continue;
    }
    const row = rowOf(line, i + 1, intervals);
    if (row === undefined) {
      // Metrics alone stand behind a #.
      if (/^\s*#/.test(line)) continue;
      skipped++;
      firstSkipped ??= i + 1;
      continue;
    }
    if (row.time !== undefined) lastTime = row.time;
    // Several titles: each output's rows are a slice of their own, told apart by the caller.
    rows.push({ ...row.row, slice: `${titles.length > 1 ? `${titles.length}|` : ''}${row.row.slice}` });
  }
  return {
    rows,
    target: targetOf(titles[0], rows),
    elapsedSeconds: seconds['time elapsed'] ?? lastTime,
    userSeconds: seconds['user'],
    sysSeconds: seconds['sys'],
    skipped,
    firstSkipped,
    outputs: titles.length,
  };
}

interface Found {
  readonly row: Row;
  readonly time: number | undefined;
}

function rowOf(line: string, number: number, intervals: boolean): Found | undefined {
  if (line.length > 4096) return undefined;
  const hash = line.search(/\s#(?:\s|$)/);
  const share = SHARE.exec(line);
  const plain = (hash < 0 ? line : line.slice(0, hash))
    .replace(NOISE, '')
    .replace(SHARE, '')
    .replace(OLD_UNIT, 'msec $1$2');
  const found = ROW.exec(plain.trimEnd())?.groups;
  if (!found) return undefined;
  const { time, part, value, unit = '', event, group } = found;
  // perf stat -x ' ': a line of fields, which cannot be told from blanks within them.
  if (group !== undefined && FIELDS.test(group)) return undefined;
  // In a text without intervals, what looks like a time is none.
  if ((time !== undefined) !== intervals) return undefined;
  const read = valueOf(value, unit);
  if (read === undefined) return undefined;
  return {
    time: time === undefined ? undefined : decimalNumber(time.trim()),
    row: {
      event,
      value: read,
      unit,
      share: share ? Number(`${share[1]}.${share[2]}`) / 100 : 1,
      group: group?.trim(),
      slice: `${time?.trim() ?? ''}|${part ?? ''}`,
      line: number,
    },
  };
}

function valueOf(text: string, unit: string): RowValue | undefined {
  if (text === '<not counted>') return 'not counted';
  if (text === '<not supported>') return 'not supported';
  return NS_PER[unit] !== undefined && unit !== 'ns' ? decimalNumber(text) : wholeNumber(text);
}

function targetOf(title: string | undefined, rows: readonly Row[]): Target | undefined {
  if (rows.some(({ group }) => group !== undefined)) return { kind: 'cgroups' };
  // By CPU it is counted for the whole machine only.
  if (rows.some(({ slice }) => !slice.endsWith('|'))) return { kind: 'system' };
  if (title === undefined) return undefined;
  const what = title.replace(TITLE, '').trim();
  if (/^'?system wide'?:|^'?system wide'? \(\d+ runs\):|^CPU\(s\) /.test(what)) return { kind: 'system' };
  const name = /^(process id|thread id) '([^']*)'/.exec(what);
  if (name) return { kind: 'tasks', name: `${name[1]} ${name[2]}` };
  return { kind: 'command', name: what.replace(/^'/, '').replace(/(?:' \(\d+ runs\):|':|':?)$/, '') };
}
