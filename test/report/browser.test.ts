/** The page as a browser shows it, off the network. Skipped where there is no Chromium: `apt-get install chromium`. */
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/temporary.ts';
import { drawnOf } from '../support/charts.ts';
import { pageOf } from '../support/page.ts';
import { SAMPLES } from '../support/report-data.ts';

const CHROMIUM = process.env['PTILAB_CHROMIUM'] ?? '/usr/bin/chromium';
const isThere = existsSync(CHROMIUM);
if (!isThere)
  process.stderr.write(`skipped: no browser at ${CHROMIUM} looks at the page (PTILAB_CHROMIUM names another)\n`);

const temporary = temporaryFolder();
const pages = new Map<string, Promise<string>>();

/** The page of a sample in a file, made once. */
function fileOf(sample: string): Promise<string> {
  const file = pages.get(sample) ?? pageOf(SAMPLES[sample]()).then((html) => temporary.file('report.html', html));
  pages.set(sample, file);
  return file;
}

interface Box {
  readonly text: string;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}
interface Chart {
  readonly id: string;
  readonly frame: Box;
  readonly texts: readonly Box[];
}

/** Runs in the page: where each text of each chart is drawn. */
function chartsOf(): readonly Chart[] {
  const boxOf = (element: Element): Box => {
    const { left, top, right, bottom } = element.getBoundingClientRect();
    return { text: element.textContent ?? '', left, top, right, bottom };
  };
  return [...document.querySelectorAll('figure svg')].map((svg) => ({
    id: svg.closest('section')?.id ?? '',
    frame: boxOf(svg),
    texts: [...svg.querySelectorAll('text')].filter((text) => text.getAttribute('opacity') !== '0').map(boxOf),
  }));
}

/** How far a letter may reach over an edge, in px: side bearings and rounding. */
const SLACK = 1;

const isInside = (box: Box, frame: Box): boolean =>
  box.left >= frame.left - SLACK &&
  box.right <= frame.right + SLACK &&
  box.top >= frame.top - SLACK &&
  box.bottom <= frame.bottom + SLACK;

/** Lines of text have room above and below their letters: that may touch. */
function overlapping(texts: readonly Box[]): readonly string[] {
  const found: string[] = [];
  texts.forEach((a, i) => {
    for (const b of texts.slice(i + 1)) {
      const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (width > SLACK && height > 4) found.push(`${a.text} | ${b.text}`);
    }
  });
  return found;
}

describe.skipIf(!isThere)('in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  }, 60_000);
  afterAll(async () => {
    await browser.close();
  });

  /** A page, off the network, and what went wrong on it. */
  async function open(
    sample: string,
    options: Parameters<Browser['newContext']>[0] = {},
  ): Promise<{ readonly page: Page; readonly context: BrowserContext; readonly trouble: string[] }> {
    const url = pathToFileURL(await fileOf(sample)).href;
    const context = await browser.newContext({ viewport: { width: 1100, height: 900 }, ...options });
    await context.setOffline(true);
    const page = await context.newPage();
    const trouble: string[] = [];
    page.on('console', (message) => trouble.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => trouble.push(`error: ${error.message}`));
    page.on('dialog', (dialog) => {
      trouble.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      if (request.url() !== url && !request.url().startsWith('data:')) trouble.push(`request: ${request.url()}`);
    });
    await page.goto(url);
    return { page, context, trouble };
  }

  describe.each(Object.keys(SAMPLES))('the page of %s', (sample) => {
    let shown: Awaited<ReturnType<typeof open>>;
    beforeAll(async () => {
      shown = await open(sample);
    });
    afterAll(() => shown.context.close());

    test('asks for nothing, and nothing goes wrong', async () => {
      await shown.page.evaluate(() => document.fonts.ready);
      expect(await shown.page.title()).toContain('ptilab');
      expect(shown.trouble).toEqual([]);
    });

    test('shows every panel, as wide as itself', async () => {
      const sections = await shown.page.locator('section').all();
      expect(sections.length).toBeGreaterThanOrEqual(3 + drawnOf(sample).length);
      for (const section of sections) {
        const box = await section.boundingBox();
        expect(box?.height).toBeGreaterThan(40);
        expect(box?.width).toBeGreaterThan(800);
      }
      expect(await shown.page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
    });

    test('has no text in a chart that is clipped or over another', async () => {
      const charts = await shown.page.evaluate(chartsOf);
      expect(charts.map(({ id }) => id)).toEqual(drawnOf(sample).map(({ chart }) => chart.id));
      for (const { id, frame, texts } of charts) {
        expect(texts.length).toBeGreaterThan(3);
        const clipped = texts.filter((text) => !isInside(text, frame)).map(({ text }) => text);
        expect({ id, clipped, overlapping: overlapping(texts) }).toEqual({ id, clipped: [], overlapping: [] });
      }
    });
  });

  test('the font that texts were measured with is the one that draws them', async () => {
    const { page, context } = await open('build');
    const fonts = await page.evaluate(async () => {
      await document.fonts.ready;
      return [...document.fonts].map(({ family, weight, status }) => `${family} ${weight} ${status}`);
    });
    expect(fonts).toEqual(['Inter 400 loaded', 'Inter 700 loaded']);
    await context.close();
  });

  test('the head of a table sorts it, and back', async () => {
    const { page, context, trouble } = await open('build');
    const heads = page.locator('#processes thead th');
    const first = page.locator('#processes tbody tr').first();
    await heads.nth(1).getByRole('button').click();
    expect(await heads.nth(1).getAttribute('aria-sort')).toBe('descending');
    expect(await first.innerText()).toMatch(/^ld\s+4007/);
    await heads.nth(1).getByRole('button').click();
    expect(await heads.nth(1).getAttribute('aria-sort')).toBe('ascending');
    expect(await first.innerText()).toMatch(/^cc1\s+4000/);
    expect(trouble).toEqual([]);
    await context.close();
  });

  test('without scripts, panels, tables and specifications are there all the same', async () => {
    const { page, context, trouble } = await open('build', { javaScriptEnabled: false });
    await page.locator('#programs details').nth(0).locator('summary').click();
    expect(await page.locator('#programs table').isVisible()).toBe(true);
    await page.locator('#programs details').nth(1).locator('summary').click();
    expect(await page.locator('#programs-spec').isVisible()).toBe(true);
    expect(await page.locator('#programs-spec').textContent()).toContain('"$schema"');
    expect(await page.locator('figure svg').count()).toBe(drawnOf('build').length);
    expect(await page.locator('th button').count()).toBe(0);
    expect(trouble).toEqual([]);
    await context.close();
  });

  test('on a narrow screen charts scroll in their panels, the page does not', async () => {
    const { page, context } = await open('large', { viewport: { width: 380, height: 700 } });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(380);
    await context.close();
  });
});
