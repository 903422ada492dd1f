/** Numbers for people, the same whatever the locale. */
import type { Estimate } from '../units.ts';

/** Digits grouped by commas. */
export function count(n: number): string {
  return String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ',');
}

export const seconds = (ns: number): string => `${(ns / 1e9).toFixed(ns < 1e9 ? 3 : 1)} s`;

/** Decimals that leave three digits of the largest of some numbers. */
function decimalsFor(...values: readonly number[]): number {
  const largest = Math.max(...values.map(Math.abs));
  if (largest === 0) return 0;
  return Math.min(9, Math.max(0, 2 - Math.floor(Math.log10(largest))));
}

/** One number with three digits, without zeros behind that say nothing. */
export function short(value: number): string {
  return fixed(value, decimalsFor(value));
}

/** `1.25 % [0.65..1.89]`: a best estimate and its 90 % interval. */
export function interval({ low, mid, high }: Estimate, unit: string): string {
  // As many decimals as the middle needs, so that the three can be compared.
  const decimals = decimalsFor(mid === 0 ? Math.max(-low, high) : mid);
  const [l, m, h] = [low, mid, high].map((value) => fixed(value, decimals));
  return l === m && m === h ? `${m} ${unit}` : `${m} ${unit} [${l}..${h}]`;
}

function fixed(value: number, decimals: number): string {
  const text = value.toFixed(decimals);
  return Number(text) === 0 ? (0).toFixed(decimals) : text;
}

/** `3 processes`, `1 process`. */
export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;

/** The first few of some names, and how many more there are. */
export function list(names: readonly string[], most: number): string {
  const shown = names.slice(0, most).join(', ');
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}
