/** Numbers as text. */
import type { Estimate } from 'ptilab';

export type Value = string | number | bigint | Estimate | null | undefined;

/** Three digits that count, thousands apart; an estimate with its 90 % interval. No locale: the same everywhere. */
export function text(value: Value): string {
  if (value === null || value === undefined) return 'not known';
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint') return grouped(String(value));
  if (typeof value === 'number')
    return Number.isInteger(value) ? grouped(String(value)) : rounded(value, placesOf(value));
  const { low, mid, high } = value;
  const places = placesOf(Math.max(Math.abs(low), Math.abs(high)));
  return `${rounded(mid, places)} (${rounded(low, places)} to ${rounded(high, places)})`;
}

const DIGITS = 3;
const MOST_PLACES = 6;

/** How many places behind the point leave a number three digits that count. */
function placesOf(value: number): number {
  if (value === 0) return 0;
  const before = Math.floor(Math.log10(Math.abs(value))) + 1;
  return Math.min(MOST_PLACES, Math.max(0, DIGITS - before));
}

function rounded(value: number, places: number): string {
  // Adding 0 takes the sign off a zero.
  const [whole, behind] = (Number(value.toFixed(places)) + 0).toFixed(places).split('.');
  return behind === undefined ? grouped(whole) : `${grouped(whole)}.${behind}`;
}

const grouped = (digits: string): string => digits.replace(/\B(?=(\d{3})+$)/g, ',');
