/** How the page looks. */

/** WOFF2 files of the font, encoded in base64. */
export interface PageFont {
  readonly family: string;
  readonly regular: string;
  readonly bold: string;
}

const face = ({ family }: PageFont, weight: number, base64: string): string =>
  `@font-face { font-family: '${family}'; font-weight: ${weight}; src: url(data:font/woff2;base64,${base64}) format('woff2'); }`;

/** The font itself: also for SVG files, which stand alone. */
export const fontFaces = (font: PageFont): string => `${face(font, 400, font.regular)}\n${face(font, 700, font.bold)}`;

export const pageStyle = (font: PageFont): string => `${fontFaces(font)}
:root { color-scheme: light; --ink: #1a1a1a; --quiet: #5c5c5c; --line: #dcdcdc; --link: #00558a; }
* { box-sizing: border-box; }
body { margin: 0; background: #f4f4f2; color: var(--ink); font: 15px/1.5 '${font.family}', 'Helvetica Neue', Arial, sans-serif; }
header, main, footer { max-width: 960px; margin: 0 auto; padding: 0 20px; }
header { padding-top: 32px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 4px; }
h2 { font-size: 19px; line-height: 1.3; margin: 0 0 6px; overflow-wrap: anywhere; }
p { margin: 0 0 10px; }
a { color: var(--link); }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 14px 0; padding: 0; }
section { background: white; border: 1px solid var(--line); border-radius: 6px; margin: 0 0 18px; padding: 20px 24px; }
.quiet { color: var(--quiet); font-size: 14px; }
.summary { display: grid; grid-template-columns: max-content 1fr; gap: 5px 18px; margin: 0; overflow-wrap: anywhere; }
.summary dt { color: var(--quiet); }
.summary dd { margin: 0; }
dt { margin: 0; }
dd { margin: 0 0 8px; }
figure { margin: 8px 0 12px; overflow-x: auto; }
figure svg { display: block; max-width: 100%; min-width: 640px; height: auto; }
details { border-top: 1px solid var(--line); padding: 8px 0 0; margin: 8px 0 0; }
summary { cursor: pointer; color: var(--link); font-size: 14px; }
.wide { overflow-x: auto; max-height: 480px; overflow-y: auto; margin: 8px 0; }
table { border-collapse: collapse; font-size: 13.5px; width: 100%; }
caption { text-align: left; color: var(--quiet); padding: 0 0 6px; }
th, td { padding: 3px 14px 3px 0; text-align: left; vertical-align: top; border-bottom: 1px solid #eeeeee; font-weight: 400; }
thead th { position: sticky; top: 0; background: white; color: var(--quiet); border-bottom: 1px solid #b0b0b0; }
th.number, td.number { font-variant-numeric: tabular-nums; text-align: right; white-space: nowrap; }
th button { all: unset; cursor: pointer; text-decoration: underline dotted; }
th button:focus-visible, summary:focus-visible, a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
details script.spec { display: block; white-space: pre-wrap; overflow: auto; overflow-wrap: anywhere; max-height: 360px; margin: 8px 0 0; padding: 10px;
  background: #f4f4f2; font: 12px/1.4 ui-monospace, Menlo, Consolas, monospace; user-select: all; }
footer { padding-bottom: 32px; }
@media print { body { background: white; } section { break-inside: avoid; border: 0; padding: 0; } nav, details { display: none; } }
`;
