/** The schema of scenario files is what the code checks them by; `UPDATE_DOCS=1 npx vitest run test/docs` writes it anew. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { parseScenario, scenarioSchema } from '../../src/replay/optout/scenario.ts';
import { ROOT } from '../support/fixtures.ts';

const PATH = join(ROOT, 'schemas/scenario.json');

test('schemas/scenario.json is what the code says', () => {
  const schema = z.toJSONSchema(scenarioSchema, { io: 'input' });
  const made = `${JSON.stringify({ ...schema, title: 'ptilab.scenario, version 1' }, null, 2)}\n`;
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(PATH, made);
  expect(readFileSync(PATH, 'utf8')).toBe(made);
});

test('the scenario in docs/formats.md is one', () => {
  const text = readFileSync(join(ROOT, 'docs/formats.md'), 'utf8');
  const example = /```json\n(\{\n {2}"schema": "ptilab\.scenario"[^]*?)\n```/.exec(text)?.[1];
  expect(parseScenario(example!, 'the example')).toMatchObject({ schema: 'ptilab.scenario' });
});
