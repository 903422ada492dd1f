/** A baseline: what the model said of one recording, as text that people review. One value a line, sorted. */
import { inputError, printable } from '../errors.ts';

export const SCHEMA = 'ptilab.baseline';
export const VERSION = 1;

/** Values by name; sections and values in order of their names. */
export interface Section {
  /** `recording`, or a setup and a lane, or a setup and two lanes that are compared. */
  readonly title: string;
  readonly values: ReadonlyMap<string, string>;
}

export interface Baseline {
  readonly recording: string;
  /** Why it was made and changed, oldest first; one line each. */
  readonly reasons: readonly string[];
  readonly sections: readonly Section[];
}

const NOTE = '# Made by ptilab check --update; what is changed by hand is refused.';
const UPDATE = 'ptilab check --update --reason TEXT makes it anew';

export const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** @returns the text of a baseline, whose values {@link parseBaseline} reads */
export function baselineText({ recording, reasons, sections }: Baseline): string {
  const head = [`recording: ${recording}`, ...reasons.map((reason) => `reason: ${reason}`)];
  const body = [...sections]
    .sort((a, b) => byName(a.title, b.title))
    .flatMap(({ title, values }) => [
      '',
      title,
      ...[...values].sort(([a], [b]) => byName(a, b)).map(([name, value]) => `  ${name} ${value}`),
    ]);
  const lines = [...head, ...body];
  return [`${SCHEMA} ${VERSION}`, NOTE, `digest: ${digestOf(lines)}`, ...lines, ''].join('\n');
}

/**
 * @param where - what to call it in messages
 * @throws an input error for text that is no baseline, is of another version, or was changed since it was written
 */
export function parseBaseline(text: string, where: string): Baseline {
  demandVersion(text, where);
  const baseline = wholeBaseline(text);
  if (!baseline) throw inputError('the baseline was changed by hand, or is not whole', printable(where), UPDATE);
  return baseline;
}

/** The baseline of this version that text holds; undefined where it was changed since it was written. */
export function wholeBaseline(text: string): Baseline | undefined {
  const [, note, digest, ...lines] = linesOf(text);
  if (note !== NOTE || lines.pop() !== '' || digest !== `digest: ${digestOf(lines)}`) return undefined;
  const head = lines.slice(0, firstBlank(lines));
  const sections: { title: string; values: Map<string, string> }[] = [];
  for (const line of lines.slice(head.length)) {
    if (line === '') continue;
    const [, name, value] = /^ {2}(\S+) (.*)$/.exec(line) ?? [];
    if (name === undefined) sections.push({ title: line, values: new Map() });
    else sections.at(-1)?.values.set(name, value);
  }
  return { recording: fieldOf(head, 'recording')[0] ?? '', reasons: fieldOf(head, 'reason'), sections };
}

/** @throws an input error for text that is no baseline or one of another version */
export function demandVersion(text: string, where: string): void {
  const [first] = linesOf(text);
  if (first === `${SCHEMA} ${VERSION}`) return;
  const [, version] = new RegExp(`^${SCHEMA} (\\d+)$`).exec(first) ?? [];
  throw version === undefined
    ? inputError('not a baseline', printable(where), 'remove it, or name another folder with --baseline')
    : inputError(
        `a baseline of version ${version.slice(0, 20)}`,
        printable(where),
        `this ptilab reads version ${VERSION}`,
      );
}

/** The reasons in a baseline, even where it is not whole, as after a merge. */
export function reasonsIn(text: string): readonly string[] {
  const lines = linesOf(text);
  return [...new Set(fieldOf(lines.slice(0, firstBlank(lines)), 'reason'))];
}

/** Lines, whatever a check-out made of their ends. */
const linesOf = (text: string): readonly [string, ...string[]] => text.split(/\r?\n/) as [string, ...string[]];

function firstBlank(lines: readonly string[]): number {
  const blank = lines.indexOf('');
  return blank < 0 ? lines.length : blank;
}

const fieldOf = (lines: readonly string[], name: string): readonly string[] =>
  lines.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2));

/** FNV-1a over UTF-16 code units, 32 bits: against slips of the hand, not against intent. */
function digestOf(lines: readonly string[]): string {
  let hash = 0x811c9dc5;
  for (const line of lines) {
    for (let i = 0; i < line.length; i++) hash = Math.imul(hash ^ line.charCodeAt(i), 0x01000193);
    hash = Math.imul(hash ^ 10, 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}
