/** docs/formats.md lists what the code reads and writes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { VIOLATIONS } from '../../src/replay/cr3-check.ts';
import { TABLES } from '../../src/report/tables.ts';
import { TRACE_COLUMNS } from '../../src/trace/canonical.ts';
import { EVENT_KINDS, KIND_MEANINGS } from '../../src/trace/event.ts';
import { HEALTH } from '../../src/trace/health.ts';
import { decoderOf } from '../../src/trace/readers/perf-data/decoders.ts';
import type { EventFormat, Field } from '../../src/trace/readers/perf-data/formats.ts';
import { createStringTable } from '../../src/trace/strings.ts';
import { fixturePath, ROOT } from '../support/fixtures.ts';
import { replayFile } from '../support/replay.ts';
import { checkSections, code, table } from './sections.ts';

const DOCUMENT = 'docs/formats.md';

/** Anything with a name of its own, such as an Arrow type. */
interface Named {
  toString(): string;
}
/** A text column is a dictionary. */
const typeName = (type: Named): string => type.toString().replace('Dictionary<Int32, Utf8>', 'text').toLowerCase();

checkSections(DOCUMENT, {
  violations: () =>
    table(
      ['violation', 'means'],
      Object.entries(VIOLATIONS).map(([violation, text]) => [code(violation), text]),
    ),
  'trace columns': () =>
    table(
      ['column', 'type'],
      TRACE_COLUMNS.map(([name, type]) => [code(name), typeName(type)]),
    ),
  'event kinds': () =>
    table(
      ['kind', 'what happened', 'nr', 'a0 …', 'result', 'text', 'text2'],
      EVENT_KINDS.map((kind) => {
        const { about, nr, args, result, text, text2 } = KIND_MEANINGS[kind];
        return [code(kind), about, ...[nr, args?.join('; '), result, text, text2].map((cell) => cell ?? '')];
      }),
    ),
  'health keys': () =>
    table(
      ['key', 'severity', 'counts'],
      Object.entries(HEALTH).map(([key, { severity, text }]) => [code(key), severity, text]),
    ),
  'result tables': async () => {
    const result = await replayFile(fixturePath('fx-true.perf.data'));
    return table(
      ['file', 'version', 'columns in order, with types'],
      TABLES.map((each) => [code(`${each.name}.arrow`), String(each.version), columnsOf([...each.batches(result)][0])]),
    );
  },
});

/** Columns of one type that follow each other share its name. */
function columnsOf(columns: readonly { readonly name: string; readonly type: Named }[]): string {
  const runs: { readonly type: string; readonly names: string[] }[] = [];
  for (const { name, type } of columns) {
    const last = runs.at(-1);
    if (last?.type === typeName(type)) last.names.push(code(name));
    else runs.push({ type: typeName(type), names: [code(name)] });
  }
  return runs.map(({ type, names }) => `${type}: ${names.join(', ')}`).join('; ');
}

test('every tracepoint that the document lists becomes the kind that it says', () => {
  const rows = [...readFileSync(join(ROOT, DOCUMENT), 'utf8').matchAll(/^\| `(\w+:\w+)` \| `([\w-]+)` \|/gm)];
  const told = rows.map(([, event, kind]) => [event, kind]);
  expect(told.length).toBeGreaterThan(10);
  expect(told).toEqual(
    told.map(([event]) => {
      const decoder = decoderOf(formatOf(event), createStringTable());
      return [event, decoder && EVENT_KINDS[decoder.kind]];
    }),
  );
});

/** A format that has every field. */
function formatOf(name: string): EventFormat {
  class EveryField extends Map<string, Field> {
    override get(): Field {
      return { offset: 8, size: 8, dataLoc: false };
    }
  }
  return { name, id: 1, fields: new EveryField() };
}
