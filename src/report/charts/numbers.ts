/** Figures as text, the same on every machine. A space that does not break stands before each unit. */
import type { Estimate } from '../../units.ts';

const SPACE = '\u00a0';
const MINUS = '−';
const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E'] as const;

const MOST_PLACES = 6;

/** Three significant digits, two of what is below 1; never an exponent. */
function digits(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  const power = Math.floor(Math.log10(size * 1.0005));
  const places = power >= 0 ? Math.max(0, 2 - power) : Math.min(MOST_PLACES, 1 - power);
  return value.toFixed(places).replace('-', MINUS);
}

/** `1.23 G`: three significant digits with a prefix. */
export function scaled(value: number): string {
  let rest = value;
  let power = 0;
  while (Math.abs(rest) >= 999.5 && power < PREFIXES.length - 1) {
    rest /= 1000;
    power++;
  }
  return power === 0 ? digits(rest) : `${digits(rest)}${SPACE}${PREFIXES[power]}`;
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

/** `3.21 % (2.10–4.60)`; without doubt, the figure alone. */
export function percentRange({ low, mid, high }: Estimate): string {
  return low === high ? percent(mid) : `${percent(mid)} (${digits(low)}–${digits(high)})`;
}

/** `1.23 G (0.95 G – 1.60 G)` */
export function scaledRange({ low, mid, high }: Estimate): string {
  return low === high ? scaled(mid) : `${scaled(mid)} (${scaled(low)} – ${scaled(high)})`;
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

export function time(ns: number): string {
  const unit = timeUnitOf(ns);
  return `${digits(ns / unit.ns)}${SPACE}${unit.name}`;
}
