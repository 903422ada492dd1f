/** A notebook as it is saved: the form that one run has in common with the next, and where two differ. */

export interface Output {
  readonly output_type: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly text?: string | readonly string[];
}

export interface Cell {
  readonly cell_type: string;
  readonly id?: string;
  readonly source: string | readonly string[];
  readonly outputs?: readonly Output[];
}

export interface Notebook {
  readonly cells: readonly Cell[];
}

const METADATA = {
  kernelspec: { display_name: 'Deno', language: 'typescript', name: 'deno' },
  language_info: { file_extension: '.ts', mimetype: 'text/x.typescript', name: 'typescript' },
};

/** A text of the format: one string, or its lines. */
export const textOf = (text: string | readonly string[]): string => (typeof text === 'string' ? text : text.join(''));

/** The code of a notebook, cell by cell, in order. */
export const codeOf = ({ cells }: Notebook): readonly string[] =>
  cells.filter(({ cell_type }) => cell_type === 'code').map(({ source }) => textOf(source));

/**
 * The file to save: cells numbered from the top, outputs, and metadata that say nothing about who ran it, where, when, or with
 * which version. Keys are sorted and lines are kept apart as Jupyter does it, so that an edit there changes only what it must.
 */
export function savedText(notebook: Notebook): string {
  let run = 0;
  const cells = notebook.cells.map((cell, at) => {
    const shared = {
      cell_type: cell.cell_type,
      id: cell.id ?? `cell-${at + 1}`,
      metadata: {},
      source: lines(cell.source),
    };
    if (cell.cell_type !== 'code') return shared;
    run++;
    return { ...shared, execution_count: run, outputs: (cell.outputs ?? []).map(savedOutput) };
  });
  return `${JSON.stringify(sorted({ cells, metadata: METADATA, nbformat: 4, nbformat_minor: 5 }), null, 1)}\n`;
}

function savedOutput({ output_type, data, ...rest }: Output): unknown {
  if (data === undefined) return { output_type, ...rest };
  const parts = Object.entries(data).map(([type, part]) => [type, isText(part) ? lines(part) : part]);
  return { output_type, data: Object.fromEntries(parts) as unknown, metadata: {} };
}

/**
 * What a notebook may not have among its outputs, one sentence each: the Deno kernel sends them without waiting for them to
 * arrive, so some runs would lose them.
 */
export function unsafeOutputs({ cells }: Notebook): readonly string[] {
  return cells.flatMap(({ outputs = [] }, at) =>
    outputs
      .filter(({ output_type }) => output_type !== 'display_data')
      .map(({ output_type }) => `cell ${at + 1} has an output of type ${output_type}: show it with "await show(…)"`),
  );
}

/** Where two saved notebooks first differ, in one line; undefined if they are the same. */
export function firstDifference(saved: string, run: string): string | undefined {
  if (saved === run) return undefined;
  const [before, after] = [saved, run].map((text) => text.split('\n'));
  const line = before.findIndex((each, at) => each !== after[at]);
  const at = line < 0 ? before.length : line;
  // Cells have two spaces before their braces, and nothing else has.
  const cell = before.slice(0, at).filter((each) => each === '  {').length;
  const [left, right] = [before[at]?.trim(), after[at]?.trim()];
  const from = commonStart(left ?? '', right ?? '');
  const shown = (text: string | undefined): string => (text === undefined ? 'nothing' : cut(text, from));
  return `line ${at + 1} (cell ${cell}): saved ${shown(left)}, now ${shown(right)}`;
}

function commonStart(left: string, right: string): number {
  let at = 0;
  while (at < left.length && left[at] === right[at]) at++;
  return at;
}

const SHOWN = 160;
/** A long line is cut to what is around the first difference: drawings are one line of many thousand characters. */
function cut(text: string, differs: number): string {
  if (text.length <= SHOWN) return text;
  const from = Math.max(0, Math.min(differs, text.length) - SHOWN / 2);
  return `${from > 0 ? '…' : ''}${text.slice(from, from + SHOWN)}${from + SHOWN < text.length ? '…' : ''}`;
}

const isText = (part: unknown): part is string | readonly string[] =>
  typeof part === 'string' || (Array.isArray(part) && part.every((each) => typeof each === 'string'));

const lines = (text: string | readonly string[]): readonly string[] =>
  textOf(text)
    .split(/(?<=\n)/)
    .filter(Boolean);

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, part]) => [key, sorted(part)]));
}
