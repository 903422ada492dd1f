/** Globs as in a shell, over whole texts: `*` (slashes too), `?`, `[abc]`, `[a-c]`, `[!a]`. Time grows with glob × text, whatever they hold. */

/** One place of a glob: a run of anything, or a test of one character. */
type Part = 'anything' | ((char: string) => boolean);

export interface Glob {
  test(text: string): boolean;
}

/** Undefined where a range runs backwards. */
export function parseGlob(glob: string): Glob | undefined {
  const parts: Part[] = [];
  const chars = Array.from(glob);
  for (let at = 0; at < chars.length;) {
    const char = chars[at];
    const set = char === '[' ? parseSet(chars, at) : undefined;
    if (set === 'backwards') return undefined;
    if (set) {
      parts.push(set.test);
      at = set.next;
      continue;
    }
    if (char !== '*') parts.push(char === '?' ? () => true : (other) => other === char);
    else if (parts.at(-1) !== 'anything') parts.push('anything');
    at++;
  }
  return { test: (text) => matches(parts, Array.from(text)) };
}

/** A set that begins at `[`; undefined where none ends: then the bracket stands for itself. */
function parseSet(
  chars: readonly string[],
  begin: number,
): { readonly test: (char: string) => boolean; readonly next: number } | 'backwards' | undefined {
  const negated = chars[begin + 1] === '!';
  const first = begin + (negated ? 2 : 1);
  // A bracket right at the begin belongs to the set.
  const end = chars.indexOf(']', first + 1);
  if (end < 0) return undefined;
  const ranges: (readonly [from: string, to: string])[] = [];
  for (let at = first; at < end; at++) {
    if (chars[at + 1] === '-' && at + 2 < end) {
      ranges.push([chars[at], chars[at + 2]]);
      at += 2;
    } else ranges.push([chars[at], chars[at]]);
  }
  if (ranges.some(([from, to]) => codeOf(from) > codeOf(to))) return 'backwards';
  const holds = (char: string): boolean =>
    ranges.some(([from, to]) => codeOf(from) <= codeOf(char) && codeOf(char) <= codeOf(to));
  return { test: (char) => holds(char) !== negated, next: end + 1 };
}

const codeOf = (char: string): number => char.codePointAt(0) ?? 0;

/** Goes back to the last run of anything only: an earlier one cannot do better. */
function matches(parts: readonly Part[], text: readonly string[]): boolean {
  let [part, at] = [0, 0];
  let [afterRun, retryAt] = [-1, 0];
  while (at < text.length) {
    const test = parts[part];
    if (test === 'anything') {
      afterRun = ++part;
      retryAt = at;
    } else if (test?.(text[at])) {
      part++;
      at++;
    } else if (afterRun >= 0) {
      part = afterRun;
      at = ++retryAt;
    } else return false;
  }
  while (parts[part] === 'anything') part++;
  return part === parts.length;
}
