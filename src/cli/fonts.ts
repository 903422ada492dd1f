/** The font of charts and pages: Inter (SIL Open Font License 1.1), from its npm package. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { inflateSync } from 'node:zlib';
import { FONT_FAMILY } from '../report/charts/theme.ts';
import { metricsOf, sfntOfWoff, type ChartFont } from '../report/font.ts';
import type { PageFont } from '../report/page-style.ts';

/** Parts of the alphabet, each a file of its own; the first is on every page, the others only in pictures. */
const PARTS = ['latin', 'latin-ext', 'greek', 'cyrillic'] as const;
const WEIGHTS = { regular: 400, bold: 700 } as const;
type Weight = keyof typeof WEIGHTS;

export interface LoadedFonts {
  readonly metrics: ChartFont;
  /** OpenType fonts, for a renderer. */
  readonly sfnts: readonly Uint8Array[];
  /** The first part, to stand in pages. */
  readonly page: PageFont;
}

export function loadFonts(): LoadedFonts {
  const sfnts = (weight: Weight): readonly Uint8Array[] =>
    PARTS.map((part) => sfntOfWoff(fontFile(part, weight, 'woff'), inflateSync));
  const [regular, bold] = [sfnts('regular'), sfnts('bold')];
  return {
    metrics: { regular: regular.map(metricsOf), bold: bold.map(metricsOf) },
    sfnts: [...regular, ...bold],
    page: { family: FONT_FAMILY, regular: base64Of('regular'), bold: base64Of('bold') },
  };
}

const base64Of = (weight: Weight): string => fontFile('latin', weight, 'woff2').toString('base64');

function fontFile(part: string, weight: Weight, kind: 'woff' | 'woff2'): Buffer {
  const name = `@fontsource/inter/files/inter-${part}-${WEIGHTS[weight]}-normal.${kind}`;
  return readFileSync(createRequire(import.meta.url).resolve(name));
}
