/** Draws a figure. */
import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { Output } from './show.ts';

/** How figures look; sizes in px. */
const LOOK = {
  background: 'white',
  width: 600,
  config: {
    font: 'sans-serif',
    aria: false,
    view: { stroke: null },
    title: { anchor: 'start', fontSize: 15, offset: 12 },
    axis: { labelFontSize: 12, titleFontSize: 12, titleFontWeight: 'normal' },
    legend: { orient: 'top', labelFontSize: 12, title: null },
  },
} as const;

/** Isolation, the opt-out of one program, the opt-out of all: colours that the colour-blind tell apart (Okabe and Ito, 2008). */
export const COLOURS = ['#d55e00', '#e69f00', '#0072b2'] as const;

/**
 * A Vega-Lite specification as a picture. Its data stand in it, and nothing is loaded.
 *
 * @throws where Vega-Lite finds anything odd
 */
export async function figure(spec: object): Promise<Output> {
  const { spec: compiled } = compile({ ...LOOK, ...spec } as unknown as TopLevelSpec, { logger: strict() });
  // Ids in the picture are numbered from 0 again, so that it does not depend on those drawn before.
  vega.resetSVGDefIds();
  const view = new vega.View(vega.parse(compiled), { renderer: 'none', logger: strict() });
  try {
    return { 'image/svg+xml': await view.toSVG() };
  } finally {
    view.finalize();
  }
}

function strict(): vega.LoggerInterface {
  const refuse = (...parts: readonly unknown[]): never => {
    throw new Error(parts.map(String).join(' '));
  };
  const logger: vega.LoggerInterface = {
    level: () => logger,
    error: refuse,
    warn: refuse,
    info: () => logger,
    debug: () => logger,
  };
  return logger;
}
