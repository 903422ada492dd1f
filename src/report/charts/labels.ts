/** Untrusted names as labels: printable, short, and different from each other. */
import { printable } from '../../errors.ts';

/** Letters of a label: a comm has at most 15, a process id 7 more. */
const MOST = 26;

/** Marks that steer or join letters and show nothing, and halves of letters. */
const UNSEEN = /[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
/** Marks heaped on one letter reach into the neighbours. */
const HEAPED = /(\p{M})\p{M}+/gu;

const escaped = (letter: string): string => `\\u{${(letter.codePointAt(0) ?? 0).toString(16)}}`;

/** Text on one line, with what cannot be seen written out; cut to `most` letters. */
export function oneLine(text: string, most: number): string {
  const marked = text
    .slice(0, most * 8)
    .normalize('NFC')
    .replace(HEAPED, '$1')
    .replace(UNSEEN, escaped);
  const seen = printable(marked, Infinity);
  const letters = Array.from(seen);
  return letters.length > most ? `${letters.slice(0, most - 1).join('')}…` : seen;
}

/** A name, never empty. */
export const label = (text: string, most = MOST): string => oneLine(text.trim(), most).trim() || '(no name)';

/** The same texts, numbered where one repeats: an axis draws equal ones in one row. */
export function distinct(texts: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return texts.map((text) => {
    let name = text;
    for (let n = 2; taken.has(name); n++) name = `${text} (${n})`;
    taken.add(name);
    return name;
  });
}

/** Words on lines of at most `most` letters; a longer word has a line of its own. */
export function wrapped(text: string, most: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= most) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
