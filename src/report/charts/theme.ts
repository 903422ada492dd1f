/**
 * How every chart looks. Colours are those of Okabe and Ito (Color Universal Design, 2008), which stay apart for the colour-blind;
 * the two that matter, isolation and opt-out, differ in lightness too.
 */
import type { Config } from 'vega-lite';
import type { PtiState } from '../../replay/optout/states.ts';
import type { Component } from '../../cpu-model/prices.ts';
import type { ChartSpec } from './chart.ts';
import { wrapped } from './labels.ts';

/** The font that is shipped and measured; the others stand in where it is absent. */
export const FONT_FAMILY = 'Inter';
const FONTS = `${FONT_FAMILY}, "Helvetica Neue", Arial, sans-serif`;

/** Of the whole picture, in px. */
export const CHART_WIDTH = 860;
/** Letters of a title's line: the widest text of that many fits. */
const TITLE_LETTERS = 84;
const SUBTITLE_LETTERS = 124;

/** Isolation, opt-out, neither: in every chart. */
export const ISOLATED = '#d55e00';
export const OPTED_OUT = '#0072b2';
export const NEITHER = '#8c8c8c';
/** Further policies, in the order they are asked for. */
export const OTHER_POLICIES: readonly string[] = ['#009e73', '#cc79a7', '#56b4e9', '#a08800'];

export const STATE_COLOURS: Readonly<Record<PtiState, string>> = {
  on: ISOLATED,
  'on (forced)': '#882255',
  'on (shared mm)': '#e69f00',
  'off pending exec': '#f0c75e',
  'on pending exec': '#56b4e9',
  'off (opted out)': OPTED_OUT,
  'off (boot)': NEITHER,
};

/** Components: their own hues, so that none is taken for a policy. */
export const COMPONENT_COLOURS: Readonly<Record<Component, string>> = {
  cr3: '#332288',
  refill: '#44aa99',
  flush: '#ddcc77',
  shootdown: '#aa4499',
  test: '#88ccee',
  other: '#bbbbbb',
};

export const INK = '#1a1a1a';
export const QUIET = '#5c5c5c';

const CONFIG: Config = {
  font: FONTS,
  // Marks say nothing by themselves: the page has a table beside each chart.
  aria: false,
  title: {
    anchor: 'start',
    color: INK,
    fontSize: 16,
    fontWeight: 'bold',
    limit: CHART_WIDTH - 20,
    lineHeight: 21,
    offset: 14,
    subtitleColor: QUIET,
    subtitleFontSize: 12,
    subtitleLineHeight: 17,
    subtitlePadding: 5,
  },
  axis: {
    domainColor: '#b0b0b0',
    gridColor: '#e6e6e6',
    labelColor: INK,
    labelFontSize: 12,
    labelLimit: 240,
    tickColor: '#b0b0b0',
    titleColor: QUIET,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    titlePadding: 8,
  },
  axisY: { domain: false, ticks: false, labelPadding: 8 },
  legend: {
    columnPadding: 18,
    direction: 'horizontal',
    labelColor: INK,
    labelFontSize: 12,
    labelLimit: 240,
    offset: 10,
    orient: 'top',
    symbolSize: 120,
    symbolStrokeWidth: 0,
    symbolType: 'square',
    title: null,
  },
  text: { color: INK, fontSize: 12 },
  view: { stroke: null },
};

/** Ticks of counts and cycles: `150M`, and a plain 0. */
export const COUNT_AXIS = { tickCount: 6, labelExpr: "datum.value === 0 ? '0' : format(datum.value, '~s')" };

/** Ticks of time, in whatever unit. */
export const TIME_AXIS = { tickCount: 8, format: '~f' } as const;

/** The line of an interval, and the light rim that keeps it visible on a bar. */
export const INTERVAL_RIM = { type: 'rule', color: 'white', strokeWidth: 3.5, opacity: 0.7 } as const;
export const INTERVAL = { type: 'rule', color: INK, strokeWidth: 1.25 } as const;

/** What all specifications begin with. */
export function frame(
  title: string,
  subtitle: string,
): Pick<ChartSpec, '$schema' | 'background' | 'config' | 'padding' | 'title'> {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    config: CONFIG,
    padding: 10,
    title: { text: wrapped(title, TITLE_LETTERS), subtitle: wrapped(subtitle, SUBTITLE_LETTERS) },
  };
}
