/**
 * The report as one HTML file. It loads nothing, runs nothing that it needs, and a policy in its head holds it to that: styles, the
 * one script and the font are allowed by what they are, everything else is forbidden.
 */
import { escaped, shown } from './html.ts';
import { chartPanel, processesPanel, readingPanel, summaryPanel, trustPanel, type Panel } from './page-panels.ts';
import { PAGE_SCRIPT } from './page-script.ts';
import { pageStyle, type PageFont } from './page-style.ts';
import type { Pictures } from './pictures.ts';
import type { ReportData } from './report-data.ts';

export async function pageHtml(data: ReportData, pictures: Pictures, font: PageFont): Promise<string> {
  const style = pageStyle(font);
  const policy = [
    "default-src 'none'",
    `style-src ${await hashOf(style)}`,
    `script-src ${await hashOf(PAGE_SCRIPT)}`,
    'font-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const panels: readonly Panel[] = [
    summaryPanel(data),
    ...pictures.drawn.map(chartPanel),
    ...[processesPanel(data)].filter((panel) => panel !== undefined),
    trustPanel(
      data,
      pictures.missing.map(({ chart, missing }) => [chart.name, missing]),
    ),
    readingPanel(),
  ];
  const contents = panels.map(({ id, name }) => `<li><a href="#${id}">${escaped(name)}</a></li>\n`).join('');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="ptilab ${shown(data.model, 40)}">
<title>${shown(data.recording, 80)} – ptilab</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>What page-table isolation costs</h1>
<p class="quiet"><bdi>${shown(data.recording, 200)}</bdi></p>
<nav aria-label="Contents">
<ul>
${contents}</ul>
</nav>
</header>
<main>
${panels.map(({ html }) => html).join('')}</main>
<footer>
<p class="quiet">ptilab, model ${shown(data.model, 40)}.</p>
</footer>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

/** What a content security policy knows a text by. */
async function hashOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return `'sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}'`;
}
