/** Runs the notebooks of this folder and compares what they show with what is saved in them. `--update` saves it. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { run } from './kernel.ts';
import { codeOf, firstDifference, savedText, unsafeOutputs, type Notebook } from './saved.ts';

const HERE = import.meta.dirname;
const ROOT = join(HERE, '..');
const OUT = join(ROOT, 'out', 'notebooks');
const TSC = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
const UPDATE = process.argv.includes('--update');

type Verdict = { readonly good: string } | { readonly bad: string };

mkdirSync(OUT, { recursive: true });
for (const name of readdirSync(HERE).sort()) {
  if (!name.endsWith('.ipynb')) continue;
  const verdict = verdictOn(name);
  const bad = 'bad' in verdict;
  (bad ? process.stderr : process.stdout).write(`notebooks/${name}: ${bad ? verdict.bad : verdict.good}\n`);
  if (bad) process.exitCode = 1;
}

function verdictOn(name: string): Verdict {
  const path = join(HERE, name);
  const saved = readFileSync(path, 'utf8');
  const notebook = JSON.parse(saved) as Notebook;
  const mistakes = typeMistakes(name, notebook);
  if (mistakes !== undefined) return { bad: `its cells, as one module, have mistakes\n${mistakes}` };
  const outcome = run(notebook, HERE, OUT);
  if ('failed' in outcome) return { bad: `it does not run to its end\n${outcome.failed}` };
  const [unsafe] = unsafeOutputs(outcome.ran);
  if (unsafe !== undefined) return { bad: unsafe };

  const text = savedText(outcome.ran);
  if (text.includes(ROOT)) return { bad: `it shows where this folder is: ${ROOT}` };
  writeFileSync(join(OUT, name), text);
  const difference = firstDifference(saved, text);
  if (difference === undefined) return { good: 'runs and shows what is saved' };
  if (!UPDATE)
    return { bad: `shows something else than is saved: ${difference}; if that is right, npm run notebook -- --update` };
  writeFileSync(path, text);
  return { good: `saved anew: ${difference}` };
}

/** The kernel takes types away unread. As one module, a name that two cells declare is a mistake too. */
function typeMistakes(name: string, notebook: Notebook): string | undefined {
  const module = join(HERE, `${name}.ts`);
  writeFileSync(module, `${codeOf(notebook).join('\n')}\nexport {};\n`);
  try {
    const { status, stdout } = spawnSync('node', [TSC, '--project', HERE], { cwd: HERE, encoding: 'utf8' });
    return status === 0 ? undefined : stdout.trimEnd();
  } finally {
    rmSync(module);
  }
}
