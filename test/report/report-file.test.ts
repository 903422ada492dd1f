import { describe, expect, test } from 'vitest';
import { PtilabError } from '../../src/errors.ts';
import { parseReport, reportText } from '../../src/report/report-file.ts';
import { build, SAMPLES } from '../support/report-data.ts';

/** The failure of a file, in words. */
function failure(text: string): string {
  try {
    parseReport(text, 'report.json');
  } catch (error) {
    expect(error).toBeInstanceOf(PtilabError);
    expect((error as PtilabError).kind).toBe('input');
    return (error as PtilabError).what;
  }
  throw new Error('it was read');
}

const changed = (change: (file: Record<string, unknown>) => void): string => {
  const file = JSON.parse(reportText(build())) as Record<string, unknown>;
  change(file);
  return JSON.stringify(file);
};

describe('figures in a file', () => {
  // Halves of letters are not text of any encoding: those of the hostile sample come back as they went.
  test.each(Object.entries(SAMPLES))('of %s come back as they were', (_sample, data) => {
    expect(parseReport(reportText(data()), 'report.json')).toMatchObject(JSON.parse(JSON.stringify(data())) as object);
  });

  test('have a schema and a version first', () => {
    expect(reportText(build())).toMatch(/^\{"schema":"ptilab.report","version":1,/);
  });
});

describe('a file that is something else', () => {
  test.each([
    ['nothing', '', 'not JSON'],
    ['cut', reportText(build()).slice(0, 500), 'not JSON'],
    ['null', 'null', 'not the figures of a report'],
    ['a list', '[]', 'not the figures of a report'],
    ['of another schema', '{"schema":"ptilab.result","version":1}', 'not the figures of a report'],
    ['of a newer version', '{"schema":"ptilab.report","version":2}', 'figures of version 2, this program knows 1'],
    ['without a version', '{"schema":"ptilab.report"}', 'figures of version unknown, this program knows 1'],
    ['without figures', '{"schema":"ptilab.report","version":1}', 'recording is not text'],
  ])('(%s) is refused', (_what, text, words) => {
    expect(failure(text)).toBe(words);
  });

  test.each<readonly [string, (file: Record<string, unknown>) => void, string]>([
    ['a text for a number', (file) => (file['durationNs'] = '1'), 'durationNs is not a number'],
    ['a number for a list', (file) => (file['programs'] = 3), 'programs is not a list'],
    [
      'a half estimate',
      (file) => (file['components'] = [{ lane: 'pti', component: 'cr3', cycles: { low: 1 } }]),
      'components[0].cycles.mid is not a number',
    ],
    [
      'a state of its own',
      (file) => (file['processes'] = [{ process: 1, pid: 1, comm: '', state: 'x' }]),
      'processes[0].state is not one of off (boot), on, on (forced), on (shared mm), off (opted out), off pending exec, on pending exec',
    ],
    ['null for nothing', (file) => (file['views'] = { isolated: null }), 'views.isolated is not text'],
    ['a name of a built-in', (file) => (file['coverage'] = 'toString'), 'coverage is not an object'],
  ])('(%s) is refused at that field', (_what, change, words) => {
    expect(failure(changed(change))).toBe(words);
  });
});
