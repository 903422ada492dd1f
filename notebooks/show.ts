/** Shows results in a notebook. */
import { text, type Value } from './numbers.ts';

/** What of the kernel is used. */
declare const Deno: {
  readonly jupyter: { readonly display: (output: Output, options: { readonly raw: true }) => Promise<void> };
};

/** One output, by media type. */
export type Output = Readonly<Record<string, string>>;

/**
 * Shows an output under its cell. To be awaited: the kernel does not wait for what a cell prints, nor for the value it ends in,
 * and a runner that goes on to the next cell loses them.
 */
export const show = (output: Output): Promise<void> => Deno.jupyter.display(output, { raw: true });

/** Markdown, for a sentence with numbers in it. */
export const say = (markdown: string): Output => ({ 'text/markdown': markdown });

/** Rows as a table; the keys of the first are the headings. Text may hold anything. */
export function table(rows: readonly Readonly<Record<string, Value>>[]): Output {
  const headings = Object.keys(rows[0] ?? {});
  const row = (cells: readonly string[]): string => `<tr>${cells.join('')}</tr>`;
  const lines = [
    '<table>',
    row(headings.map((heading) => `<th>${escaped(heading)}</th>`)),
    ...rows.map((each) => row(headings.map((heading) => cell(each[heading])))),
    '</table>',
  ];
  return { 'text/html': lines.join('\n') };
}

const cell = (value: Value): string =>
  typeof value === 'string'
    ? `<td align="left">${escaped(value)}</td>`
    : `<td align="right">${escaped(text(value))}</td>`;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (raw: string): string => raw.replace(/[&<>"']/g, (letter) => ENTITIES[letter]);
