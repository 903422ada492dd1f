/** Maps that bpftrace prints when a script ends: docs/ptilab-counts.bt. As text, or with `-f json`. */
import type { CountsReader, Printed, Row } from '../counts.ts';
import { SCRIPT_COUNTS, SCRIPT_MAP, SCRIPT_VERSION } from '../signals.ts';

const MAP = /^@(ptilab_\w{1,60}|start_ns|end_ns): (\d{1,18})$/;
const JSON_MAP = /^\{"type": ?"map", ?"data": ?\{"@(ptilab_\w{1,60}|start_ns|end_ns)": ?(\d{1,18})\}\}$/;
/** What else it prints: the number of probes, blank lines, objects that are no maps. */
const TALK = /^(?:Attach(?:ing|ed) \d+ probes?.*|\{"type": ?"(?:attached_probes|time|lost_events|printf)".*)?$/;

export const bpftrace: CountsReader = {
  id: 'bpftrace',
  label: 'bpftrace: maps of docs/ptilab-counts.bt',
  countWith: 'bpftrace docs/ptilab-counts.bt > FILE',
  recognises: (line) => mapOf(line) !== undefined,
  read,
};

const mapOf = (line: string): readonly [name: string, value: number] | undefined => {
  const match = MAP.exec(line) ?? JSON_MAP.exec(line);
  return match ? [match[1], Number(match[2])] : undefined;
};

function read(lines: readonly string[]): Printed {
  const rows: Row[] = [];
  const clock: Partial<Record<string, number>> = {};
  let script: number | undefined;
  let skipped = 0;
  let firstSkipped: number | undefined;
  for (const [i, line] of lines.entries()) {
    const map = mapOf(line.trimEnd());
    if (!map) {
      if (TALK.test(line.trim())) continue;
      skipped++;
      firstSkipped ??= i + 1;
      continue;
    }
    const [event, value] = map;
    if (event === SCRIPT_MAP) script = value;
    else if (event.startsWith('ptilab_'))
      rows.push({ event, value, unit: '', share: 1, group: undefined, slice: '|', line: i + 1 });
    else clock[event] = value;
  }
  // Some versions print no map in which nothing was counted. The script's own maps show that it came to its end.
  if (script === SCRIPT_VERSION && clock['start_ns'] !== undefined && clock['end_ns'] !== undefined) {
    const printed = new Set(rows.map(({ event }) => event));
    for (const event of SCRIPT_COUNTS)
      if (!printed.has(event))
        rows.push({ event, value: 0, unit: '', share: 1, group: undefined, slice: '|', line: 0 });
  }
  const { start_ns: start, end_ns: end } = clock;
  return {
    rows,
    target: { kind: 'system' },
    elapsedSeconds: start !== undefined && end !== undefined && end > start ? (end - start) / 1e9 : undefined,
    userSeconds: undefined,
    sysSeconds: undefined,
    outputs: 1,
    skipped,
    firstSkipped,
  };
}
