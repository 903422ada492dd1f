/** Numbers as programs print them in any locale: digits grouped by commas, dots, blanks or apostrophes; a comma for the dot. */

/** Blanks of locales, an apostrophe of Switzerland, and what is left of a byte that is no UTF-8. */
const GROUPS = "[,.'\u2019\u00a0\u202f\ufffd ]";
/** Digits in groups of three, or of two before the last three (India). */
const GROUPED = new RegExp(`^\\d{1,3}(?:${GROUPS}\\d{2,3})*${GROUPS}\\d{3}$`, 'u');
const SEPARATORS = new RegExp(GROUPS, 'gu');
const MOST_DIGITS = 18;

/** A whole number; undefined for what is none, or could be another. */
export function wholeNumber(text: string): number | undefined {
  if (text.length > 3 * MOST_DIGITS) return undefined;
  if (/^\d+$/.test(text)) return text.length <= MOST_DIGITS ? Number(text) : undefined;
  if (!GROUPED.test(text)) return undefined;
  // One separator throughout: 1.234,567 is no whole number.
  if (new Set(text.match(SEPARATORS)).size !== 1) return undefined;
  const digits = text.replace(SEPARATORS, '');
  return digits.length <= MOST_DIGITS ? Number(digits) : undefined;
}

/** A number with decimals behind its last dot or comma, grouped or not; undefined for what is none. */
export function decimalNumber(text: string): number | undefined {
  if (text.length > 3 * MOST_DIGITS) return undefined;
  const match = /^(.*\d)[.,](\d{1,12})$/u.exec(text);
  if (!match) return wholeNumber(text);
  const whole = wholeNumber(match[1]);
  return whole === undefined ? undefined : Number(`${whole}.${match[2]}`);
}

/** Factor from a printed unit of time to ns; undefined for another unit. */
export const NS_PER: Readonly<Record<string, number>> = {
  ns: 1,
  usec: 1e3,
  us: 1e3,
  msec: 1e6,
  ms: 1e6,
  sec: 1e9,
  s: 1e9,
};
