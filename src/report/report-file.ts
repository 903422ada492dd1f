/** `report.json` of a result directory: the figures of a report, schema `ptilab.report`, version 1. */
import { assert, inputError } from '../errors.ts';
import type { ReportData } from './report-data.ts';
import { REPORT_SHAPE, problemOf } from './report-shape.ts';

export const REPORT_SCHEMA = 'ptilab.report';
export const REPORT_VERSION = 1;
export const REPORT_FILE = 'report.json';

export const reportText = (data: ReportData): string =>
  `${JSON.stringify({ schema: REPORT_SCHEMA, version: REPORT_VERSION, ...data })}\n`;

/**
 * Reads what {@link reportText} wrote. The file may have been edited or cut since, so its shape is checked to the last field.
 *
 * @param where - the file, printable
 * @throws PtilabError input: it is something else, or of a newer version
 */
export function parseReport(text: string, where: string): ReportData {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch (error) {
    throw inputError('not JSON', where, 'run ptilab replay -o again', error);
  }
  const { schema, version } = typeof file === 'object' && file !== null ? (file as Header) : {};
  if (schema !== REPORT_SCHEMA) throw inputError('not the figures of a report', where, 'run ptilab replay -o again');
  if (version !== REPORT_VERSION)
    throw inputError(
      `figures of version ${JSON.stringify(version) ?? 'unknown'}, this program knows ${REPORT_VERSION}`,
      where,
      'use the ptilab that wrote them, or run ptilab replay -o again',
    );
  const problem = problemOf(file, REPORT_SHAPE, '');
  if (problem !== undefined) throw inputError(problem, where, 'run ptilab replay -o again');
  assert(typeof file === 'object', 'the shape is that of an object');
  return file as ReportData;
}

interface Header {
  readonly schema?: unknown;
  readonly version?: unknown;
}
