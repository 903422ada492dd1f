/**
 * Widths of text from a font's own tables, so that a chart is laid out the same where there is no canvas to ask, and fits.
 * Kerning is left out: it pulls letters together, so texts come out a little wide, never clipped.
 *
 * Formats: W3C WOFF File Format 1.0, and the OpenType tables `head`, `hhea`, `hmtx` and `cmap` (subtable format 4).
 */
import { assert } from '../errors.ts';

/** Undoes zlib compression. */
export type Inflate = (compressed: Uint8Array) => Uint8Array;

export interface FontMetrics {
  /** Width of a letter in parts of the font size; undefined where the font lacks it. */
  advance(codePoint: number): number | undefined;
}

/** A typeface in two weights. */
export interface ChartFont {
  /** Fonts that are asked in turn. */
  readonly regular: readonly FontMetrics[];
  readonly bold: readonly FontMetrics[];
}

/** A letter that the font lacks is drawn by another: as wide as the widest common one, an ideograph. */
const MISSING_ADVANCE = 1;

/** @returns the width of a text on one line, in px */
export function textWidth(font: ChartFont, text: string, sizePx: number, isBold: boolean): number {
  const faces = isBold ? font.bold : font.regular;
  let width = 0;
  for (const letter of text) {
    const codePoint = letter.codePointAt(0) ?? 0;
    let advance: number | undefined;
    for (let i = 0; advance === undefined && i < faces.length; i++) advance = faces[i].advance(codePoint);
    width += advance ?? MISSING_ADVANCE;
  }
  return width * sizePx;
}

const WOFF = 0x774f4646;
const WOFF_HEADER = 44;
const WOFF_ENTRY = 20;
const SFNT_HEADER = 12;
const SFNT_ENTRY = 16;

/** The OpenType font in a WOFF file, which is the same tables, each compressed. */
export function sfntOfWoff(woff: Uint8Array, inflate: Inflate): Uint8Array {
  const from = viewOf(woff);
  assert(from.getUint32(0) === WOFF, 'a font file begins with wOFF');
  const tables = from.getUint16(12);
  const sfnt = new Uint8Array(from.getUint32(16));
  const to = viewOf(sfnt);
  const power = 2 ** Math.floor(Math.log2(tables));
  to.setUint32(0, from.getUint32(4));
  to.setUint16(4, tables);
  to.setUint16(6, power * 16);
  to.setUint16(8, Math.log2(power));
  to.setUint16(10, tables * 16 - power * 16);
  let at = SFNT_HEADER + tables * SFNT_ENTRY;
  for (let i = 0; i < tables; i++) {
    const entry = WOFF_HEADER + i * WOFF_ENTRY;
    const [offset, stored, length] = [4, 8, 12].map((field) => from.getUint32(entry + field));
    const bytes = woff.subarray(offset, offset + stored);
    sfnt.set(stored < length ? inflate(bytes) : bytes, at);
    const row = SFNT_HEADER + i * SFNT_ENTRY;
    to.setUint32(row, from.getUint32(entry)); // tag
    to.setUint32(row + 4, from.getUint32(entry + 16)); // checksum
    to.setUint32(row + 8, at);
    to.setUint32(row + 12, length);
    at += (length + 3) & ~3;
  }
  return sfnt;
}

/** Reads what {@link FontMetrics} needs of an OpenType font. */
export function metricsOf(sfnt: Uint8Array): FontMetrics {
  const view = viewOf(sfnt);
  const tables = new Map<string, number>();
  for (let i = 0; i < view.getUint16(4); i++) {
    const row = SFNT_HEADER + i * SFNT_ENTRY;
    const tag = String.fromCharCode(...sfnt.subarray(row, row + 4));
    tables.set(tag, view.getUint32(row + 8));
  }
  const table = (tag: string): number => {
    const at = tables.get(tag);
    assert(at !== undefined, `the font has a table ${tag}`);
    return at;
  };
  const unitsPerEm = view.getUint16(table('head') + 18);
  const longMetrics = view.getUint16(table('hhea') + 34);
  const hmtx = table('hmtx');
  const glyphOf = characterMap(view, table('cmap'));
  return {
    advance(codePoint) {
      const glyph = glyphOf(codePoint);
      if (glyph === 0) return undefined;
      return view.getUint16(hmtx + 4 * Math.min(glyph, longMetrics - 1)) / unitsPerEm;
    },
  };
}

/** From a letter to its glyph; 0: there is none. */
function characterMap(view: DataView, cmap: number): (codePoint: number) => number {
  let subtable = -1;
  for (let i = 0; i < view.getUint16(cmap + 2); i++) {
    const at = cmap + view.getUint32(cmap + 4 + 8 * i + 4);
    if (view.getUint16(at) === 4) subtable = at;
  }
  assert(subtable >= 0, 'the font has a character map of format 4');
  const segments = view.getUint16(subtable + 6) / 2;
  const ends = subtable + 14;
  const starts = ends + 2 * segments + 2;
  const deltas = starts + 2 * segments;
  const offsets = deltas + 2 * segments;
  return (codePoint) => {
    for (let i = 0; i < segments; i++) {
      if (codePoint > view.getUint16(ends + 2 * i)) continue;
      const start = view.getUint16(starts + 2 * i);
      if (codePoint < start) return 0;
      const delta = view.getUint16(deltas + 2 * i);
      const offset = view.getUint16(offsets + 2 * i);
      if (offset === 0) return (codePoint + delta) & 0xffff;
      const glyph = view.getUint16(offsets + 2 * i + offset + 2 * (codePoint - start));
      return glyph === 0 ? 0 : (glyph + delta) & 0xffff;
    }
    return 0;
  };
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
