/** From a Vega-Lite specification to a picture: SVG, the same bytes on every machine. */
import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { textWidth, type ChartFont } from './font.ts';

export interface Rendered {
  readonly svg: string;
  /** What Vega or Vega-Lite found odd. A chart of ours has none. */
  readonly warnings: readonly string[];
}

/** What Vega gives to measure. */
interface TextItem {
  readonly fontSize?: number;
  readonly fontWeight?: string | number;
}

/** Vega's measure of texts, which its types leave out. */
const { textMetrics } = vega as unknown as {
  readonly textMetrics: { width: (item: TextItem, text: unknown) => number };
};

/**
 * Draws one chart. Nothing is loaded: data stand in the specification.
 *
 * @param font - the font that the specification names first; texts are measured with it
 */
export async function renderSvg(spec: TopLevelSpec, font: ChartFont): Promise<Rendered> {
  const warnings: string[] = [];
  const logger = collecting(warnings);
  const { spec: compiled } = compile(spec, { logger });
  // Vega has one measure for all views, and views are drawn side by side, so it stays. Without a canvas Vega would guess: 0.8 of
  // the size a letter, whatever the letter.
  textMetrics.width = (item, text) => textWidth(font, textOf(text), item.fontSize ?? 11, isBold(item.fontWeight));
  vega.resetSVGDefIds();
  const view = new vega.View(vega.parse(compiled), { renderer: 'none', logger, loader: refusing() });
  try {
    return { svg: await view.toSVG(), warnings };
  } finally {
    view.finalize();
  }
}

const textOf = (text: unknown): string =>
  typeof text === 'string' || typeof text === 'number' ? String(text).trim() : '';
const isBold = (weight: string | number | undefined): boolean => weight === 'bold' || Number(weight) >= 600;

function collecting(warnings: string[]): vega.LoggerInterface {
  const logger: vega.LoggerInterface = {
    level: () => logger,
    error: (...parts: readonly unknown[]) => note(parts),
    warn: (...parts: readonly unknown[]) => note(parts),
    info: () => logger,
    debug: () => logger,
  };
  const note = (parts: readonly unknown[]): vega.LoggerInterface => {
    warnings.push(parts.map(String).join(' '));
    return logger;
  };
  return logger;
}

/** A chart that asks for a file or an address is a bug. */
function refusing(): vega.Loader {
  const refuse = (what: string): Promise<never> => Promise.reject(new Error(`assertion failed: a chart loads ${what}`));
  return { load: refuse, sanitize: refuse, http: refuse, file: refuse };
}
