/** Pictures of points from SVG, with the shipped font only: the same on every machine. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Resvg } from '@resvg/resvg-js';
import { onEarlyEnd } from '../io/node/temporary.ts';
import { FONT_FAMILY } from '../report/charts/theme.ts';

/** Points a px: sharp on paper and on dense screens. */
const ZOOM = 2;

/** @param sfnts - OpenType fonts. The renderer reads fonts from files only, so they pass through a temporary folder */
export function renderPngs(svgs: readonly string[], sfnts: readonly Uint8Array[]): readonly Uint8Array[] {
  const folder = mkdtempSync(join(tmpdir(), 'ptilab-fonts-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const stop = onEarlyEnd(remove);
  try {
    const fontFiles = sfnts.map((sfnt, i) => {
      const path = join(folder, `${i}.ttf`);
      writeFileSync(path, sfnt);
      return path;
    });
    const font = { loadSystemFonts: false, fontFiles, defaultFontFamily: FONT_FAMILY, sansSerifFamily: FONT_FAMILY };
    return svgs.map((svg) =>
      new Resvg(svg, { font, fitTo: { mode: 'zoom', value: ZOOM }, background: 'white' }).render().asPng(),
    );
  } finally {
    stop();
    remove();
  }
}
