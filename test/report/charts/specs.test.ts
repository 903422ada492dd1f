import { describe, expect, test } from 'vitest';
import { compile } from 'vega-lite';
import { CHARTS, draw } from '../../../src/report/charts/index.ts';
import { domainOf, headAndRest, MOST_ROWS } from '../../../src/report/charts/rows.ts';
import { ISOLATED, OPTED_OUT } from '../../../src/report/charts/theme.ts';
import type { ReportData } from '../../../src/report/report-data.ts';
import { ALL, drawnOf, readable } from '../../support/charts.ts';
import { about, build, empty, hostile, HOSTILE, large, oneRow, unpriced, zero } from '../../support/report-data.ts';

describe('the specification', () => {
  test.each([...drawnOf('build'), ...drawnOf('oneRow')])(
    'of $chart.id for $sample is the reviewed one',
    async ({ sample, chart, spec }) => {
      await expect(readable(spec)).toMatchFileSnapshot(`goldens/${chart.id}.${sample}.txt`);
    },
  );

  test('names a theme that is the reviewed one', async () => {
    const [{ spec }] = drawnOf('build');
    await expect(`${JSON.stringify(spec.config, undefined, 2)}\n`).toMatchFileSnapshot('goldens/theme.txt');
  });

  test.each(ALL)('of $chart.id for $sample compiles without a warning', ({ spec }) => {
    const warnings: unknown[] = [];
    const note = (...parts: readonly unknown[]): typeof logger => {
      warnings.push(parts);
      return logger;
    };
    const logger = { level: () => logger, error: note, warn: note, info: note, debug: note } as never;
    compile(spec, { logger });
    expect(warnings).toEqual([]);
  });

  test.each(ALL)('of $chart.id for $sample is plain JSON that says all', ({ spec }) => {
    expect(JSON.parse(JSON.stringify(spec))).toEqual(spec);
  });

  test.each(ALL)('of $chart.id for $sample loads nothing', ({ spec }) => {
    const keys = new Set<string>();
    JSON.stringify(spec, (key, value: unknown) => {
      keys.add(key);
      return value;
    });
    expect([...keys].filter((key) => ['url', 'href', 'loader', 'image'].includes(key))).toEqual([]);
  });
});

describe('a title states the finding', () => {
  const titles = (sample: string): Readonly<Record<string, string>> =>
    Object.fromEntries(drawnOf(sample).map(({ chart, title }) => [chart.id, title.replaceAll('\u00a0', ' ')]));

  test('of a build', () => {
    expect(titles('build')).toEqual({
      overhead: 'Isolation costs 3.48 % of CPU time; with the opt-out, 0.61 % remain',
      components: 'CR3 writes take 47 % of the cycles under pti',
      programs: 'cc1 pays 61 % of what isolation costs; the opt-out gives 83 % of it back',
      causes: 'page fault makes up 48 % of what isolation costs; the opt-out gives 80 % of it back',
      timeline: 'Isolation’s cost peaks at 5.17 s, 3.3 times the average',
      rules: 'setid=gain would give back 3.50 %, where setid=change gives back 1.50 %',
      states: '6 of 8 processes drawn run without isolation, for 89 % of their lifetime',
    });
  });

  test('of one program without an opt-out', () => {
    expect(titles('oneRow')).toEqual({
      overhead: 'Isolation costs 0.031 % of CPU time',
      components: 'CR3 writes take 100 % of the cycles under pti',
      programs: 'true pays 100 % of what isolation costs',
      causes: 'execve makes up 100 % of what isolation costs',
      timeline: 'Isolation’s cost is even over time',
    });
  });

  test('of several machines: from the least to the most', () => {
    expect(titles('large')['overhead']).toBe(
      'Isolation costs from 1.80 % (silvermont) to 7.20 % (nehalem) of CPU time',
    );
  });

  test('in cycles where the time is not known', () => {
    expect(titles('unpriced')['overhead']).toBe('Isolation adds 348 M cycles; with the opt-out, 61.0 M cycles remain');
  });

  test('of a program that costs more with the opt-out', () => {
    const programs = [{ program: 'a', processes: 1, added: about(100), saved: about(-5) }];
    const chart = CHARTS.find(({ id }) => id === 'programs')!;
    expect(chart.title({ ...build(), programs })).toBe(
      'a pays 100\u00a0% of what isolation costs; the opt-out gives none of it back',
    );
  });
});

describe('what cannot be drawn', () => {
  test('has a reason instead, for each chart', () => {
    const drawings = CHARTS.map((chart) => draw(chart, empty()));
    expect(drawings.map((drawing) => 'missing' in drawing && drawing.missing.length > 10)).toEqual(
      CHARTS.map(() => true),
    );
  });

  test('is a cost of nothing; who crossed when is there all the same', () => {
    expect(drawnOf('zero', zero()).map(({ chart }) => chart.id)).toEqual(['overhead', 'timeline', 'states']);
  });

  test('is an opt-out that nobody asked for', () => {
    expect(drawnOf('oneRow', oneRow()).map(({ chart }) => chart.id)).not.toContain('states');
  });
});

describe('long lists', () => {
  const rowsOf = (id: string): readonly Readonly<Record<string, unknown>>[] => {
    const drawn = drawnOf('large').find(({ chart }) => chart.id === id)!;
    const { data } = drawn.spec as unknown as { data: { values: readonly Readonly<Record<string, unknown>>[] } };
    return data.values;
  };

  test.each([
    ['programs', '126 other processes'],
    ['causes', `others (8\u202f190 entries)`],
  ])('of %s are cut, and the last row is the rest', (id, last) => {
    const names = [...new Set(rowsOf(id).map(({ name }) => name))];
    expect(names).toHaveLength(MOST_ROWS);
    expect(names.at(-1)).toBe(last);
  });

  test('keep their sum', () => {
    const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
    const paid = rowsOf('programs').filter(({ series }) => series === 'paid under isolation');
    expect(sum(paid.map(({ mid }) => mid as number))).toBeCloseTo(
      sum(large().programs.map(({ added }) => added.mid)),
      3,
    );
  });

  test('of processes keep the parents of those that are drawn', () => {
    const spec = drawnOf('large').find(({ chart }) => chart.id === 'states')!.spec as unknown as {
      layer: readonly [
        { data: { values: readonly { process: string }[] } },
        { data: { values: readonly { process: string }[] } },
      ];
    };
    const names = new Set(spec.layer[1].data.values.map(({ process }) => process));
    const drawn = large().tree.filter(({ comm, pid }) => names.has(`${comm} ${pid}`));
    const ids = new Set(drawn.map(({ process }) => process));
    expect(drawn.filter(({ parent }) => parent !== undefined && !ids.has(parent))).toEqual([]);
    expect(names.size).toBeLessThanOrEqual(40);
    expect(spec.layer[0].data.values.length).toBeLessThanOrEqual(40 * 100);
  });

  test('of bins are joined, and keep their sum', () => {
    const { vconcat } = drawnOf('large').find(({ chart }) => chart.id === 'timeline')!.spec as unknown as {
      vconcat: readonly { data: { values: readonly { lane: string; time: number; value: number }[] } }[];
    };
    const { values } = vconcat[1].data;
    expect(values.length).toBeLessThanOrEqual(301);
    const crossings = values
      .slice(0, -1)
      .reduce((sum, { value, time }, i) => sum + value * (values[i + 1].time - time), 0);
    const recorded = large().timeline.filter(({ lane }) => lane.startsWith('pti'));
    expect(crossings).toBeCloseTo(
      recorded.reduce((sum, bin) => sum + bin.crossings, 0),
      3,
    );
  });
});

describe('the line over time', () => {
  const lineOf = (data: ReportData, panel: number): readonly { readonly time: number; readonly value: number }[] => {
    const { vconcat } = drawnOf('', data).find(({ chart }) => chart.id === 'timeline')!.spec as unknown as {
      vconcat: readonly { data: { values: readonly { lane: string; time: number; value: number }[] } }[];
    };
    return vconcat[panel].data.values.map(({ time, value }) => ({ time, value }));
  };
  const bin = (startNs: number, crossings: number): ReportData['timeline'][number] => ({
    lane: 'pti',
    startNs,
    lengthNs: 1e6,
    crossings,
    addedCycles: 0,
  });

  test('is at zero where there is no bin', () => {
    const data = { ...oneRow(), durationNs: 5e6, timeline: [bin(1e6, 7), bin(3e6, 9)] };
    expect(lineOf(data, 0)).toEqual([
      { time: 0, value: 0 },
      { time: 1, value: 7000 },
      { time: 2, value: 0 },
      { time: 3, value: 9000 },
      { time: 4, value: 0 },
      { time: 5, value: 0 },
    ]);
  });

  test('ends with the recording, its last step by its own length', () => {
    const data = { ...oneRow(), durationNs: 2.5e6, timeline: [bin(0, 1), bin(2e6, 5)] };
    expect(lineOf(data, 0)).toEqual([
      { time: 0, value: 1000 },
      { time: 1, value: 0 },
      { time: 2, value: 10_000 },
      { time: 2.5, value: 10_000 },
    ]);
  });

  test('of a day in bins of a nanosecond has few steps', () => {
    const data = { ...oneRow(), durationNs: 8.64e13, timeline: [{ ...bin(0, 1), lengthNs: 1 }] };
    expect(lineOf(data, 0).length).toBeLessThanOrEqual(301);
  });
});

test('the scale begins where the least interval does, not at a round number far below', () => {
  expect(domainOf([about(-1), about(80)])).toEqual([-1.25, 120]);
  expect(domainOf([])).toEqual([0, 1]);
  expect(domainOf([about(-4)])).toEqual([-5, 0]);
  expect(domainOf([about(1)])).toEqual([0, 1.5]);
});

test('rows too short to be seen are one with the rest; one alone stays', () => {
  const size = (row: number): number => row;
  const isRest = (row: number): boolean => row === -1;
  expect(headAndRest([1000, 3, 1, 1], isRest, size)).toEqual({ head: [1000, 3], rest: [1, 1] });
  expect(headAndRest([1000, 3, 1], isRest, size)).toEqual({ head: [1000, 3, 1], rest: [] });
  expect(headAndRest([1000, 1, -1], isRest, size)).toEqual({ head: [1000], rest: [1, -1] });
  expect(headAndRest([0, 0], isRest, size)).toEqual({ head: [0, 0], rest: [] });
});

describe('names from a recording', () => {
  const labels = drawnOf('hostile', hostile()).flatMap(({ spec }) => {
    const found: string[] = [];
    JSON.stringify(spec, (key, value: unknown) => {
      if (['name', 'process', 'text', 'subtitle'].includes(key)) found.push(...[value].flat().map(String));
      return value;
    });
    return found;
  });

  test('show no control, no bidi mark, no half of a letter and no second line', () => {
    expect(labels.filter((text) => /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(text))).toEqual([]);
  });

  test('that are equal once cut stay apart', () => {
    const drawn = drawnOf('hostile', hostile()).find(({ chart }) => chart.id === 'programs')!;
    const { data } = drawn.spec as unknown as { data: { values: readonly { name: string; series: string }[] } };
    const keys = data.values.map(({ name, series }) => `${name} ${series}`);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.length).toBe(2 * Math.min(MOST_ROWS, HOSTILE.length));
  });
});

describe('colours', () => {
  test('of isolation and opt-out are the same in every chart', () => {
    for (const { spec } of ALL) {
      JSON.stringify(spec, (_key, value: unknown) => {
        const scale = value as { domain?: unknown; range?: readonly unknown[] } | null;
        if (!Array.isArray(scale?.domain)) return value;
        scale.domain.forEach((name, i) => {
          if (typeof name !== 'string') return;
          if (/^(isolated|paid|pti)( |$)/.test(name) && !name.includes('shares'))
            expect([name, scale.range?.[i]]).toEqual([name, ISOLATED]);
          if (/^(opted out|given back|optout)( |$)/.test(name))
            expect([name, scale.range?.[i]]).toEqual([name, OPTED_OUT]);
        });
        return value;
      });
    }
  });

  test('of the policies of one chart differ', () => {
    const spec = drawnOf('large')[0].spec as unknown as {
      layer: readonly [{ encoding: { color: { scale: { range: readonly string[] } } } }];
    };
    const { range } = spec.layer[0].encoding.color.scale;
    expect(new Set(range).size).toBe(3);
  });
});

test('cycles are drawn where a percentage is not known', () => {
  const [{ spec }] = drawnOf('unpriced', unpriced());
  expect(JSON.stringify(spec)).toContain('"title":"added cycles"');
});
