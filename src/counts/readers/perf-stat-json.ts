/** One JSON object a line, as `perf stat -j` prints it. In some locales perf writes 2,5 for a number, which is no JSON. */
import type { CountsReader, Printed, Row, RowValue, Target } from '../counts.ts';

const OBJECT = /^\s*\{.*"counter-value"\s*:.*\}\s*,?\s*$/;
/** A number with a decimal comma, or with none of its digits, between a colon and the next field. */
const COMMA_NUMBER = /(:\s*-?\d{1,19}),(\d{1,12}\s*[,}])/g;

export const perfStatJson: CountsReader = {
  id: 'perf-stat-json',
  label: 'perf stat -j: a JSON object a line',
  countWith: 'perf stat -j -o FILE',
  recognises: (line) => OBJECT.test(line) && rowOf(line, 0) !== undefined,
  read,
};

function read(lines: readonly string[]): Printed {
  const rows: Row[] = [];
  let lastTime: number | undefined;
  let skipped = 0;
  let firstSkipped: number | undefined;
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const found = rowOf(line, i + 1);
    if (!found) {
      // Metrics have lines of their own.
      if (line.includes('"metric-value"') && !line.includes('"counter-value"')) continue;
      skipped++;
      firstSkipped ??= i + 1;
      continue;
    }
    lastTime = found.time ?? lastTime;
    rows.push(found.row);
  }
  const target: Target | undefined = rows.some(({ group }) => group !== undefined)
    ? { kind: 'cgroups' }
    : rows.some(({ slice }) => /\|[^#]/.test(slice))
      ? { kind: 'system' }
      : undefined;
  return {
    rows,
    target,
    elapsedSeconds: lastTime,
    userSeconds: undefined,
    sysSeconds: undefined,
    outputs: 1,
    skipped,
    firstSkipped,
  };
}

function rowOf(line: string, number: number): { readonly row: Row; readonly time: number | undefined } | undefined {
  const fields = objectOf(line);
  if (!fields) return undefined;
  const text = (name: string): string | undefined => {
    const value = fields[name];
    return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined;
  };
  const event = text('event');
  const value = valueOf(text('counter-value') ?? '');
  if (event === undefined || event === '' || value === undefined) return undefined;
  const share = numberOf(text('pcnt-running'));
  const time = numberOf(text('interval'));
  const part = ['cpu', 'core', 'die', 'socket', 'node'].flatMap((name) => text(name) ?? []).join(' ');
  const task = text('thread');
  return {
    row: {
      event,
      value,
      unit: text('unit') ?? '',
      share: share === undefined ? 1 : Math.min(1, share / 100),
      group: text('cgroup'),
      slice: `${time ?? ''}|${part}${task === undefined ? '' : `#${task}`}`,
      line: number,
    },
    time,
  };
}

/** The fields of an object; undefined for what is none. */
function objectOf(line: string): Readonly<Record<string, unknown>> | undefined {
  const text = line.trim().replace(/,$/, '');
  if (!text.startsWith('{')) return undefined;
  return parsed(text) ?? parsed(text.replace(COMMA_NUMBER, '$1.$2'));
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const numberOf = (text: string | undefined): number | undefined => {
  const plain = text?.trim().replace(',', '.');
  return plain !== undefined && /^\d{1,18}(?:\.\d{1,18})?$/.test(plain) ? Number(plain) : undefined;
};

function valueOf(text: string): RowValue | undefined {
  if (text === '<not counted>') return 'not counted';
  if (text === '<not supported>') return 'not supported';
  return numberOf(text);
}
