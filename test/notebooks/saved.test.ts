import { describe, expect, it } from 'vitest';
import { codeOf, firstDifference, savedText, unsafeOutputs, type Notebook } from '../../notebooks/saved.ts';

const shown = (html: string) => ({ output_type: 'display_data', data: { 'text/html': html }, metadata: {} });
const code = (source: string, ...outputs: readonly object[]) => ({
  cell_type: 'code',
  id: source,
  source,
  outputs,
  execution_count: 7,
  metadata: { execution: { 'iopub.status.busy': '2020-01-01T00:00:00Z' } },
});
const notebook = (...cells: readonly object[]): Notebook => ({ cells, metadata: { orig_nbformat: 4 } }) as never;

describe('savedText', () => {
  it('keeps sources and outputs line by line, numbers cells from 1, and drops times and versions', () => {
    const text = savedText(
      notebook({ cell_type: 'markdown', source: 'a\nb', id: 'text' }, code('x', shown('<b>\n</b>'))),
    );
    expect(JSON.parse(text)).toEqual({
      cells: [
        { cell_type: 'markdown', id: 'text', metadata: {}, source: ['a\n', 'b'] },
        {
          cell_type: 'code',
          execution_count: 1,
          id: 'x',
          metadata: {},
          outputs: [{ output_type: 'display_data', data: { 'text/html': ['<b>\n', '</b>'] }, metadata: {} }],
          source: ['x'],
        },
      ],
      metadata: {
        kernelspec: { display_name: 'Deno', language: 'typescript', name: 'deno' },
        language_info: { file_extension: '.ts', mimetype: 'text/x.typescript', name: 'typescript' },
      },
      nbformat: 4,
      nbformat_minor: 5,
    });
  });

  it('gives the same bytes for what it gave', () => {
    const text = savedText(notebook(code('1', shown('')), code('2\n')));
    expect(savedText(JSON.parse(text) as Notebook)).toBe(text);
  });

  it('sorts keys as Jupyter does when it saves', () => {
    expect(
      savedText(notebook(code('x')))
        .split('\n')
        .slice(0, 9),
    ).toEqual([
      '{',
      ' "cells": [',
      '  {',
      '   "cell_type": "code",',
      '   "execution_count": 1,',
      '   "id": "x",',
      '   "metadata": {},',
      '   "outputs": [],',
      '   "source": [',
    ]);
  });
});

describe('codeOf', () => {
  it('gives the code cells in order', () => {
    expect(codeOf(notebook(code('1'), { cell_type: 'markdown', source: 'no' }, code('2\n3')))).toEqual(['1', '2\n3']);
  });
});

describe('firstDifference', () => {
  const before = savedText(notebook(code('1', shown('same')), code('2', shown('old'))));

  it('is undefined for the same bytes', () => {
    expect(firstDifference(before, before)).toBeUndefined();
  });

  it('names the line, the cell and both sides', () => {
    const after = savedText(notebook(code('1', shown('same')), code('2', shown('new'))));
    expect(firstDifference(before, after)).toBe('line 32 (cell 2): saved "old", now "new"');
  });

  it('tells an output that is gone', () => {
    const after = savedText(notebook(code('1', shown('same')), code('2')));
    expect(firstDifference(before, after)).toBe('line 28 (cell 2): saved "outputs": [, now "outputs": [],');
  });

  it('tells a file that only ends sooner', () => {
    expect(firstDifference('a\nb', 'a')).toBe('line 2 (cell 0): saved b, now nothing');
    expect(firstDifference('a', 'a\nb')).toBe('line 2 (cell 0): saved nothing, now b');
  });

  it('cuts long lines to what is around the difference', () => {
    const [before, after] = ['old', 'new'].map((text) => 'x'.repeat(1000) + text + 'y'.repeat(1000));
    const around = (text: string): string => `…${'x'.repeat(80)}${text}${'y'.repeat(77)}…`;
    expect(firstDifference(before, after)).toBe(`line 1 (cell 0): saved ${around('old')}, now ${around('new')}`);
    expect(firstDifference('x'.repeat(1000), '')).toBe(`line 1 (cell 0): saved ${'x'.repeat(160)}…, now `);
  });
});

describe('unsafeOutputs', () => {
  it('names each cell that prints or ends in a value', () => {
    const printed = { output_type: 'stream', name: 'stdout', text: ['x\n'] };
    const value = { output_type: 'execute_result', data: { 'text/plain': '5' }, execution_count: 1, metadata: {} };
    expect(unsafeOutputs(notebook(code('1', shown('fine')), code('2', printed), code('3', value)))).toEqual([
      'cell 2 has an output of type stream: show it with "await show(…)"',
      'cell 3 has an output of type execute_result: show it with "await show(…)"',
    ]);
  });
});
