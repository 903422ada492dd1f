/** `--scenario`: the file, as a part of what a replay is asked. */
import { readFile } from 'node:fs/promises';
import { printable, usageError } from '../errors.ts';
import type { ReplayRequest } from '../pipeline.ts';

/** Far beyond any scenario that a person or a script writes. */
const MOST_CHARACTERS = 64 << 20;

/** @throws a usage error: for a file that cannot be read as for one with a fault, since it is the caller's own */
export async function scenarioFrom(path: string): Promise<Pick<ReplayRequest, 'scenario' | 'preset' | 'rules'>> {
  const { parseScenario, rulesOf } = await import('../replay/optout/scenario.ts');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw usageError('the scenario cannot be read', printable(path), 'name a JSON file (schemas/scenario.json)', error);
  }
  if (text.length > MOST_CHARACTERS)
    throw usageError('a scenario of more than 64 MiB', printable(path), 'use globs instead of single processes');
  const scenario = parseScenario(text, path);
  return { scenario, preset: scenario.policy, rules: rulesOf(scenario) };
}
