/** Pages of figures, as `ptilab report` makes them. */
import { drawPictures } from '../../src/report/pictures.ts';
import { pageHtml } from '../../src/report/page.ts';
import type { ReportData } from '../../src/report/report-data.ts';
import { FONTS } from './charts.ts';

export const pageOf = async (data: ReportData): Promise<string> =>
  pageHtml(data, await drawPictures(data, FONTS.metrics), FONTS.page);
