/**
 * Sections of the documents that are made from the code, between `<!-- made from the code: NAME -->` and `<!-- end -->`. A test fails
 * where one differs; `npm run build && UPDATE_DOCS=1 npx vitest run test/docs` writes them anew.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../support/fixtures.ts';

export type Make = () => string | Promise<string>;

const END = '\n<!-- end -->';

/** Declares one test a section of a document, named by its path from the root. */
export function checkSections(document: string, sections: Readonly<Record<string, Make>>): void {
  const path = join(ROOT, document);
  test.each(Object.keys(sections))(`${document}: the section "%s" is what the code says`, async (name) => {
    const begin = `<!-- made from the code: ${name} -->\n`;
    const made = await sections[name]();
    const text = readFileSync(path, 'utf8');
    expect(text.includes(begin), `${document} has the mark ${begin.trim()}`).toBe(true);
    const from = text.indexOf(begin) + begin.length;
    const to = text.indexOf(END, from - 1);
    expect(to, 'the section ends').toBeGreaterThanOrEqual(from - 1);
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(path, text.slice(0, from) + made + text.slice(to));
    else expect(text.slice(from, to)).toBe(made);
  });
}

/** A Markdown table. */
export const table = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

export const code = (text: string): string => `\`${text}\``;
