/** Figures as text, the same on every machine. A space that does not break stands before each unit. */
import type { Estimate } from '../../units.ts';

const SPACE = '\u00a0';
const MINUS = '−';
const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E'] as const;

const MOST_PLACES = 6;

/** Decimals that leave three digits of a value, two of one below 1. */
function placesOf(value: number): number {
  const size = Math.abs(value);
  if (size === 0) return 0;
  const power = Math.floor(Math.log10(size * 1.0005));
  return power >= 0 ? Math.max(0, 2 - power) : Math.min(MOST_PLACES, 1 - power);
}

/** Never an exponent, never `-0`. */
function digits(value: number, places = placesOf(value)): string {
  const text = value.toFixed(places);
  return Number(text) === 0 ? (0).toFixed(places) : text.replace('-', MINUS);
}

/** Thousands by which a value is divided so that three digits stand before the point at most. */
function powerOf(value: number): number {
  let power = 0;
  for (let rest = Math.abs(value); rest >= 999.5 && power < PREFIXES.length - 1; rest /= 1000) power++;
  return power;
}

const prefixed = (text: string, power: number): string => (power === 0 ? text : `${text}${SPACE}${PREFIXES[power]}`);

/** `1.23 G`: three significant digits with a prefix. */
export function scaled(value: number): string {
  const power = powerOf(value);
  return prefixed(digits(value / 1000 ** power), power);
}

export const cyclesText = (value: number): string => `${scaled(value)}${SPACE}cycles`;

/** `3.21 %` */
export const percent = (value: number): string => `${digits(value)}${SPACE}%`;

/** A part of a whole, in whole percent; never 0 or 100 for what is not. */
export function share(part: number, whole: number): string {
  const exact = (100 * part) / whole;
  const rounded = Math.round(exact);
  if (rounded === 0 && exact > 0) return `less than 1${SPACE}%`;
  if (rounded === 100 && exact < 100) return `more than 99${SPACE}%`;
  return `${String(rounded).replace('-', MINUS)}${SPACE}%`;
}

/** A middle and its ends, divided, with as many decimals as the middle needs, so that the three can be compared. */
function interval({ low, mid, high }: Estimate, divisor: number): readonly [middle: string, ends: string] {
  const places = placesOf((mid === 0 ? Math.max(-low, high) : mid) / divisor);
  const [from, middle, to] = [low, mid, high].map((value) => digits(value / divisor, places));
  if (low === high) return [middle, ''];
  return [middle, low < 0 ? ` (${from} to ${to})` : ` (${from}–${to})`];
}

/** `3.21 % (2.10–4.60)`; without doubt, the figure alone. */
export function percentRange(value: Estimate): string {
  const [middle, ends] = interval(value, 1);
  return `${middle}${SPACE}%${ends}`;
}

/** `1.23 G (0.95–1.60)` */
export function scaledRange(value: Estimate): string {
  const power = powerOf(value.mid === 0 ? Math.max(-value.low, value.high) : value.mid);
  const [middle, ends] = interval(value, 1000 ** power);
  return `${prefixed(middle, power)}${ends}`;
}

/** Digits grouped by thin spaces. */
export const count = (value: number): string => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, '\u202f');

export const plural = (n: number, one: string, many: string): string => `${count(n)} ${n === 1 ? one : many}`;

export interface TimeUnit {
  readonly name: string;
  readonly ns: number;
}
const TIME_UNITS: readonly TimeUnit[] = [
  { name: 'h', ns: 3.6e12 },
  { name: 'min', ns: 6e10 },
  { name: 's', ns: 1e9 },
  { name: 'ms', ns: 1e6 },
  { name: 'µs', ns: 1e3 },
];

/** The largest unit of which a length has at least two. */
export const timeUnitOf = (lengthNs: number): TimeUnit =>
  TIME_UNITS.find(({ ns }) => lengthNs >= 2 * ns) ?? { name: 'ns', ns: 1 };

export const time = (ns: number, unit = timeUnitOf(ns)): string => `${digits(ns / unit.ns)}${SPACE}${unit.name}`;

/** `3.2 times` */
export const times = (factor: number): string => `${factor.toFixed(1)} times`;
