import { describe, expect, it } from 'vitest';
import { text } from '../../notebooks/numbers.ts';
import { table } from '../../notebooks/show.ts';

describe('text', () => {
  it.each([
    [undefined, 'not known'],
    [null, 'not known'],
    ['cc1', 'cc1'],
    [0, '0'],
    [623334, '623,334'],
    [-1234567n, '-1,234,567'],
    [1.2549, '1.25'],
    [0.0123456, '0.0123'],
    [12345.678, '12,346'],
    [1e-9, '0.000000'],
  ])('writes %s as %s', (value, written) => {
    expect(text(value)).toBe(written);
  });

  it('writes an estimate with as many places as its far end needs', () => {
    expect(text({ low: 0.65, mid: 1.254, high: 1.889 })).toBe('1.25 (0.65 to 1.89)');
    expect(text({ low: -0.0395, mid: 1.26, high: 12.91 })).toBe('1.3 (0.0 to 12.9)');
    expect(text({ low: 0, mid: 0, high: 0 })).toBe('0 (0 to 0)');
  });
});

describe('table', () => {
  it('heads columns with the keys of the first row and escapes what a recording may hold', () => {
    expect(table([{ program: '<b>&"\'', 'calls &c': 1234 }])).toEqual({
      'text/html': [
        '<table>',
        '<tr><th>program</th><th>calls &amp;c</th></tr>',
        '<tr><td align="left">&lt;b&gt;&amp;&quot;&#39;</td><td align="right">1,234</td></tr>',
        '</table>',
      ].join('\n'),
    });
  });
});
