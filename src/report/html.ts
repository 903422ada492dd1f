/** Text into HTML. Everything that comes from a recording goes through one of these. */
import { oneLine } from './charts/labels.ts';
import type { Cell, Table } from './table.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** For text between tags and in quoted attributes. */
export const escaped = (text: string): string => text.replace(/[&<>"']/g, (letter) => ENTITIES[letter]);

/** Untrusted text on one line, of at most `most` letters. */
export const shown = (text: string, most = 120): string => escaped(oneLine(text, most));

/**
 * JSON between script tags: still the same JSON, but nothing in it ends the element, opens a comment, or is a line end to a
 * script engine.
 */
export const scriptJson = (value: unknown): string =>
  JSON.stringify(value, undefined, 1).replace(/[<>&\u2028\u2029]/g, (letter) => {
    return `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });

/** Rows that a table has at most: the rest is counted. */
const MOST_ROWS = 200;

export function tableHtml({ columns, rows }: Table, caption: string): string {
  const isNumber = columns.map(
    (_, i) => rows.length > 0 && rows.every((row) => typeof row[i] !== 'string' || row[i] === ''),
  );
  const style = (i: number): string => (isNumber[i] ? ' class="number"' : '');
  const head = columns.map((column, i) => `<th scope="col"${style(i)}>${escaped(column)}</th>`).join('');
  const cell = (value: Cell, i: number): string => {
    if (i === 0) return `<th scope="row"><bdi>${cellText(value)}</bdi></th>`;
    const sort = typeof value === 'string' ? '' : ` data-value="${value.value}"`;
    return `<td${style(i)}${sort}><bdi>${cellText(value)}</bdi></td>`;
  };
  const body = rows.slice(0, MOST_ROWS).map((row) => `<tr>${row.map(cell).join('')}</tr>\n`);
  const more = rows.length - body.length;
  return (
    `<div class="wide" tabindex="0" role="region" aria-label="${escaped(caption)}"><table>\n<caption>${escaped(caption)}</caption>\n` +
    `<thead><tr>${head}</tr></thead>\n<tbody>\n${body.join('')}</tbody>\n</table></div>\n` +
    (more > 0 ? `<p class="quiet">${more} more rows are left out here.</p>\n` : '')
  );
}

const cellText = (value: Cell): string => (typeof value === 'string' ? shown(value, 80) : escaped(value.text));
