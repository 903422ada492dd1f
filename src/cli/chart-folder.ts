/** Folders of charts, each chart as files of the kinds that were asked for. */
import { resolve } from 'node:path';
import { checkDirectory, writeDirectory } from '../io/node/output-directory.ts';
import { CHARTS } from '../report/charts/index.ts';
import { fontFaces, type PageFont } from '../report/page-style.ts';
import { COMPARE_CHART } from '../report/charts/compare.ts';
import type { Pictures } from '../report/pictures.ts';
import { renderPngs } from './png.ts';

/** Kinds of files, and what stands behind a chart's name. */
export const KINDS = { svg: '.svg', png: '.png', spec: '.vl.json' } as const;
export type Kind = keyof typeof KINDS;

/** Where each kind goes; several may go to one folder. */
export type ChartFolders = Readonly<Partial<Record<Kind, string>>>;

const MANIFEST = 'manifest.json';
const OURS: ReadonlySet<string> = new Set([
  MANIFEST,
  ...[...CHARTS.map(({ id }) => id), COMPARE_CHART].flatMap((id) => Object.values(KINDS).map((end) => `${id}${end}`)),
]);
const isOurs = (names: readonly string[]): boolean => names.every((name) => OURS.has(name));

/** Refuses early what {@link writeCharts} would refuse after the work. */
export function checkChartFolders(folders: ChartFolders): void {
  for (const folder of Object.values(folders)) checkDirectory(folder, isOurs);
}

/** A chart that was drawn. */
export interface ChartFile {
  readonly id: string;
  readonly title: string;
  readonly spec: object;
  readonly svg: string;
}

/** Charts that were drawn, and those that could not be, with the reason. */
export interface ChartFiles {
  readonly drawn: readonly ChartFile[];
  readonly missing: readonly { readonly id: string; readonly reason: string }[];
}

export const filesOfPictures = ({ drawn, missing }: Pictures): ChartFiles => ({
  drawn: drawn.map(({ drawing: { chart, title, spec }, svg }) => ({ id: chart.id, title, spec, svg })),
  missing: missing.map(({ chart, missing: reason }) => ({ id: chart.id, reason })),
});

export interface ChartFonts {
  /** OpenType. */
  readonly sfnts: readonly Uint8Array[];
  readonly page: PageFont;
}

export async function writeCharts(
  folders: ChartFolders,
  charts: ChartFiles,
  fonts: ChartFonts,
  model: string,
): Promise<void> {
  const kindsOf = new Map<string, { readonly folder: string; readonly kinds: Kind[] }>();
  for (const kind of Object.keys(KINDS) as readonly Kind[]) {
    const folder = folders[kind];
    if (folder === undefined) continue;
    const entry = kindsOf.get(resolve(folder)) ?? { folder, kinds: [] };
    entry.kinds.push(kind);
    kindsOf.set(resolve(folder), entry);
  }
  const produce = producers(charts.drawn, fonts);
  for (const { folder, kinds } of kindsOf.values())
    await writeDirectory(folder, isOurs, (create) => {
      for (const kind of kinds)
        produce[kind]().forEach((bytes, i) => {
          const file = create(`${charts.drawn[i].id}${KINDS[kind]}`);
          file.write(bytes);
          file.close();
        });
      create(MANIFEST).write(encode(manifestText(charts, kinds, model)));
    });
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Files of a kind, in the order of the charts. */
const producers = (
  drawn: readonly ChartFile[],
  fonts: ChartFonts,
): Readonly<Record<Kind, () => readonly Uint8Array[]>> => ({
  svg: () => drawn.map(({ svg }) => encode(`${svg.replace('>', `><style>${fontFaces(fonts.page)}</style>`)}\n`)),
  png: () =>
    renderPngs(
      drawn.map(({ svg }) => svg),
      fonts.sfnts,
    ),
  spec: () => drawn.map(({ spec }) => encode(`${JSON.stringify(spec, undefined, 2)}\n`)),
});

function manifestText({ drawn, missing }: ChartFiles, kinds: readonly Kind[], model: string): string {
  const manifest = {
    schema: 'ptilab.charts',
    version: 1,
    model,
    charts: drawn.map(({ id, title }) => ({ id, title, files: kinds.map((kind) => `${id}${KINDS[kind]}`) })),
    missing,
  };
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}
