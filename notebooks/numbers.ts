/** Figures as text. */
import type { Estimate } from 'ptilab';

export type Figure = string | number | bigint | Estimate | null | undefined;

/** Three digits that count, thousands apart; an estimate with its 90 % interval. No locale: the same everywhere. */
export function text(figure: Figure): string {
  if (figure === null || figure === undefined) return 'not known';
  if (typeof figure === 'string') return figure;
  if (typeof figure === 'bigint') return grouped(String(figure));
  if (typeof figure === 'number')
    return Number.isInteger(figure) ? grouped(String(figure)) : rounded(figure, placesOf(figure));
  const { low, mid, high } = figure;
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
