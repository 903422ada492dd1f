import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { CHARTS } from '../../src/report/charts/index.ts';
import { scriptJson } from '../../src/report/html.ts';
import { drawnOf, unescaped } from '../support/charts.ts';
import { pageOf } from '../support/page.ts';
import { build, HOSTILE, hostile, large, SAMPLES } from '../support/report-data.ts';

const PAGES = await Promise.all(
  Object.entries(SAMPLES).map(async ([sample, data]) => ({ sample, html: await pageOf(data()) })),
);
const page = (sample: string): string => PAGES.find((each) => each.sample === sample)!.html;

/** What stands in the tags, values of attributes by name; what stands between them; and elements with raw text. */
function parsed(html: string): {
  tags: readonly string[];
  attributes: readonly (readonly [name: string, value: string])[];
} {
  const rest = html.replace(/<(script|style)([^>]*)>[^]*?<\/\1>/g, '<$1$2>');
  const tags = [...rest.matchAll(/<(\/?[a-zA-Z][^\s>]*)((?:\s+[^\s=>]+(?:="[^"]*")?)*)\s*>/g)];
  const attributes = tags.flatMap(([, , text]) =>
    [...text.matchAll(/([^\s=]+)="([^"]*)"/g)].map(([, name, value]) => [name, value] as const),
  );
  return { tags: tags.map(([, name]) => name), attributes };
}

describe('the page', () => {
  test.each(PAGES)('of $sample is below 5 MB, and complete', ({ html }) => {
    expect(html.length).toBeLessThan(5e6);
    expect(html).toMatch(/^<!DOCTYPE html>\n<html lang="en">/);
    expect(html).toMatch(/<\/html>\n$/);
    expect(html).toMatch(/<title>[^<]+<\/title>/);
  });

  test.each(['build', 'hostile'])('of %s is the same bytes each time', async (sample) => {
    expect(await pageOf(SAMPLES[sample]())).toBe(page(sample));
  });

  test.each(PAGES)('of $sample loads nothing: no address in it but names and data', ({ html }) => {
    const { attributes } = parsed(html);
    const loading = attributes.filter(([name]) =>
      /^(src|srcset|poster|data|action|href|xlink:href|background)$/.test(name),
    );
    expect(loading.filter(([, value]) => !value.startsWith('#'))).toEqual([]);
    const style = /<style>([^]*?)<\/style>/.exec(html)?.[1] ?? '';
    expect([...style.matchAll(/url\(([^)]{0,20})/g)].every(([, url]) => url.startsWith('data:font/woff2'))).toBe(true);
    expect(style).not.toContain('@import');
  });

  test.each(PAGES)('of $sample has no element that could load or run', ({ html }) => {
    const { tags, attributes } = parsed(html);
    const odd = new Set(['img', 'iframe', 'object', 'embed', 'link', 'base', 'form', 'foreignObject', 'image', 'use']);
    expect(tags.filter((tag) => odd.has(tag))).toEqual([]);
    expect(attributes.filter(([name]) => /^on|^style$/i.test(name))).toEqual([]);
    const scripts = [...html.matchAll(/<script([^>]*)>/g)].map(([, text]) => text);
    expect(scripts.filter((text) => !text.includes('type="application/json"'))).toEqual(['']);
  });

  test.each(PAGES)('of $sample has each id once, and what names point at is there', ({ html }) => {
    const { attributes } = parsed(html);
    const ids = attributes.filter(([name]) => name === 'id').map(([, value]) => value);
    expect(new Set(ids).size).toBe(ids.length);
    const named = attributes
      .filter(([name]) => ['aria-labelledby', 'aria-describedby', 'href'].includes(name))
      .flatMap(([, value]) => value.split(' '))
      .map((value) => value.replace('#', ''));
    expect(named.filter((id) => !ids.includes(id))).toEqual([]);
  });

  test.each(PAGES)('of $sample closes what it opens', ({ html }) => {
    const { tags } = parsed(html);
    const open: string[] = [];
    for (const tag of tags) {
      if (['meta', 'br', 'script', 'style'].includes(tag)) continue;
      if (!tag.startsWith('/')) open.push(tag);
      else if (tag !== '/script' && tag !== '/style') expect(open.pop()).toBe(tag.slice(1));
    }
    expect(open).toEqual([]);
  });
});

describe('the policy in its head', () => {
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page('build'))?.[1] ?? '';
  const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

  test('forbids all that is not named', () => {
    expect(policy).toMatch(/^default-src 'none'; /);
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
  });

  test('names its style and its script by what they are', () => {
    const style = /<style>([^]*?)<\/style>/.exec(page('build'))?.[1] ?? '';
    const script = /<script>([^]*?)<\/script>/.exec(page('build'))?.[1] ?? '';
    expect(policy).toContain(`style-src ${hash(style)}`);
    expect(policy).toContain(`script-src ${hash(script)}`);
  });
});

describe('panels', () => {
  const headings = (html: string): readonly string[] =>
    [...html.matchAll(/<h2[^>]*>([^<]*)<\/h2>/g)].map(([, text]) => unescaped(text));

  test('are a summary, then the findings, then lists, then what they rest on', () => {
    expect(headings(page('build'))).toEqual([
      'Summary',
      ...drawnOf('build').map(({ title }) => title),
      'Processes',
      'What this rests on',
      'How to read this',
    ]);
  });

  test('that have no figures are left out, with the reason', () => {
    expect(headings(page('empty'))).toEqual(['Summary', 'What this rests on', 'How to read this']);
    for (const { name, missing } of CHARTS.map((chart) => ({
      name: chart.name,
      missing: chart.missing(SAMPLES['empty']()),
    })))
      expect(page('empty')).toContain(`<li>${name}: ${missing}.</li>`);
  });

  test('have each a specification with data that is that of the chart', () => {
    const specs = [...page('build').matchAll(/class="spec" id="(\w+)-spec">([^]*?)<\/script>/g)];
    expect(specs.map(([, id]) => id)).toEqual(drawnOf('build').map(({ chart }) => chart.id));
    specs.forEach(([, , json], i) => expect(JSON.parse(json)).toEqual(drawnOf('build')[i].spec));
  });

  test('have tables with every row', () => {
    const cells = (text: string): number => page('build').split(`<bdi>${text}</bdi>`).length - 1;
    for (const { program } of build().programs) expect(cells(program ?? 'all others')).toBeGreaterThan(0);
    expect(cells('nopti')).toBe(2);
  });

  test('say of long tables how many rows are left out', async () => {
    const data = build();
    const processes = Array.from({ length: 450 }, (_, i) => ({ ...data.processes[0], process: i, pid: i }));
    expect(await pageOf({ ...data, processes })).toContain('250 more rows are left out here.');
  });
});

describe('names from a recording', () => {
  test('stand in the page as text, control and bidi marks written out', () => {
    const html = page('hostile');
    const texts = html.replace(/<(script|style)[^>]*>[^]*?<\/\1>/g, '').replace(/<[^>]*>/g, '\n');
    expect(/[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|(?!\n)\p{Cc}/u.exec(texts)).toBeNull();
    expect(unescaped(texts)).toContain('<script>alert(1)</script>');
    expect(unescaped(texts)).toContain('two\\x0alines\\x0d\\x09and \\x00 nul');
    expect(unescaped(texts)).toContain('\\u{202e}gnp.exe');
  });

  test('do not end the data of a chart', () => {
    const text = scriptJson({ names: HOSTILE });
    expect(text).not.toMatch(/[<>&\u2028\u2029]/);
    expect(JSON.parse(text)).toEqual({ names: HOSTILE });
  });

  test('of a hundred thousand letters leave the page small', async () => {
    const name = '<'.repeat(100_000);
    const data = hostile();
    const html = await pageOf({
      ...data,
      recording: name,
      summary: [name],
      programs: [{ ...data.programs[0], program: name }],
      processes: [{ ...data.processes[0], comm: name }],
    });
    expect(html.length).toBeLessThan(page('hostile').length + 10_000);
  });
});

test('many machines, programs, processes and changes of state stay below a megabyte', async () => {
  expect((await pageOf(large())).length).toBeLessThan(1e6);
});
