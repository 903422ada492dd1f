import { describe, expect, test } from 'vitest';
import { compareChart } from '../../../src/report/charts/compare.ts';
import type { CompareResult } from '../../../src/report/compare.ts';
import { renderSvg } from '../../../src/report/render.ts';
import { FONTS, textsOf } from '../../support/charts.ts';
import { compared, replayedSide } from '../../support/compare.ts';
import { fixturePath } from '../../support/fixtures.ts';
import { replayFile } from '../../support/replay.ts';

const done = await replayFile(fixturePath('fx-setu.perf.data'));
const sides = async (a: string, b: string): Promise<CompareResult> =>
  compared(replayedSide(done, a), replayedSide(done, b));
const result = await sides('pti', 'optout');

describe('the chart of a comparison', () => {
  test('says how much isolation adds on one side over the other', () => {
    const drawing = compareChart(result);
    const less = -1e3 * result.totals.addedSeconds.difference!.mid;
    expect(drawing).toMatchObject({
      title: expect.stringMatching(/^Isolation adds .* ms less CPU time in B than in A, setu differs most$/) as string,
    });
    const [figure] = /[\d.]+/.exec('title' in drawing ? drawing.title : '')!;
    expect(Number(figure)).toBeCloseTo(less, 3);
  });

  test('has a bar for each program, which add up to the difference', () => {
    const drawing = compareChart(result);
    if ('missing' in drawing) throw new Error(drawing.missing);
    const bars = (drawing.spec.data as unknown as { values: { mid: number }[] }).values;
    const sum = bars.reduce((all, { mid }) => all + mid, 0);
    expect(bars).toHaveLength(result.programs.length);
    expect(sum).toBeCloseTo(1e3 * result.totals.addedSeconds.difference!.mid, 9);
  });

  test('is drawn without a warning, with every program in it', async () => {
    const drawing = compareChart(result);
    if ('missing' in drawing) throw new Error(drawing.missing);
    const { svg, warnings } = await renderSvg(drawing.spec, FONTS.metrics);
    expect(warnings).toEqual([]);
    for (const { program } of result.programs) expect(textsOf(svg)).toContain(program);
  });

  test('is missing where nothing differs', async () => {
    expect(compareChart(await sides('pti', 'pti'))).toHaveProperty('missing');
  });

  test('cuts and escapes hostile names', async () => {
    const hostile = {
      ...result,
      programs: result.programs.map((each) => ({ ...each, program: '</svg>\n<script>\u202e' })),
    };
    const drawing = compareChart(hostile);
    if ('missing' in drawing) throw new Error(drawing.missing);
    const { svg } = await renderSvg(drawing.spec, FONTS.metrics);
    expect(svg).not.toContain('<script>');
    expect(svg).not.toContain('\u202e');
  });
});
