import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { renderPngs } from '../../../src/cli/png.ts';
import { textWidth } from '../../../src/report/font.ts';
import { renderSvg } from '../../../src/report/render.ts';
import { ALL, drawnOf, FONTS, textsOf } from '../../support/charts.ts';
import { inkIn, inkWidth } from '../../support/png.ts';

const drawnOnce = await Promise.all(
  ALL.map(async (each) => ({ ...each, ...(await renderSvg(each.spec, FONTS.metrics)) })),
);
const svgOf = async (each: (typeof ALL)[number]): Promise<string> => (await renderSvg(each.spec, FONTS.metrics)).svg;

describe('a picture', () => {
  test.each(drawnOnce)(
    'of $chart.id for $sample is drawn without a warning, its title in it',
    ({ svg, warnings, title }) => {
      expect(warnings).toEqual([]);
      expect(textsOf(svg).join(' ')).toContain(title.split(' ')[0]);
    },
  );

  test.each(drawnOf('build'))('of $chart.id is the same bytes each time', async (each) => {
    const first = await svgOf(each);
    await svgOf(drawnOf('large')[0]);
    expect(await svgOf(each)).toBe(first);
  });

  test.each(drawnOnce)('of $chart.id for $sample has no id, script, link or image in it', ({ svg }) => {
    const tags = (svg.match(/<[^<>]*>/g) ?? []).map((tag) => tag.replace(/"[^"]*"/g, '""'));
    const odd = /^<(script|image|img|foreignObject|a|use|style)\b|\s(id|href|xlink:href|style|on\w+)=/;
    expect(tags.filter((tag) => odd.test(tag))).toEqual([]);
  });

  test.each(drawnOnce)('of $chart.id for $sample is as wide as all the others, to a few px', ({ svg }) => {
    const width = Number(/<svg[^>]* width="([\d.]+)"/.exec(svg)?.[1]);
    expect(width).toBeGreaterThan(845);
    expect(width).toBeLessThan(875);
  });
});

test('figures that would need a picture from elsewhere are refused', async () => {
  const spec = { data: { url: 'https://example.org/x.json' }, mark: 'bar', encoding: {} } as const;
  const { warnings } = await renderSvg(spec, FONTS.metrics);
  expect(warnings.join()).toContain('a chart loads');
});

describe('the font', () => {
  test('is as wide as a renderer draws it, or a little less than measured where letters are kerned', () => {
    for (const text of [
      'Isolation costs 3.48 % of CPU time',
      'page_fault',
      'WWWWiiii',
      'Überzug',
      'компилятор',
      'λόγος',
    ]) {
      for (const [weight, isBold] of [
        ['normal', false],
        ['bold', true],
      ] as const) {
        const svg =
          `<svg xmlns="http://www.w3.org/2000/svg" width="900" height="80">` +
          `<text x="20" y="50" font-family="Inter" font-size="40" font-weight="${weight}">${text}</text></svg>`;
        const drawn = inkWidth(renderPngs([svg], FONTS.sfnts)[0]) / 2;
        const measured = textWidth(FONTS.metrics, text, 40, isBold);
        expect(drawn).toBeLessThan(measured + 1);
        expect(drawn).toBeGreaterThan(measured * 0.93 - 5);
      }
    }
  });

  test('makes a missing letter as wide as its size', () => {
    expect(textWidth(FONTS.metrics, '日', 10, false)).toBe(10);
    expect(textWidth(FONTS.metrics, '', 10, false)).toBe(0);
  });

  test.each(drawnOf('build'))('is drawn in the title of the PNG of $chart.id', async (each) => {
    const svg = await svgOf(each);
    const [withFont] = renderPngs([svg], FONTS.sfnts);
    const [without] = renderPngs([svg], []);
    expect(inkIn(withFont, 20, 40)).toBeGreaterThan(500);
    expect(inkIn(without, 20, 40)).toBe(0);
  });
});

test('a PNG is the same bytes each time', async () => {
  const svg = await svgOf(drawnOf('build')[0]);
  const [first] = renderPngs([svg], FONTS.sfnts);
  const [second] = renderPngs([svg], FONTS.sfnts);
  expect(Buffer.from(first).equals(Buffer.from(second))).toBe(true);
});

test('the licence of the font comes with its package', () => {
  const licence = readFileSync(new URL('../../../node_modules/@fontsource/inter/LICENSE', import.meta.url), 'utf8');
  expect(licence).toContain('SIL Open Font License, Version 1.1');
});
