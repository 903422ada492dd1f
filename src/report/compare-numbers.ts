/** Figures of a comparison as text, the same whatever the locale. */
import type { Estimate } from '../units.ts';

/** A unit and how many of the plain one it is, largest first. */
type Scale = readonly (readonly [unit: string, size: number])[];

export const CYCLES: Scale = [
  ['G', 1e9],
  ['M', 1e6],
  ['k', 1e3],
  ['', 1],
];
export const SECONDS: Scale = [
  ['s', 1],
  ['ms', 1e-3],
  ['us', 1e-6],
];
export const PERCENT: Scale = [['%', 1]];
/** Parts of one, in percent. */
export const SHARE: Scale = [['%', 0.01]];

/** Where there is no figure. */
export const NONE = '-';

/** Digits grouped by commas. */
export const count = (n: number): string => String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ',');

/** Three digits of a plain number, all of those before the point. */
export const plain = (n: number): string => (Math.abs(n) >= 1000 ? count(n) : digits(n, decimalsOf(n)));

/** `141 [87.0..194] M`: a best estimate, its 90 % interval where there is doubt, the unit. */
export function interval(estimate: Estimate | null, scale: Scale): string {
  if (!estimate) return NONE;
  const { low, mid, high } = estimate;
  const size = mid === 0 ? Math.max(-low, high) : Math.abs(mid);
  const [unit, of] = unitOf(size, scale);
  const decimals = decimalsOf(size / of);
  const [l, m, h] = [low, mid, high].map((value) => digits(value / of, decimals));
  return `${l === m && m === h ? m : `${m} [${l}..${h}]`} ${unit}`.trimEnd();
}

/** The best estimate alone. */
export const middle = (estimate: Estimate | null, scale: Scale): string =>
  interval(estimate && { low: estimate.mid, mid: estimate.mid, high: estimate.mid }, scale);

/** The largest of which there is one; nothing is given in the plain unit. */
const unitOf = (size: number, scale: Scale): Scale[number] =>
  scale.find(([, of]) => (size === 0 ? of === 1 : size >= of)) ?? scale[scale.length - 1];

/** Decimals that leave three digits. */
const decimalsOf = (size: number): number =>
  size === 0 ? 0 : Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(size)))));

function digits(value: number, decimals: number): string {
  const text = value.toFixed(decimals);
  return Number(text) === 0 ? '0' : text;
}
