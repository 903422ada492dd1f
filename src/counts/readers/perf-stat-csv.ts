/**
 * Fields that `perf stat -x SEP` prints. Their number differs by version and options, so a line is read outwards from the name of an
 * event that is known: before it unit and value, and before these interval and CPU; behind it cgroup, deviation, time and share.
 */
import type { CountsReader, Printed, Row, RowValue, Target } from '../counts.ts';
import { NS_PER } from '../numbers.ts';
import { meaningOf } from '../signals.ts';

const UNCOUNTED = /^<not (counted|supported)>$/;
/** Names of events and of filtered ones: letters with colons, dashes, dots, slashes, as perf and its users write them. */
const EVENT =
  /(?<![\w:.-])(?:ptilab_\w{1,60}|\w{1,60}:\w{1,80}(?::[a-zA-Z]{1,4})?|(?:task-clock|page-faults|faults|context-switches|cs)(?::[a-zA-Z]{1,4})?|user_time|system_time)(?![\w:-])/g;
/** What people give to -x; a letter or digit cannot be told from text. */
const SEPARATOR = /^[^\w<>]{1,4}$/;

/** Names of events looked at in a line: a line is of one, and its cgroup may look like another. */
const MOST_EVENTS = 3;

interface Layout {
  readonly separator: string;
  /** 1,5 is two fields: the comma separates fields and is the locale's decimal point too. */
  readonly splitDecimals: boolean;
}

export const perfStatCsv: CountsReader = {
  id: 'perf-stat-csv',
  label: 'perf stat -x: fields by a separator',
  countWith: 'perf stat -x, -o FILE',
  recognises: (line) => separatorOf(line) !== undefined,
  read,
};

function read(lines: readonly string[]): Printed {
  const layout = layoutOf(lines);
  const rows: Row[] = [];
  let lastTime: number | undefined;
  let summary = false;
  let skipped = 0;
  let firstSkipped: number | undefined;
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const found = layout && rowOf(line, i + 1, layout);
    if (!found) {
      skipped++;
      firstSkipped ??= i + 1;
      continue;
    }
    // perf stat -I --summary adds the sum of all intervals.
    if (found.summary && !summary && rows.length > 0) rows.length = 0;
    summary ||= found.summary;
    if (summary && !found.summary) continue;
    lastTime = found.time ?? lastTime;
    rows.push(found.row);
  }
  return {
    rows,
    target: targetOf(rows),
    elapsedSeconds: lastTime,
    userSeconds: undefined,
    sysSeconds: undefined,
    outputs: 1,
    skipped,
    firstSkipped,
  };
}

/** The separator of the first line that shows one. */
function layoutOf(lines: readonly string[]): Layout | undefined {
  for (const line of lines) {
    const separator = line.startsWith('#') ? undefined : separatorOf(line);
    if (separator === undefined) continue;
    const splitDecimals =
      separator === ',' &&
      lines.some((each) => /,\d{5,},\d{1,3},\d\d(?:,|$)/.test(each) && !/,\d{1,3}\.\d\d(?:,|$)/.test(each));
    return { separator, splitDecimals };
  }
  return undefined;
}

/** What stands on both sides of a known event, where a value stands before it. */
function separatorOf(line: string): string | undefined {
  if (line.length > 4096) return undefined;
  let looked = 0;
  for (const match of line.matchAll(EVENT)) {
    if (++looked > MOST_EVENTS) return undefined;
    const before = /[^\w<>]{1,8}$/.exec(line.slice(0, match.index))?.[0];
    const rest = line.slice(match.index + match[0].length);
    // Old versions end behind the name: then the fields before it decide, an empty unit among them or none.
    const half = before?.slice(before.length / 2);
    const after = rest === '' ? (before === `${half}${half}` ? half : before) : /^[^\w<>]{1,8}/.exec(rest)?.[0];
    if (before === undefined || after === undefined) continue;
    for (let length = Math.min(4, before.length, after.length); length > 0; length--) {
      const separator = after.slice(0, length);
      if (!before.endsWith(separator) || !SEPARATOR.test(separator)) continue;
      const layout = { separator, splitDecimals: false };
      if (rowOf(line, 0, layout) ?? rowOf(line, 0, { separator, splitDecimals: true })) return separator;
    }
  }
  return undefined;
}

interface Found {
  readonly row: Row;
  readonly time: number | undefined;
  readonly summary: boolean;
}

function rowOf(line: string, number: number, { separator, splitDecimals }: Layout): Found | undefined {
  if (line.length > 4096) return undefined;
  const fields = line.split(separator).map((field) => field.trim());
  const at = eventField(fields, splitDecimals);
  if (at === undefined) return undefined;
  const { event, value, valueFrom } = at;
  const behind = behindOf(fields.slice(event + 1), splitDecimals);
  const prefix = prefixOf(fields.slice(0, valueFrom), splitDecimals);
  if (!behind || !prefix) return undefined;
  return {
    row: {
      event: fields[event],
      value,
      unit: event - 1 > valueFrom ? fields[event - 1] : '',
      share: behind.share,
      group: behind.group,
      slice: `${prefix.time ?? ''}|${prefix.part}`,
      line: number,
    },
    time: prefix.time,
    summary: prefix.summary,
  };
}

/** The first field that is an event with its value before it, right before (old versions) or before a unit. */
function eventField(
  fields: readonly string[],
  splitDecimals: boolean,
): { readonly event: number; readonly value: RowValue; readonly valueFrom: number } | undefined {
  for (let event = 1; event < fields.length; event++) {
    if (!/^[A-Za-z_][\w:./=,*-]*$/.test(fields[event]) || NS_PER[fields[event]] !== undefined) continue;
    const unit = fields[event - 1];
    if (event >= 2 && /^(?:[A-Za-z%/]{0,12})$/.test(unit)) {
      // 205,08,msec,task-clock
      if (
        splitDecimals &&
        event >= 3 &&
        unit !== '' &&
        unit !== 'ns' &&
        /^\d+$/.test(fields[event - 3]) &&
        /^\d+$/.test(fields[event - 2])
      )
        return { event, value: Number(`${fields[event - 3]}.${fields[event - 2]}`), valueFrom: event - 3 };
      const value = valueOf(fields[event - 2]);
      if (value !== undefined) return { event, value, valueFrom: event - 2 };
    }
    const value = valueOf(unit);
    if (value !== undefined && meaningOf(fields[event])) return { event, value, valueFrom: event - 1 };
  }
  return undefined;
}

function valueOf(text: string): RowValue | undefined {
  const uncounted = UNCOUNTED.exec(text);
  if (uncounted) return uncounted[1] === 'counted' ? 'not counted' : 'not supported';
  return /^\d{1,18}(?:[.,]\d{1,9})?$/.test(text) ? Number(text.replace(',', '.')) : undefined;
}

/** Behind the event: `[cgroup] [deviation %] [time counted, share %] [metrics]`. Without a time, as in old versions, it is all of it. */
function behindOf(
  fields: readonly string[],
  splitDecimals: boolean,
): { readonly group: string | undefined; readonly share: number } | undefined {
  for (const skip of [0, 1, 2]) {
    const time = fields.at(skip);
    const share = shareAt(fields, skip + 1, splitDecimals);
    if (time === undefined || !/^\d{1,19}$/.test(time) || share === undefined) continue;
    const between = fields.slice(0, skip).filter((field) => !/^\d+[.,]?\d*%$/.test(field));
    if (between.length > 1) return undefined;
    return { group: between[0] === '' ? '/' : between[0], share };
  }
  return fields.length === 0 || fields.every((field) => field === '' || field.endsWith('%'))
    ? { group: undefined, share: 1 }
    : undefined;
}

function shareAt(fields: readonly string[], at: number, splitDecimals: boolean): number | undefined {
  const text = splitDecimals
    ? `${fields.at(at) ?? ''}.${fields.at(at + 1) ?? ''}`
    : (fields.at(at) ?? '').replace(',', '.');
  if (!/^\d{1,3}\.\d{2}$/.test(text)) return undefined;
  const share = Number(text) / 100;
  return share <= 1 ? share : undefined;
}

/** Before the value: `[interval] [CPU or part, number of CPUs | task]`. */
function prefixOf(
  fields: readonly string[],
  splitDecimals: boolean,
): { readonly time: number | undefined; readonly part: string; readonly summary: boolean } | undefined {
  let rest = fields;
  let time: number | undefined;
  const summary = rest[0] === 'summary';
  if (summary) rest = rest.slice(1);
  else if (splitDecimals && /^\d{1,9}$/.test(rest[0] ?? '') && /^\d{9}$/.test(rest[1] ?? '')) {
    time = Number(`${rest[0]}.${rest[1]}`);
    rest = rest.slice(2);
  } else if (/^\d{1,9}[.,]\d{9}$/.test(rest[0] ?? '')) {
    time = Number(rest[0].replace(',', '.'));
    rest = rest.slice(1);
  }
  if (rest.length > 3 || rest.some((field) => field === '')) return undefined;
  // A number alone is a value that belongs to something else.
  if (rest.length > 0 && /^[\d.,]+$/.test(rest[0])) return undefined;
  return { time, part: rest.join(' '), summary };
}

function targetOf(rows: readonly Row[]): Target | undefined {
  if (rows.some(({ group }) => group !== undefined)) return { kind: 'cgroups' };
  return rows.some(({ slice }) => /\|(?:CPU|[SDN]\d)/.test(slice)) ? { kind: 'system' } : undefined;
}
