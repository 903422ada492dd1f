/** What the charts of real recordings say. */
import { expect, test } from 'vitest';
import { CHARTS, draw } from '../../../src/report/charts/index.ts';
import { reportData } from '../../../src/report/report-data-build.ts';
import { parseReport, reportText } from '../../../src/report/report-file.ts';
import { renderSvg } from '../../../src/report/render.ts';
import { FONTS, readable } from '../../support/charts.ts';
import { fixturePath, FIXTURES, KERNEL_BUILD } from '../../support/fixtures.ts';
import { replayFile } from '../../support/replay.ts';

const RECORDINGS = [
  ...FIXTURES.map(({ name }) => ({ name, path: fixturePath(`${name}.perf.data`) })),
  { name: 'kernel-build', path: KERNEL_BUILD.path },
];

test.each(RECORDINGS)(
  'the findings of $name are the reviewed ones, each drawn without a warning',
  async ({ name, path }) => {
    const data = reportData(await replayFile(path, { whatIf: true }));
    const lines: string[] = [];
    for (const chart of CHARTS) {
      const drawing = draw(chart, data);
      if ('missing' in drawing) lines.push(`${chart.id}: not drawn: ${drawing.missing}`);
      else {
        lines.push(`${chart.id}: ${drawing.title}`);
        expect((await renderSvg(drawing.spec, FONTS.metrics)).warnings).toEqual([]);
      }
    }
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(`goldens/${name}.txt`);
  },
);

test.each(CHARTS)('the specification of $id for fx-setu is the reviewed one', async (chart) => {
  const data = reportData(await replayFile(fixturePath('fx-setu.perf.data'), { whatIf: true }));
  await expect(readable(chart.spec(data))).toMatchFileSnapshot(`goldens/${chart.id}.fx-setu.txt`);
});

test('figures of a recording come back from a file as they were', async () => {
  const data = reportData(await replayFile(fixturePath('fx-setu.perf.data'), { whatIf: true }));
  expect(parseReport(reportText(data), 'report.json')).toMatchObject(JSON.parse(JSON.stringify(data)) as object);
});
