/**
 * Runs a notebook from top to bottom: Debian's nbconvert drives the kernel of the Deno that runs this. The kernel gets a home of
 * its own, so nothing is read from or written to the user's Jupyter, and gives up every right but to read files.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { textOf, type Cell, type Notebook } from './saved.ts';

const CELL_TIMEOUT_S = 300;
/** Where nbconvert's own stack ends and the cell's error begins. */
const CELL_FAILED = 'An error occurred while executing';

/**
 * Run before the first cell. The kernel starts with every right and has no option to take one away. And what it sends may
 * overtake what it sent before: where the end of a cell overtakes an output, nbconvert drops the output. So each is given time,
 * and counted.
 */
const BEFORE = `
for (const name of ['net', 'import', 'write', 'run', 'ffi', 'env', 'sys'] as const) {
  const { state } = await Deno.permissions.revoke({ name });
  if (state === 'granted') throw new Error(\`the kernel keeps the right to \${name}\`);
}
const shown = { count: 0, display: Deno.jupyter.display };
Deno.jupyter.display = async (...output) => {
  shown.count++;
  await shown.display(...output);
  await new Promise((resolve) => setTimeout(resolve, 100));
};
`;
/** Run behind the last cell. */
const AFTER = `
await Deno.jupyter.display({ 'text/plain': String(shown.count) }, { raw: true });
`;
const ATTEMPTS = 5;

export type Run = { readonly ran: Notebook } | { readonly failed: string };

/**
 * @param folder - where the kernel starts, and what the notebook's imports are relative to
 * @param scratch - an existing folder that may be written to
 */
export function run(notebook: Notebook, folder: string, scratch: string): Run {
  const cells = [codeCell('before', BEFORE), ...notebook.cells, codeCell('after', AFTER)];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const tried = runOnce({ ...notebook, cells }, folder, scratch);
    if ('failed' in tried) return tried;
    const inner = tried.ran.cells.slice(1, -1);
    if (shownBy(inner) === countedBy(tried.ran.cells)) return { ran: { ...tried.ran, cells: inner } };
  }
  return { failed: `${ATTEMPTS} runs lost outputs on their way from the kernel` };
}

const codeCell = (id: string, source: string) => ({
  cell_type: 'code',
  id,
  metadata: {},
  execution_count: null,
  outputs: [],
  source,
});

const shownBy = (cells: readonly Cell[]): number =>
  cells.reduce(
    (sum, { outputs = [] }) => sum + outputs.filter(({ output_type }) => output_type === 'display_data').length,
    0,
  );

/** What the cell behind the last says, itself left out; undefined where that got lost too. */
function countedBy(cells: readonly Cell[]): number | undefined {
  const said = cells.at(-1)?.outputs?.[0]?.data?.['text/plain'] as string | readonly string[] | undefined;
  return said === undefined ? undefined : Number(textOf(said));
}

function runOnce(notebook: object, folder: string, scratch: string): Run {
  const home = mkdtempSync(join(scratch, 'jupyter-'));
  try {
    const kernel = join(home, 'data', 'kernels', 'deno');
    mkdirSync(kernel, { recursive: true });
    writeFileSync(join(kernel, 'kernel.json'), KERNEL);
    // From standard input, so that the kernel starts in `folder` and not in that of a copy.
    const { status, stdout, stderr, error } = spawnSync(
      'jupyter-nbconvert',
      [
        ...['--to=notebook', '--execute', '--stdin', '--stdout', '--log-level=ERROR'],
        ...['--ExecutePreprocessor.kernel_name=deno', `--ExecutePreprocessor.timeout=${CELL_TIMEOUT_S}`],
      ],
      { cwd: folder, env: environment(home), input: JSON.stringify(notebook), encoding: 'utf8', maxBuffer: 2 ** 28 },
    );
    if (error)
      return { failed: `jupyter-nbconvert does not start (${error.message}): apt-get install jupyter-nbconvert` };
    if (status !== 0) return { failed: stderr.slice(Math.max(0, stderr.indexOf(CELL_FAILED))).trimEnd() };
    return { ran: JSON.parse(stdout) as Notebook };
  } finally {
    rmSync(home, { recursive: true });
  }
}

const KERNEL = JSON.stringify({
  argv: [process.execPath, 'jupyter', '--kernel', '--conn', '{connection_file}'],
  display_name: 'Deno',
  language: 'typescript',
});

/** Everything of the user's stays away, but for where programs are. */
const environment = (home: string): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  HOME: home,
  LC_ALL: 'C.UTF-8',
  TZ: 'UTC',
  JUPYTER_NO_CONFIG: '1',
  JUPYTER_DATA_DIR: join(home, 'data'),
  JUPYTER_CONFIG_DIR: join(home, 'config'),
  JUPYTER_RUNTIME_DIR: join(home, 'runtime'),
  IPYTHONDIR: join(home, 'ipython'),
  PYTHONDONTWRITEBYTECODE: '1',
  DENO_DIR: join(home, 'deno'),
  DENO_NO_PROMPT: '1',
  DENO_NO_UPDATE_CHECK: '1',
  NO_COLOR: '1',
});
